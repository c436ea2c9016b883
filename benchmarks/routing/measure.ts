import { TaskClassifier } from '../../src/classify/index.ts';
import type { ModelProfile, RouterConfig, TaskDescriptor } from '../../src/contracts/index.ts';
import {
	dropDominated,
	type FittedCandidate,
	type FittedWeights,
	fitWeights,
	PerformanceTracker,
} from '../../src/learn/index.ts';
import { readTypeTable } from '../../src/project.ts';
import { DEFAULT_WEIGHTS, RoutingEngine } from '../../src/route/index.ts';
import { assignFolds, countInput, FOLDS, type JudgedAsk, OUTPUT_TOKENS, type Pool } from './pools.ts';

type PolicySetting = Pick<RouterConfig, 'policy'> & Partial<Pick<RouterConfig, 'weights'>>;

/** One setting of a policy. */
interface Setting {
	label: string;
	/** The same for all folds, or fitted to the decisions that teach. */
	config: PolicySetting | ((taught: readonly FittedCandidate[][]) => PolicySetting);
}

/** A policy with the settings that move it from the cheapest model to the strongest. */
export interface Sweep {
	name: string;
	/** Whether the policy is told the workload of each ask. */
	knowsWorkload: boolean;
	settings: Setting[];
}

/** What a policy chose for each ask under each of its settings: positions in the pool's models. */
export interface SweepChoices extends Sweep {
	choices: Uint8Array[];
	/** Choices that another model beat in expected quality and cost, as the policy knew them. */
	dominated: number;
}

const classifier = new TaskClassifier({ readTable: readTypeTable });

/** The asks as the router sees them; the tokens are those of the stated rule. */
export function describeAsks({ asks }: Pool): TaskDescriptor[] {
	return asks.map(({ prompt }) => {
		const descriptor = classifier.classify(prompt.trim() === '' ? '?' : prompt);
		const tokens = { estimatedInputTokens: countInput(prompt), estimatedOutputTokens: OUTPUT_TOKENS };
		const { inputTokensInterval: _in, outputTokensInterval: _out, ...rest } = descriptor;
		return { ...rest, ...tokens, requiresExtendedThinking: false };
	});
}

/** Share of the weight that cost has, from none to nearly all. */
const COST_SHARES = [0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 0.97];
/** A point's worth beside what one costs between the cheapest and the dearest model on average. */
const WORTHS = [0.03, 0.1, 0.2, 0.35, 0.6, 1, 1.7, 3, 6, 12, 30];
const TARGETS = 10;

/** Where between always the cheapest and always the dearest the mean cost may be. */
const BUDGETS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];
const BUDGETS_FITTED = new WeakMap<readonly FittedCandidate[][], Array<FittedWeights | null>>();

/** Fits all budgets to the same decisions at once. */
function createFitter(share: number): (taught: readonly FittedCandidate[][]) => PolicySetting {
	return (taught) => {
		let fitted = BUDGETS_FITTED.get(taught);
		if (fitted === undefined) {
			const pick = (choose: (...costs: number[]) => number) =>
				taught.reduce((sum, each) => sum + choose(...each.map(({ cost }) => cost)), 0) / taught.length;
			const [low, high] = [pick(Math.min), pick(Math.max)];
			fitted = fitWeights(
				taught,
				BUDGETS.map((each) => low + each * (high - low)),
			);
			BUDGETS_FITTED.set(taught, fitted);
		}
		const weights = fitted[BUDGETS.indexOf(share)]?.weights ?? weighCost(1);
		return { policy: { name: 'learned', version: 1, weights } };
	};
}

function weighCost(share: number): RouterConfig['weights'] {
	const others = (1 - share) / (1 - DEFAULT_WEIGHTS.cost);
	const { capability, historical, latency, quality } = DEFAULT_WEIGHTS;
	return {
		capability: others * capability,
		cost: share,
		latency: others * latency,
		quality: others * quality,
		historical: others * historical,
	};
}

