import { describe, expect, it } from 'vitest';
import { defaultConfig, makeConfig, makeProfile, makeTask } from '../../test/support/route-models.ts';
import type { ModelProfile, RouterConfig, TaskConstraints, TaskDescriptor, TaskType } from '../contracts/index.ts';
import { PerformanceTracker } from '../learn/index.ts';
import { RoutingEngine, type RoutingEngineOptions } from './routing-engine.ts';

const NOW = Date.UTC(2026, 10, 24);

/** Who follows a model that is asked for by name. */
function chainOf(
	preferredModel: string,
	config: RouterConfig,
	{ constraints = {}, ...options }: RoutingEngineOptions & { constraints?: TaskConstraints } = {},
): string[] {
	const clock = { now: () => NOW, monotonic: () => 0 };
	const router = new RoutingEngine(config, { clock, ...options });
	return router.route(makeTask({ constraints: { ...constraints, preferredModel } })).fallbackChain;
}

/** A model of a provider: its quality and its price in USD per 1,000 tokens. */
const model = (name: string, provider: string, qualityScore: number, price = 0.001): ModelProfile =>
	makeProfile(name, {
		modelId: name,
		provider,
		qualityScore,
		costPer1kInputTokens: price,
		costPer1kOutputTokens: price,
	});

const OPEN = (models: ModelProfile[], maxAttempts = 3): RouterConfig => {
	const { candidates: _none, ...config } = makeConfig(models);
	return { ...config, fallback: { enabled: true, maxAttempts, timeout: 60_000 } };
};

describe('who answers when a model fails', () => {
	it('of the catalog: the nearest generation, then a model as good of another provider, not a far weaker cheap one', () => {
		expect(chainOf('claude-opus-5-5', defaultConfig())).toEqual(['claude-opus-5-5', 'claude-opus-5', 'gpt-6-sol']);
		expect(chainOf('gpt-6-sol', defaultConfig())).toEqual(['gpt-6-sol', 'gpt-6.1-sol', 'claude-sonnet-5-5']);
		expect(chainOf('claude-opus-5-5', defaultConfig(), { availableProviders: ['anthropic'] })).toEqual([
			'claude-opus-5-5',
			'claude-opus-5',
			'claude-sonnet-5-5',
		]);
	});

	it('the nearest generation of the same family comes before models that are nearer in quality', () => {
		const models = [
			model('big-4-1', 'one', 70),
			model('big-5', 'one', 90),
			model('big-6-2', 'one', 99),
			model('small-5', 'one', 90),
			model('other-1', 'two', 90),
		];
		expect(chainOf('big-5', OPEN(models))).toEqual(['big-5', 'big-4-1', 'other-1']);
		expect(chainOf('big-6-2', OPEN(models))).toEqual(['big-6-2', 'big-5', 'other-1']);
	});

	it('a size in an id makes another family: a model of 8 billion parameters is no generation of one of 70', () => {
		const models = [model('lama-3.3-70b', 'one', 85), model('lama-3.1-8b', 'one', 60), model('other-1', 'two', 84)];
		expect(chainOf('lama-3.3-70b', OPEN(models))).toEqual(['lama-3.3-70b', 'other-1', 'lama-3.1-8b']);
	});

	it('among models within a point of quality the cheaper one comes first, an unpriced one last', () => {
		const dear = model('dear', 'two', 90, 0.009);
		const cheap = model('cheap', 'two', 89.5, 0.002);
		const unpriced: ModelProfile = { ...model('unpriced', 'two', 90), pricing: 'unpriced' };
		const free = model('free', 'two', 88, 0);
		const models = [model('chosen', 'one', 90), unpriced, dear, free, cheap];
		expect(chainOf('chosen', OPEN(models, 5))).toEqual(['chosen', 'cheap', 'dear', 'unpriced', 'free']);
	});

	it('the outage of a provider is survived: its last place goes to another one, if there is one that may answer', () => {
		const models = [
			model('m-1', 'one', 90),
			model('m-2', 'one', 90),
			model('n-1', 'one', 90),
			model('far-1', 'two', 50),
			model('far-2', 'two', 40),
		];
		expect(chainOf('m-1', OPEN(models))).toEqual(['m-1', 'm-2', 'far-1']);
		expect(chainOf('m-1', OPEN(models, 2))).toEqual(['m-1', 'far-1']);
		const constraints = { excludedModels: ['far-1'] };
		expect(chainOf('m-1', OPEN(models), { constraints })).toEqual(['m-1', 'm-2', 'far-2']);
		expect(chainOf('m-1', OPEN(models), { constraints: { allowedProviders: ['one'] } })).toEqual(['m-1', 'm-2', 'n-1']);
	});

	it('what was seen of a model counts as its quality', () => {
		const models = [model('chosen', 'one', 90), model('praised', 'two', 90), model('steady', 'two', 88)];
		const tracker = new PerformanceTracker({ clock: { now: () => NOW } });
		const seen = {
			taskType: 'code-generation',
			complexity: 'medium',
			success: true,
			costUsd: 0,
			latencyMs: 1,
		} as const;
		for (let turn = 0; turn < 40; turn += 1)
			tracker.observe({ ...seen, model: 'praised', quality: 20, inputTokens: 1, outputTokens: 1, at: NOW });
		expect(chainOf('chosen', OPEN(models, 2))).toEqual(['chosen', 'praised']);
		expect(chainOf('chosen', OPEN(models, 2), { history: tracker })).toEqual(['chosen', 'steady']);
	});

	it('is one of the candidates where the configuration names them, or the successor of a retired one', () => {
		const limited = (candidates: string[]) => defaultConfig({ candidates });
		expect(chainOf('opus', limited(['opus', 'sonnet', 'haiku']))).toEqual(['opus', 'sonnet', 'haiku']);
		expect(chainOf('opus', limited(['opus', 'gpt-3.5']))).toEqual(['opus', 'gpt-6.1-terra']);
	});
});

