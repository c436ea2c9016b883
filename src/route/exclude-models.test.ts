import { describe, expect, it } from 'vitest';
import {
	defaultConfig,
	makeConfig,
	makeProfile,
	makeScored,
	makeTask,
	makeWork,
	specificationConfig,
} from '../../test/support/route-models.ts';
import { DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import type { RouterConfig, TaskConstraints, TaskDescriptor } from '../contracts/index.ts';
import { NoEligibleModelError, UnknownModelError } from '../errors/index.ts';
import { findExclusions, type Requirements } from './exclude-models.ts';
import { RoutingEngine } from './routing-engine.ts';
import type { ScoredModel } from './score-model.ts';

const route = (
	task: TaskDescriptor,
	config: RouterConfig = specificationConfig(),
): ReturnType<RoutingEngine['route']> => new RoutingEngine(config).route(task);
const constrained = (constraints: TaskConstraints, task = makeWork('code-generation', 'medium')): TaskDescriptor => ({
	...task,
	constraints,
});

function exclusionsOf(run: () => unknown): Record<string, string> {
	try {
		run();
	} catch (error) {
		if (error instanceof NoEligibleModelError)
			return Object.fromEntries(error.exclusions.map(({ model, reason, message }) => [model, `${reason}: ${message}`]));
		throw error;
	}
	throw new Error('a decision was made');
}

describe('constraints are hard', () => {
	it.each([
		[{ maxCost: 0 }, 'sonnet', /^max-cost: expected \$0\.02\d* is over maxCost \$0\.00$/],
		[{ maxLatency: 1 }, 'sonnet', /^max-latency: typical latency \d+ ms is over maxLatency 1 ms$/],
		[{ maxCompletionMs: 1 }, 'sonnet', /^max-latency: expected \d+ ms to the last token is over maxCompletionMs 1 ms$/],
		[{ minQuality: 100 }, 'sonnet', /^min-quality: quality [\d.]+ for code-generation is under minQuality 100$/],
		[{ minContextWindow: 9e9 }, 'sonnet', /^context-window: context window \d+ is under minContextWindow 9000000000$/],
		[{ allowedModels: ['gemini-pro'] }, 'sonnet', /^not-allowed: not among allowedModels \(gemini-pro\)$/],
		[
			{ excludedProviders: ['anthropic', 'openai', 'google'] },
			'opus',
			/^excluded: provider anthropic is named in excludedProviders$/,
		],
		[
			{ allowedProviders: ['nobody'] },
			'haiku',
			/^not-allowed: provider anthropic is not among allowedProviders \(nobody\)$/,
		],
	])('%j leaves no model, and each is told with its figures', (constraints, model, message) => {
		expect(exclusionsOf(() => route(constrained(constraints)))[model]).toMatch(message);
	});

	it('every broken need is told at once, so that the user does not fix one after the other', () => {
		const decide = (): unknown => route(constrained({ maxCost: 0, maxLatency: 1, allowedModels: ['opus'] }));
		expect(decide).toThrow(/- opus: typical latency[\s\S]*- opus: expected/);
	});

	it('a required capability excludes models without it', () => {
		const config = makeConfig([
			makeProfile('blind', { supportsVision: false, supportsToolUse: false, qualityScore: 99 }),
			makeProfile('seeing', { qualityScore: 70 }),
		]);
		const decision = route(constrained({ requiredCapabilities: ['vision', 'tools'] }), config);
		expect(decision.model.name).toBe('seeing');
		expect(decision.exclusions).toEqual([
			{ model: 'blind', reason: 'missing-capability', message: 'lacks required vision, tools' },
		]);
	});

	it('a request that does not fit is not sent', () => {
		const config = makeConfig([
			makeProfile('small', { contextWindow: 5000, maxOutputTokens: 1000, qualityScore: 99 }),
			makeProfile('terse', { maxOutputTokens: 100, qualityScore: 99 }),
			makeProfile('large'),
		]);
		const decision = route(makeTask({ estimatedInputTokens: 4500, estimatedOutputTokens: 900 }), config);
		expect(decision.model.name).toBe('large');
		expect(decision.exclusions.map((entry) => entry.reason)).toEqual(['context-window', 'output-limit']);
	});

	it('a model without a price is not used where money is limited, unless it is named', () => {
		const models = [makeProfile('local', { pricing: 'unpriced', qualityScore: 99 }), makeProfile('priced')];
		const task = constrained({ maxCost: 1 });
		expect(route(task, makeConfig(models)).exclusions).toMatchObject([{ model: 'local', reason: 'unpriced' }]);
		const allowed = constrained({ maxCost: 1, preferredModel: 'local' });
		const decision = route(allowed, makeConfig(models, { allowUnpriced: ['local'] }));
		expect(decision.model.name).toBe('local');
		expect(decision.estimatedCost).toBeNaN();
		expect(decision.estimatedCostNanoUsd).toBeNull();
	});

	it('the per-request limit of the budget holds without a constraint in the task', () => {
		const router = new RoutingEngine(specificationConfig(), { perRequestLimitUsd: 0.01 });
		const decision = router.route(makeWork('code-generation', 'medium'));
		expect(decision.estimatedCost).toBeLessThanOrEqual(0.01);
		expect(decision.exclusions).toContainEqual(
			expect.objectContaining({ model: 'sonnet', reason: 'per-request-limit' }),
		);
	});

	it('a provider that cannot be called is not chosen and not planned as fallback', () => {
		const router = new RoutingEngine(
			makeConfig([makeProfile('a', { provider: 'p1', qualityScore: 99 }), makeProfile('b', { provider: 'p2' })]),
			{ availableProviders: ['p2'] },
		);
		const decision = router.route(makeTask());
		expect(decision.fallbackChain).toEqual(['b']);
		expect(decision.exclusions).toMatchObject([{ model: 'a', reason: 'unavailable' }]);
	});

	it('what cannot be called as far as is known is not chosen, unless the task names it: its user may have a key', () => {
		const callableModels = ['haiku', 'claude-haiku-5-5'];
		const router = new RoutingEngine(specificationConfig(), { callableModels });
		const work = makeWork('architecture', 'complex');
		const decision = router.route(work);
		expect([decision.model.name, ...decision.fallbackChain]).toEqual(['haiku', 'haiku']);
		expect(decision.exclusions).toEqual([
			expect.objectContaining({ model: 'opus', reason: 'unavailable' }),
			expect.objectContaining({ model: 'sonnet', message: expect.stringContaining('set ANTHROPIC_API_KEY,') }),
		]);
		expect(router.route({ ...work, constraints: { preferredModel: 'opus' } }).model.name).toBe('opus');
		expect(router.route({ ...work, constraints: { allowedModels: ['sonnet'] } }).model.name).toBe('sonnet');
		expect(router.createAdmission(null)('opus')).toBeNull();
		expect(router.createAdmission(decision)('opus')).toBeNull();
		const open = new RoutingEngine(defaultConfig(), { callableModels });
		expect(open.route(makeWork('documentation', 'simple')).fallbackChain).toEqual(['haiku', 'claude-haiku-5-5']);
		const fixed = specificationConfig({ policy: { name: 'fixed', model: 'opus' } });
		expect(new RoutingEngine(fixed, { callableModels }).route(work).model.name).toBe('opus');
	});

	it('who can call one provider only is served by the successors of its retired candidates, and told so', () => {
		const config = specificationConfig({ candidates: ['opus', 'gpt-4'] });
		const decision = new RoutingEngine(config, { availableProviders: ['openai'] }).route(makeTask());
		expect(decision.model.name).toBe('gpt-6.1-sol');
		expect(decision.reasoning[0]).toMatch(/in their place compete gpt-6.1-sol/);
		expect(decision.exclusions).toContainEqual(expect.objectContaining({ model: 'opus', reason: 'unavailable' }));
	});

	it.each(['availableModels', 'callableModels'])(
		'who can call a model that does not compete by default is served by it (%s)',
		(field) => {
			const router = new RoutingEngine(defaultConfig(), { [field]: ['gpt-5.4', 'gpt-5.4-mini', 'gpt-4'] });
			const decision = router.route(makeWork('architecture', 'complex'));
			expect(decision.fallbackChain).toEqual(['gpt-5.4', 'gpt-5.4-mini']);
			expect(decision.reasoning[0]).toMatch(/in their place compete gpt-5.4, gpt-5.4-mini$/);
			const limited = { constraints: { allowedModels: ['opus'] }, ...makeWork('architecture', 'complex') };
			if (field === 'availableModels') expect(() => router.route(limited)).toThrow(NoEligibleModelError);
		},
	);

	it('a model that cannot serve the very request is excluded with the reason, and by no decision of another request', () => {
		const config = makeConfig([makeProfile('strict', { qualityScore: 99 }), makeProfile('lenient')]);
		const router = new RoutingEngine(config);
		const message = 'forced tools beside thinking are refused by strict';
		const unservable = new Map([['strict', message]]);
		expect(router.route(makeTask()).model.name).toBe('strict');
		const decision = router.route(makeTask(), unservable);
		expect(decision).toMatchObject({ cached: false, fallbackChain: ['lenient'] });
		expect(decision.exclusions).toEqual([{ model: 'strict', reason: 'unservable', message }]);
		expect(router.route(makeTask(), unservable).cached).toBe(true);
		expect(router.route(makeTask(), new Map([['strict', 'for another reason']])).cached).toBe(false);
		expect(router.route(makeTask()).model.name).toBe('strict');
	});

	it('a name nobody knows is refused, not ignored: a mistyped exclusion would let the model through', () => {
		expect(() => route(constrained({ excludedModels: ['opsu'] }))).toThrow(UnknownModelError);
		expect(() => route(constrained({ preferredModel: 'opsu' }))).toThrow(UnknownModelError);
	});
});

describe('the preferred model', () => {
	it('is chosen when eligible, and the reasoning says what scored higher', () => {
		const decision = route(constrained({ preferredModel: 'opus' }));
		expect(decision.model.name).toBe('opus');
		expect(decision.reasoning[0]).toMatch(/^Preferred model opus, though sonnet scores \d/);
	});

	it('is not forced through a constraint: the best other is chosen and the reason told', () => {
		const decision = route(constrained({ preferredModel: 'opus', maxCost: 0.03 }));
		expect(decision.model.name).toBe('sonnet');
		expect(decision.reasoning[0]).toMatch(
			/^Preferred model opus not used: expected \$0\.04\d* is over maxCost \$0\.03$/,
		);
	});

	it('may be any model of the catalog, also one that does not compete by default', () => {
		const own = makeConfig([makeProfile('a'), ...DEFAULT_MODEL_PROFILES], { candidates: ['a'] });
		expect(route(constrained({ preferredModel: 'opus' }), own).model.name).toBe('opus');
		expect(route(makeTask(), own).scores.map((score) => score.model.name)).not.toContain('opus');
	});
});

describe('a limit is kept to the last unit, and no further', () => {
	const requirements = (change: Partial<Requirements> = {}): Requirements => ({
		task: makeTask(),
		constraints: {},
		allowedModels: null,
		excludedModels: new Set(),
		preferredModel: null,
		prefix: null,
		unservable: new Map(),
		availableProviders: null,
		availableModels: null,
		callableModels: null,
		allowUnpriced: new Set(),
		perRequestLimitNanoUsd: null,
		...change,
	});
	const model = makeScored('a', { costNanoUsd: 5_000_000, quality: 80 });
	const withProfile = (change: Parameters<typeof makeProfile>[1]): ScoredModel => ({
		...model,
		candidate: { ...model.candidate, profile: makeProfile('a', change) },
	});
	const found = (change: Partial<Requirements>, estimate: ScoredModel = model) =>
		findExclusions(estimate, requirements(change)).map(({ reason, message }) => `${reason}: ${message}`);

	it.each([
		[{ maxLatency: 2000 }, { maxLatency: 1999 }, /^max-latency: typical latency 2000 ms is over/],
		[{ maxCompletionMs: 10_000 }, { maxCompletionMs: 9999 }, /^max-latency: expected 10000 ms to the last token/],
		[{ minQuality: 80 }, { minQuality: 80.1 }, /^min-quality: quality 80 for code-generation is under minQuality 80.1/],
		[{ maxCost: 0.005 }, { maxCost: 0.004999 }, /^max-cost: expected \$0\.005 is over maxCost \$0\.005/],
		[
			{ minContextWindow: 1_000_000 },
			{ minContextWindow: 1_000_001 },
			/^context-window: context window 1000000 is under/,
		],
	])('%j lets a model through that %j does not', (kept, broken, message) => {
		expect(found({ constraints: kept })).toEqual([]);
		expect(found({ constraints: broken })).toEqual([expect.stringMatching(message)]);
	});

	it('a request fits its window and its output limit exactly', () => {
		const task = makeTask({ estimatedInputTokens: 700, estimatedOutputTokens: 300 });
		expect(found({ task }, withProfile({ contextWindow: 1000, maxOutputTokens: 300 }))).toEqual([]);
		expect(found({ task }, withProfile({ contextWindow: 999, maxOutputTokens: 299 }))).toEqual([
			'context-window: expected 1000 tokens (700 in, 300 out) do not fit its context window of 999',
			'output-limit: expected 300 output tokens are over its limit of 299',
		]);
		const cached = { ...task, cachedPrefix: { model: 'a', tokens: 800 } };
		expect(found({ task: cached }, withProfile({ contextWindow: 1000 }))).toHaveLength(1);
	});

	it('the per-request limit allows its own amount, and a model asked for by name meets the budget later', () => {
		expect(found({ perRequestLimitNanoUsd: 5_000_000 })).toEqual([]);
		expect(found({ perRequestLimitNanoUsd: 4_999_999 })).toEqual([
			'per-request-limit: expected $0.005 is over the per-request limit $0.005',
		]);
		expect(found({ perRequestLimitNanoUsd: 1, preferredModel: 'a' })).toEqual([]);
		expect(found({ perRequestLimitNanoUsd: 1, preferredModel: 'b' })).toHaveLength(1);
	});

	it('a model without a price is refused by either limit, and by none where there is none', () => {
		const unpriced = makeScored('a', { costNanoUsd: null });
		const refusal = /^unpriced: has no known price and a cost limit applies; give it a price under "models"/;
		expect(found({}, unpriced)).toEqual([]);
		expect(found({ perRequestLimitNanoUsd: 1 }, unpriced)).toEqual([expect.stringMatching(refusal)]);
		expect(found({ constraints: { maxCost: 1 } }, unpriced)).toEqual([expect.stringMatching(refusal)]);
		expect(found({ perRequestLimitNanoUsd: 1, allowUnpriced: new Set(['a']) }, unpriced)).toEqual([]);
	});

	it('a model of embeddings is judged by its limits of texts elsewhere, and answers nothing else', () => {
		const embedder = withProfile({ kind: 'embedding', contextWindow: 10, maxOutputTokens: 1e9 });
		expect(found({}, embedder)).toEqual(['missing-capability: makes embeddings and answers nothing']);
		const needed = { constraints: { requiredCapabilities: ['embeddings' as const], minContextWindow: 1e6 } };
		expect(found(needed, embedder)).toEqual([]);
		expect(found(needed)).toEqual(['missing-capability: lacks required embeddings']);
	});

	it('of what a model is, the first that rules it out is told, with the way out', () => {
		const told = (change: Partial<Requirements>, profile: Parameters<typeof makeProfile>[1] = {}) =>
			found({ constraints: { minQuality: 100 }, ...change }, withProfile(profile));
		const reasoning = { model: 'b', tokens: 1, turns: 1, isBound: true, discountNanoUsd: 0 };
		expect(told({}, { lifecycle: { state: 'retired' } })).toEqual([
			'retired: retired, its provider no longer serves it',
		]);
		expect(told({}, { lifecycle: { state: 'retired', since: '2026-01-01', replacedBy: 'b' } })).toEqual([
			'retired: retired since 2026-01-01, its provider no longer serves it; use "b" instead',
		]);
		expect(told({ prefix: reasoning })).toEqual([
			'bound-reasoning: the conversation carries reasoning that only b can read; stay on it or start a new conversation',
		]);
		expect(found({ prefix: { ...reasoning, model: 'a' } })).toEqual([]);
		expect(found({ prefix: { ...reasoning, isBound: false } })).toEqual([]);
		expect(told({ allowedModels: new Set(['b', 'c']) })).toEqual(['not-allowed: not among allowedModels (b, c)']);
		expect(found({ allowedModels: new Set(['a']) })).toEqual([]);
		expect(told({ constraints: { allowedProviders: ['p', 'q'] } })).toEqual([
			'not-allowed: provider custom is not among allowedProviders (p, q)',
		]);
		expect(told({ excludedModels: new Set(['a']) })).toEqual(['excluded: named in excludedModels']);
		expect(told({ availableModels: new Set(['b']) })).toEqual([
			expect.stringMatching(/^unavailable: no deployment here serves it; set the key of custom/),
		]);
		expect(found({ availableModels: new Set(['a']) })).toEqual([]);
		expect(told({ availableProviders: new Set(['p', 'q']) })).toEqual([
			expect.stringContaining('(available: p, q); set its key'),
		]);
		expect(told({ availableProviders: new Set() })).toEqual([expect.stringContaining('(available: none)')]);
	});
});