/** The policies on a pool, each blind and knowing the workload. */
export function listSweeps(pool: Pool): Sweep[] {
	const points = pool.models.map((price, index) => {
		const cost = pool.asks.reduce(
			(sum, { prompt }) => sum + countInput(prompt) * price.in + OUTPUT_TOKENS * price.out,
			0,
		);
		const quality = pool.asks.reduce((sum, { scores }) => sum + (scores[index] ?? 0), 0);
		return { cost: cost / 1e6 / pool.asks.length, quality: (100 * quality) / pool.asks.length };
	});
	const [costs, qualities] = [points.map(({ cost }) => cost), points.map(({ quality }) => quality)];
	const [worst, best] = [Math.min(...qualities), Math.max(...qualities)];
	const pointCost = (Math.max(...costs) - Math.min(...costs)) / Math.max(best - worst, 1);
	const settings: Record<string, Setting[]> = {
		weighted: COST_SHARES.map((share) => ({
			label: `cost ${share}`,
			config: { policy: { name: 'weighted', whenUnsure: 'best-score' }, weights: weighCost(share) },
		})),
		'cheapest-good-enough': Array.from({ length: TARGETS }, (_, index) => {
			const targetQuality = worst + ((best - worst) * index) / (TARGETS - 1);
			return {
				label: `quality ${targetQuality.toFixed(0)}`,
				config: { policy: { name: 'cheapest-good-enough', targetQuality } },
			};
		}),
		utility: WORTHS.map((factor) => ({
			label: `worth ${factor}`,
			config: { policy: { name: 'utility', pointWorthUsd: factor * pointCost } },
		})),
		learned: BUDGETS.map((share) => ({
			label: `budget ${share}`,
			config: createFitter(share),
		})),
	};
	return Object.entries(settings).flatMap(([name, each]) =>
		[false, true].map((knowsWorkload) => ({ name, knowsWorkload, settings: each })),
	);
}

/** What the catalog would say of the models: their price, and as quality the mean over the asks that teach. */
function describeModels(pool: Pool, priors: readonly number[]): ModelProfile[] {
	return pool.models.map((model, index) => ({
		id: model.name,
		name: model.name,
		modelId: model.name,
		provider: 'pool',
		strengths: [],
		costPer1kInputTokens: model.in / 1000,
		costPer1kOutputTokens: model.out / 1000,
		// the sets say nothing of time: no model is ahead in it
		latencyMs: 1000,
		contextWindow: 1_000_000,
		maxOutputTokens: 100_000,
		qualityScore: 100 * (priors[index] ?? 0),
		supportsExtendedThinking: true,
		supportsVision: true,
		supportsToolUse: true,
		supportsStructuredOutput: true,
	}));
}

/** Outcomes of the sets have no date: none is old. */
const NO_DECAY_MS = 1e15;
/** Milliseconds after which what was learned is in the tables. */
const SETTLING_MS = 60_000;

/** What the router has learned of the models once it has seen each one's answer to each of the asks. */
function learn(pool: Pool, priors: readonly number[], taught: ReadonlyArray<[JudgedAsk, TaskDescriptor]>) {
	let now = 0;
	const quality = new Map(pool.models.map(({ name }, index) => [name, 100 * (priors[index] ?? 0)]));
	const tracker = new PerformanceTracker({
		clock: { now: () => now },
		halfLifeMs: NO_DECAY_MS,
		quality: (model) => quality.get(model) ?? 0,
	});
	for (const [{ scores, workload }, { complexity, type: taskType }] of taught)
		for (const [index, { name: model }] of pool.models.entries())
			tracker.observe({
				model,
				taskType,
				complexity,
				workload,
				success: true,
				quality: 100 * (scores[index] ?? 0),
				costUsd: null,
				latencyMs: null,
				inputTokens: 0,
				outputTokens: 0,
				at: 0,
			});
	now += SETTLING_MS;
	return tracker;
}

/** The means of the models over some asks, 0-1. */
const meanScores = (pool: Pool, asks: readonly JudgedAsk[]): number[] =>
	pool.models.map((_, index) => asks.reduce((sum, { scores }) => sum + (scores[index] ?? 0), 0) / asks.length);

/** The router of one fold: taught by the asks of the others. */
class FoldRouter {
	readonly #taught: Array<[JudgedAsk, TaskDescriptor]>;
	readonly #history: PerformanceTracker;
	readonly #models: ModelProfile[];
	/** By whether the workload is known. */
	readonly #lessons = new Map<boolean, FittedCandidate[][]>();