describe('a task whose type is a guess', () => {
	const light = makeProfile('light', { qualityScore: 78, costPer1kInputTokens: 0.0001, costPer1kOutputTokens: 0.0001 });
	const usual = makeProfile('usual', { qualityScore: 99, costPer1kInputTokens: 0.01, costPer1kOutputTokens: 0.05 });
	const vague = (changes: Partial<TaskDescriptor> = {}): TaskDescriptor =>
		makeTask({
			type: 'simple-task',
			complexity: 'simple',
			typeProbabilities: { 'simple-task': 0.15, factual: 0.08 } as Record<TaskType, number>,
			...changes,
		});
	const decide = (
		task: TaskDescriptor,
		{ tracker, ...changes }: Partial<RouterConfig> & { tracker?: PerformanceTracker } = {},
	) =>
		new RoutingEngine(makeConfig([light, usual], { defaultModel: 'usual', ...changes }), {
			clock: { now: () => NOW, monotonic: () => 0 },
			history: tracker,
		}).route(task);

	it('goes to the default model, which the reasons say: ROUTING_DEFAULT_MODEL has an effect that is seen', () => {
		const decision = decide(vague());
		expect(decision.model.name).toBe('usual');
		expect(decision.reasoning[0]).toMatch(/is a guess \(simple-task 15%.*so the default model usual takes it/);
		expect(decide(vague(), { defaultModel: 'light' }).model.name).toBe('light');
		const sure = decide(vague({ typeProbabilities: { 'simple-task': 0.9 } as Record<TaskType, number> }));
		expect(sure.model.name).toBe('light');
		expect(sure.confidence).toBeGreaterThan(decision.confidence);
		expect(decide(makeTask({ type: 'simple-task', complexity: 'simple' })).model.name).toBe('light');
	});

	it('is scored as the types that it may be of, by their probability: the first label alone does not name the model', () => {
		const made = (value: number) => ({ value, source: 'made up' });
		const poet = makeProfile('poet', {
			qualityByTaskType: { creative: made(99), factual: made(60) },
			strengths: ['creative'],
		});
		const even = makeProfile('even', { qualityByTaskType: { creative: made(90), factual: made(90) }, strengths: [] });
		const router = new RoutingEngine(
			makeConfig([poet, even], { policy: { name: 'weighted', whenUnsure: 'best-score' } }),
			{
				clock: { now: () => NOW, monotonic: () => 0 },
			},
		);
		const route = (typeProbabilities: Partial<Record<TaskType, number>>) =>
			router.route(makeTask({ type: 'creative', typeProbabilities: typeProbabilities as Record<TaskType, number> }));
		const guess = route({ creative: 0.36, factual: 0.24, planning: 0.05 });
		expect(guess.model.name).toBe('even');
		expect(guess.predictedQuality.value).toBeCloseTo(90);
		const poetry = route({ creative: 0.38, factual: 0.02 });
		expect(poetry.model.name).toBe('poet');
		expect(poetry.predictedQuality.value).toBeCloseTo(99);
		expect(route({ creative: 0.41, factual: 0.39 }).model.name).toBe('poet');
	});

	it('unless the caller, the configuration, the stakes or the outcomes say otherwise', () => {
		expect(decide(vague({ constraints: { maxCost: 0.01 } })).model.name).toBe('light');
		expect(decide(vague({ constraints: { preferredModel: 'light' } })).model.name).toBe('light');
		expect(decide(vague({ constraints: { willingnessToPay: 0.000_001 } })).model.name).toBe('light');
		expect(decide(vague(), { policy: { name: 'weighted', whenUnsure: 'best-score' } }).model.name).toBe('light');
		expect(decide(vague(), { policy: { name: 'cheapest-good-enough', targetQuality: 0 } }).model.name).toBe('light');
		expect(decide(vague({ complexity: 'critical' }), { defaultModel: 'light' }).model.name).toBe('usual');

		const tracker = new PerformanceTracker({ clock: { now: () => NOW } });
		for (let count = 0; count < 20; count += 1)
			tracker.observe({
				model: 'usual',
				taskType: 'simple-task',
				complexity: 'simple',
				success: true,
				quality: 20,
				costUsd: 0.01,
				latencyMs: 1000,
				inputTokens: 1,
				outputTokens: 1,
				at: NOW,
			});
		expect(decide(vague(), { tracker }).model.name).toBe('light');
	});
});
