import type { Command } from 'commander';
import type { ModelLifecycle, ModelProfile } from '../../contracts/index.ts';
import type { GlobalOptions } from '../options.ts';
import { projectAction } from '../project-action.ts';
import { formatTable } from '../terminal-text.ts';

interface ModelsFlags extends GlobalOptions {
	all?: boolean;
}

/** `switchyard models` */
export function modelsCommand(program: Command): void {
	program
		.command('models')
		.description('list the models that are served, and which of them compete by default')
		.option('--all', 'list the retired ones too')
		.addHelpText(
			'after',
			`
Prices are USD per million tokens, in/out. A model competes as itself, or in
the place of a name whose own model is gone. --json has every model's card:
when it was released, deprecated and retired, what follows it, and where each
of these was read.

Examples:
  switchyard models
  switchyard models --all --json`,
		)
		.action(
			projectAction<ModelsFlags, []>(async ({ loaded, output, system }, flags) => {
				const { findCallableModels } = await import('../../project.ts');
				const callable = findCallableModels(loaded, {
					projectDirectory: flags.project,
					isGlobal: flags.global === true,
				});
				const competing = new Map(system.router.competing.map(({ name, standsFor }) => [name, standsFor ?? [name]]));
				const cards = system.router.catalog
					.profiles()
					.map((profile) => createCard(profile, { competing, callable, now: Date.now() }))
					.filter(({ state }) => flags.all === true || state !== 'retired')
					.sort(compareCards);
				const meanings = Object.entries(system.router.aliases).map(([alias, choice]) => `${alias} means ${choice}`);
				output.result(cards, () => [formatCards(cards), ...meanings].join('\n'));
				if (flags.all !== true) output.hint('Next: --all lists the retired ones, --json the sources of all dates.');
			}),
		);
}

/** A fact and where it was read; `null` where it is not known. */
type Fact = { value: string; source: string | null } | null;

/** What is told of a model; prices in USD per million tokens, `null` where it has none. */
interface ModelCard {
	name: string;
	modelId: string;
	provider: string;
	kind: NonNullable<ModelProfile['kind']>;
	state: ModelLifecycle['state'];
	/** Names under which it competes by default: its own, or those whose place it takes; empty where it competes only when it is named. */
	competesAs: readonly string[];
	/** Whether something here can call it; `null` where nothing can be called at all. */
	callable: boolean | null;
	released: Fact;
	deprecated: Fact;
	retires: Fact;
	successor: Fact;
	inputPrice: number | null;
	outputPrice: number | null;
	quality: number;
	contextWindow: number;
	maxOutputTokens: number;
}

function createCard(
	profile: ModelProfile,
	here: { competing: ReadonlyMap<string, readonly string[]>; callable: readonly string[] | null; now: number },
): ModelCard {
	const { name, modelId, provider, contextWindow, maxOutputTokens, qualityScore: quality } = profile;
	const lifecycle: ModelLifecycle = profile.lifecycle ?? { state: 'active' };
	const { releasedOn, deprecatedOn, retiresOn, replacedBy, source = null, sources = {} } = lifecycle;
	const toFact = (fact: keyof typeof sources, value: string | undefined): Fact =>
		value === undefined ? null : { value, source: sources[fact] ?? source };
	const toPrice = (per1k: number) => (Number.isNaN(per1k) ? null : Number((per1k * 1000).toFixed(6)));
	const isGone = retiresOn !== undefined && here.now >= Date.parse(retiresOn);
	return {
		name,
		modelId,
		provider,
		kind: profile.kind ?? 'chat',
		state: isGone ? 'retired' : lifecycle.state,
		competesAs: here.competing.get(name) ?? [],
		callable: here.callable?.includes(name) ?? null,
		released: toFact('released', releasedOn),
		deprecated: toFact('deprecated', deprecatedOn),
		retires: toFact('retires', retiresOn),
		successor: toFact('successor', replacedBy),
		inputPrice: toPrice(profile.costPer1kInputTokens),
		outputPrice: toPrice(profile.costPer1kOutputTokens),
		quality,
		contextWindow,
		maxOutputTokens,
	};
}

/** By provider, and the newest first. */
function compareCards(one: ModelCard, other: ModelCard): number {
	const [newer, older] = [other.released?.value ?? '', one.released?.value ?? ''];
	return one.provider.localeCompare(other.provider) || newer.localeCompare(older);
}

function formatCards(cards: readonly ModelCard[]): string {
	const headers = ['Model', 'Competes as', '>$/1M', '>Quality', 'Released', 'Retires'];
	const rows = cards.map(({ name, kind, competesAs, inputPrice, outputPrice, quality, released, retires }) => [
		name,
		competesAs.join(' '),
		inputPrice === null ? 'unpriced' : `${inputPrice}/${outputPrice}`,
		kind === 'embedding' ? '' : String(quality),
		released?.value ?? 'unknown',
		retires?.value ?? '',
	]);
	return formatTable(headers, rows);
}