	constructor(pool: Pool, taught: Array<[JudgedAsk, TaskDescriptor]>) {
		const priors = meanScores(
			pool,
			taught.map(([ask]) => ask),
		);
		this.#taught = taught;
		this.#history = learn(pool, priors, taught);
		this.#models = describeModels(pool, priors);
	}

	/** A function that decides as a setting says. */
	createDecider({ config }: Setting, knowsWorkload: boolean) {
		const setting = typeof config === 'function' ? config(this.#learn(knowsWorkload)) : config;
		const engine = new RoutingEngine(createConfig(this.#models, setting), { history: this.#history });
		return (ask: JudgedAsk, descriptor: TaskDescriptor) => {
			return engine.route(knowsWorkload ? { ...descriptor, workload: ask.workload } : descriptor);
		};
	}

	/** The decisions on the asks that teach, as they would be stored. */
	#learn(knowsWorkload: boolean): FittedCandidate[][] {
		const known = this.#lessons.get(knowsWorkload);
		if (known !== undefined) return known;
		const decide = this.createDecider({ label: '', config: {} }, knowsWorkload);
		const decisions = this.#taught.map(([ask, descriptor]) => toCandidates(decide(ask, descriptor)));
		this.#lessons.set(knowsWorkload, decisions);
		return decisions;
	}
}

/** What the policies choose for each ask, taught by the asks of the other folds. */
export function chooseAll(
	pool: Pool,
	descriptors: readonly TaskDescriptor[],
	sweeps: readonly Sweep[],
): SweepChoices[] {
	const folds = assignFolds(pool);
	const positions = new Map(pool.models.map(({ name }, index) => [name, index]));
	const asks = pool.asks.flatMap((ask, index): Array<[JudgedAsk, TaskDescriptor, number]> => {
		const descriptor = descriptors[index];
		return descriptor === undefined ? [] : [[ask, descriptor, index]];
	});
	const routers = Array.from({ length: FOLDS }, (_, fold) => {
		const taught = asks.filter(([, , index]) => folds[index] !== fold);
		return new FoldRouter(
			pool,
			taught.map(([ask, descriptor]) => [ask, descriptor]),
		);
	});
	return sweeps.map((sweep) => {
		let dominated = 0;
		const choices = sweep.settings.map((setting) => {
			const chosen = new Uint8Array(pool.asks.length);
			const deciders = routers.map((router) => router.createDecider(setting, sweep.knowsWorkload));
			for (const [ask, descriptor, index] of asks) {
				const decision = deciders[folds[index] ?? 0]?.(ask, descriptor);
				if (decision === undefined) continue;
				chosen[index] = positions.get(decision.model.name) ?? 0;
				if (isDominated(decision)) dominated += 1;
			}
			return chosen;
		});
		return { ...sweep, choices, dominated };
	});
}

function createConfig(models: ModelProfile[], config: Partial<PolicySetting>): RouterConfig {
	return {
		models,
		candidates: models.map(({ name }) => name),
		defaultModel: models[0]?.name ?? '',
		weights: { ...DEFAULT_WEIGHTS },
		enableLearning: true,
		// its key does not know the workload
		enableCache: false,
		cacheTTL: 0,
		fallback: { enabled: false, maxAttempts: 1, timeout: 60_000 },
		...config,
	};
}

function toCandidates({ scores }: { scores: Scores }): FittedCandidate[] {
	const candidates = scores.map(({ estimatedCostNanoUsd, predictedQuality, scores: factors }) => {
		return { scores: factors, quality: predictedQuality.value, cost: estimatedCostNanoUsd ?? 0 };
	});
	return dropDominated(candidates);
}

type Scores = ReturnType<RoutingEngine['route']>['scores'];

/** Points of quality that are no difference. */
const SAME_QUALITY = 1e-6;

function isDominated({ model, scores }: { model: { name: string }; scores: Scores }): boolean {
	const chosen = scores.find((score) => score.model.name === model.name);
	if (chosen === undefined) return false;
	const [quality, cost] = [chosen.predictedQuality.value, chosen.estimatedCostNanoUsd ?? 0];
	return scores.some(({ predictedQuality: { value }, estimatedCostNanoUsd }) => {
		const other = estimatedCostNanoUsd ?? 0;
		const isBetter = value > quality + SAME_QUALITY && other <= cost;
		return isBetter || (value >= quality - SAME_QUALITY && other < cost);
	});
}
