import { describe, expect, it } from 'vitest';
import { BUILTIN_MODELS, createModelCatalog } from '../../src/catalog/index.ts';
import { type ModelProfile, PROVIDER_KEY_VARIABLES, SPECIFICATION_MODELS } from '../../src/contracts/index.ts';
import { KIND_DEFINITIONS } from '../../src/providers/kinds/index.ts';
import { CandidatePool } from '../../src/route/candidate-pool.ts';
import { DAY_MS } from '../../src/util/index.ts';
import { defaultConfig } from '../support/route-models.ts';

const PROVIDERS = ['anthropic', 'openai', 'google'];
const MONTHS_AHEAD = 24;
/** Months after its release for which a model without a named end is taken to be served. */
const PRESUMED_MONTHS = 18;

const chat = BUILTIN_MODELS.filter(({ kind }) => kind !== 'embedding');
const addMonths = (day: string | number, months: number): number => {
	const date = new Date(day);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate());
};
const toDay = (at: number): string => new Date(at).toISOString().slice(0, 10);
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const days = Array.from(
	{ length: (addMonths(today, MONTHS_AHEAD) - today) / DAY_MS + 1 },
	(_, day) => today + day * DAY_MS,
);

/** The day on which a model is presumed to end: the named one, else so many months after its release. */
function presumeEnd({ lifecycle }: ModelProfile): number {
	if (lifecycle?.retiresOn !== undefined) return Date.parse(lifecycle.retiresOn);
	return lifecycle?.releasedOn === undefined ? 0 : addMonths(lifecycle.releasedOn, PRESUMED_MONTHS);
}

/** A provider's newest models go on until it names what replaces them: nobody is moved off a model to nothing. */
const hasSuccessor = ({ lifecycle }: ModelProfile): boolean => lifecycle?.replacedBy !== undefined;

const livingAt = (day: number, provider: string, isPresumed: (profile: ModelProfile) => boolean): string[] =>
	chat
		.filter((profile) => profile.provider === provider && profile.lifecycle?.state !== 'retired')
		.filter((profile) => {
			const isNamed = profile.lifecycle?.retiresOn !== undefined;
			return (!isNamed && !isPresumed(profile)) || day < presumeEnd(profile);
		})
		.map(({ name }) => name);

describe('over the coming 24 months', () => {
	it('every provider has at least two living models on every day, so that no user is left without one', () => {
		const poor = days.flatMap((day) =>
			PROVIDERS.flatMap((provider) => {
				const living = livingAt(day, provider, hasSuccessor);
				return living.length >= 2 ? [] : [`${toDay(day)} ${provider}: ${living}`];
			}),
		);
		expect(poor).toEqual([]);
	});

	it('three providers compete by default on every day, also where models end 18 months after their release', () => {
		const models = BUILTIN_MODELS.map((profile) => {
			if (profile.kind === 'embedding' || !hasSuccessor(profile)) return profile;
			const retiresOn = toDay(presumeEnd(profile));
			return { ...profile, lifecycle: { state: 'active' as const, ...profile.lifecycle, retiresOn } };
		});
		for (const profiles of [BUILTIN_MODELS, models]) {
			const pool = new CandidatePool(createModelCatalog(profiles), { ...defaultConfig(), models: [...profiles] });
			for (const day of days) {
				pool.refresh(day);
				const race = pool.competing;
				expect(new Set(race.map(({ provider }) => provider)), toDay(day)).toEqual(new Set(PROVIDERS));
				expect(
					race.filter(({ lifecycle }) => lifecycle?.state === 'retired'),
					toDay(day),
				).toEqual([]);
			}
		}
	});

	it('the day is known from which the catalog is too old to say that two models of each provider are served', () => {
		const everyModel = () => true;
		const first = days.find((day) => PROVIDERS.some((name) => livingAt(day, name, everyModel).length < 2));
		// No model in it was released after October 2026, and 18 months later none is presumed to be served.
		expect(first && toDay(first)).toBe('2028-01-21');
	});
});

it('a successor is one of the same provider: a key that served the model serves it too', () => {
	const catalog = createModelCatalog(BUILTIN_MODELS);
	for (const { name, provider, lifecycle } of BUILTIN_MODELS)
		if (lifecycle?.replacedBy !== undefined) expect(catalog.get(lifecycle.replacedBy).provider, name).toBe(provider);
	expect(new Set(SPECIFICATION_MODELS.map((name) => catalog.get(name).provider))).toEqual(new Set(PROVIDERS));
});

it('every fact of a model’s life says where it was read and when; a model that is served says since when it is', () => {
	for (const { name, lifecycle } of BUILTIN_MODELS) {
		const { releasedOn, deprecatedOn, retiresOn, replacedBy, sources = {}, state } = lifecycle ?? {};
		if (state !== 'retired') expect(releasedOn, name).toMatch(/^20\d\d-\d\d-\d\d$/);
		const facts = { released: releasedOn, deprecated: deprecatedOn, retires: retiresOn, successor: replacedBy };
		for (const [fact, value] of Object.entries(facts))
			if (value !== undefined)
				expect(sources[fact as keyof typeof facts], `${name} ${fact}`).toMatch(/^https:.*20\d\d-\d\d-\d\d\)$/);
	}
});

it('the variable that an excluded model is told to need is the one that is read', () => {
	for (const [provider, variable] of Object.entries(PROVIDER_KEY_VARIABLES))
		expect(Object.entries(KIND_DEFINITIONS).find(([kind]) => kind === provider)?.[1].keyVariables[0]?.name).toBe(
			variable,
		);
});
