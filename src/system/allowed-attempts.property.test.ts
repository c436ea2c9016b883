import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeConfig, makeProfile } from '../../test/support/route-models.ts';
import type { ModelProfile, TaskConstraints } from '../contracts/index.ts';
import { ManualClock } from '../testing/index.ts';
import { DAY_MS } from '../util/index.ts';
import { completeBudgetConfig, type ExecuteOptions } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const NAMES = ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'] as const;
const MIDNIGHT = Date.UTC(2026, 10, 30);
/** A retry waits longer than this, so that a model may retire between two attempts. */
const SECONDS_BEFORE = [1, 3600].map((seconds) => MIDNIGHT - 1000 * seconds);

const someNames = fc.subarray([...NAMES]);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const lifecycles = fc.constantFrom<ModelProfile['lifecycle']>(
	{ state: 'active' },
	{ state: 'active' },
	{ state: 'active' },
	{ state: 'retired', since: '2026-01-01', replacedBy: 'a1' },
	{ state: 'deprecated', retiresOn: '2026-11-30', replacedBy: 'b1' },
);
const profiles = fc
	.tuple(
		...NAMES.map((name) =>
			fc.record({
				supportsVision: fc.boolean(),
				supportsToolUse: fc.boolean(),
				contextWindow: fc.constantFrom(90_000, 1_000_000),
				maxOutputTokens: fc.constant(20_000),
				qualityScore: fc.integer({ min: 50, max: 99 }),
				isLocal: fc.boolean(),
				lifecycle: lifecycles,
				provider: fc.constant(`provider-${name[0]}`),
				name: fc.constant(name),
			}),
		),
	)
	.map((changes) => changes.map((change) => makeProfile(change.name, change as Partial<ModelProfile>)));

const constraints: fc.Arbitrary<TaskConstraints> = fc
	.record({
		allowedModels: optional(fc.subarray([...NAMES], { minLength: 3 })),
		excludedModels: optional(fc.subarray([...NAMES], { maxLength: 2 })),
		allowedProviders: optional(fc.subarray(['provider-a', 'provider-b', 'provider-c'], { minLength: 2 })),
		excludedProviders: optional(fc.constantFrom(['provider-a'], ['provider-c'])),
		requiredCapabilities: optional(fc.subarray(['vision' as const, 'tools' as const], { maxLength: 1 })),
		minContextWindow: optional(fc.constant(100_000)),
		preferredModel: optional(fc.constantFrom(...NAMES)),
	})
	.map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const cases = fc.record({
	models: profiles,
	constraints,
	unservable: fc.subarray([...NAMES], { maxLength: 2 }),
	available: optional(fc.subarray([...NAMES], { minLength: 4 })),
	candidates: fc.subarray([...NAMES], { minLength: 2 }),
	isEnabled: fc.constantFrom(true, true, false),
	maxAttempts: fc.integer({ min: 1, max: 4 }),
	configured: optional(fc.dictionary(fc.constantFrom(...NAMES), someNames, { maxKeys: 3 })),
	defined: optional(fc.tuple(fc.constantFrom(...NAMES), fc.subarray([...NAMES, 'nobody-knows']))),
	/** Which models have no money left; `all`: every one that competes. */
	overBudget: fc.oneof(fc.subarray([...NAMES], { maxLength: 2 }), fc.constant('all' as const)),
	atLimit: fc.constantFrom('refuse' as const, 'downgrade' as const, 'local-only' as const),
	startAt: fc.constantFrom(...SECONDS_BEFORE),
	statuses: fc.array(fc.constantFrom(403, 403, 200, 429, 500), { maxLength: 8 }),
});
type Case = typeof cases extends fc.Arbitrary<infer Value> ? Value : never;

function isServed(model: ModelProfile, { available }: Pick<Case, 'available'>, now: number): boolean {
	const { lifecycle } = model;
	const isRetired =
		lifecycle?.state === 'retired' || (lifecycle?.retiresOn !== undefined && now >= Date.parse(lifecycle.retiresOn));
	return !isRetired && (available === undefined || available.some((name) => name === model.name));
}

/** Says in the test's own words whether an attempt may call the model. */
function mayBeCalled(model: ModelProfile, { constraints: given, unservable, available }: Case, now: number): boolean {
	const { allowedModels, excludedModels, allowedProviders, excludedProviders, requiredCapabilities = [] } = given;
	const abilities = { vision: model.supportsVision, tools: model.supportsToolUse };
	return (
		isServed(model, { available }, now) &&
		(allowedModels === undefined || allowedModels.includes(model.name)) &&
		excludedModels?.includes(model.name) !== true &&
		(allowedProviders === undefined || allowedProviders.includes(model.provider)) &&
		excludedProviders?.includes(model.provider) !== true &&
		requiredCapabilities.every((ability) => abilities[ability as keyof typeof abilities]) &&
		model.contextWindow >= (given.minContextWindow ?? 0) &&
		!unservable.some((name) => name === model.name)
	);
}

function openSystem(given: Case, clock: ManualClock): RoutingSystem {
	const { models, candidates, isEnabled, maxAttempts, configured, overBudget, atLimit, available } = given;
	const config = makeConfig(models, {
		candidates: [...candidates],
		defaultModel: 'a1',
		enableLearning: false,
		fallback: { enabled: isEnabled, maxAttempts, timeout: 60_000 },
		...(configured === undefined ? {} : { fallbacks: configured }),
	});
	const broke = overBudget === 'all' ? candidates : overBudget;
	const rules = broke.map((of) => ({ scope: 'model' as const, of, period: 'day' as const, limit: 0 }));
	const budget = completeBudgetConfig({ rules, atLimit });
	const system = new RoutingSystem(config, budget, { clock, random: () => 0.5, availableModels: available });
	if (given.defined !== undefined) system.fallback.defineFallbacks(...given.defined);
	return system;
}

/** Answers as the script says, and keeps every call with its time. */
function createExecutor(statuses: readonly number[], clock: ManualClock) {
	const queue = [...statuses];
	const calls: Array<{ model: string; at: number }> = [];
	const execute = async (model: string): Promise<string> => {
		calls.push({ model, at: clock.now() });
		const status = queue.shift() ?? 500;
		if (status !== 200) throw Object.assign(new Error('failed'), { status });
		return 'fine';
	};
	return { calls, execute };
}

it('no attempt goes to a model that the request, the key, the clock or the configuration does not allow', async () => {
	let made = 0;
	let fallbacks = 0;
	await fc.assert(
		fc.asyncProperty(cases, async (given) => {
			const clock = new ManualClock(given.startAt);
			const system = openSystem(given, clock);
			const byName = new Map(given.models.map((model) => [model.name, model]));
			const { calls, execute } = createExecutor(given.statuses, clock);
			const unservable = new Map(given.unservable.map((name) => [name, 'it refuses what is asked']));
			const options: ExecuteOptions = { constraints: given.constraints, unservable };
			await clock.settle(system.executeWithRouting('Fix the bug', execute, options)).catch(() => undefined);
			for (const { model, at } of calls) {
				const profile = byName.get(model);
				expect(profile !== undefined && mayBeCalled(profile, given, at), `${model} was called`).toBe(true);
			}
			const models = new Set(calls.map(({ model }) => model));
			if (!given.isEnabled) expect(models.size).toBeLessThanOrEqual(1);
			made += calls.length;
			fallbacks += Math.max(0, models.size - 1);
			await clock.settle(system.close());
		}),
		{ numRuns: 120 },
	);
	// what was generated reaches what it is about
	expect(made).toBeGreaterThan(50);
	expect(fallbacks).toBeGreaterThan(10);
}, 30_000);

it('a chain that is called directly reaches no retired model and none that is not served here', async () => {
	await fc.assert(
		fc.asyncProperty(cases, fc.subarray([...NAMES], { minLength: 1 }), async (given, chain) => {
			const clock = new ManualClock(given.startAt);
			const system = openSystem(given, clock);
			const byName = new Map(given.models.map((model) => [model.name, model]));
			const { calls, execute } = createExecutor(given.statuses, clock);
			await clock.settle(system.fallback.executeWithFallback(execute, chain)).catch(() => undefined);
			for (const { model, at } of calls) {
				const profile = byName.get(model);
				const isAllowed = profile === undefined || isServed(profile, given, at);
				expect(isAllowed, `${model} was called`).toBe(true);
			}
			if (!given.isEnabled) expect(new Set(calls.map(({ model }) => model)).size).toBeLessThanOrEqual(1);
			await clock.settle(system.close());
		}),
		{ numRuns: 80 },
	);
}, 30_000);

it('a model that retires at midnight is not called a second after it, though the decision was made before', async () => {
	const clock = new ManualClock(MIDNIGHT - DAY_MS);
	const lifecycle = { state: 'deprecated' as const, retiresOn: '2026-11-30' };
	const models = [makeProfile('going', { lifecycle, qualityScore: 99 }), makeProfile('staying')];
	const system = new RoutingSystem(makeConfig(models), completeBudgetConfig({}), { clock });
	const decision = await system.routeTask('Fix the bug', { constraints: { preferredModel: 'going' } });
	expect(decision.model.name).toBe('going');
	clock.setNow(MIDNIGHT + 1000);
	const { execute, calls } = createExecutor([200], clock);
	expect((await clock.settle(system.executeDecision(decision, execute))).model).toBe('staying');
	expect(calls.map(({ model }) => model)).toEqual(['staying']);
	await clock.settle(system.close());
});
