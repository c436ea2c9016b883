import {
	formatAmount,
	type ModelName,
	nanoToUsd,
	type PolicyConfig,
	type RouterConfig,
	type RoutingWeights,
	TASK_TYPES,
	type TaskComplexity,
	type TaskDescriptor,
	type TaskType,
} from '../contracts/index.ts';
import { costOf, getName } from './explain-decision.ts';
import { getReferenceCost, type ScoredModel } from './score-model.ts';

/** What a policy may look at beside the models. */
export interface PolicyContext {
	task: TaskDescriptor;
	defaultModel: ModelName;
	/** Normalised. */
	weights: RoutingWeights;
	likelyTypes: readonly LikelyType[];
	/** The model as it would be scored were the task of that type. */
	scoreAs(model: ScoredModel, type: TaskType): ScoredModel;
}

/** How a model is chosen among the eligible: a value with a name and a version, without state. */
export interface RoutingPolicy {
	readonly name: string;
	/** Changes whenever the same models and task could be ranked differently. */
	readonly version: string;
	/** Only this model may be chosen. */
	readonly only?: ModelName;
	/** The default model is chosen for a task whose type is a guess. @default false */
	readonly defaultsWhenUnsure?: boolean;
	/** The eligible models, best first; independent of the order they come in. */
	rank(models: readonly ScoredModel[], context: PolicyContext): ScoredModel[];
	/** Probability (0-1) that hindsight would choose `chosen` too. */
	confidence(chosen: ScoredModel, models: readonly ScoredModel[], context: PolicyContext): number;
	/** Sentences about the choice. */
	explain(chosen: ScoredModel, models: readonly ScoredModel[], context: PolicyContext): string[];
}

/** The names of the policies. */
export const POLICY_NAMES: ReadonlyArray<PolicyConfig['name']> = [
	'weighted',
	'cheapest-good-enough',
	'utility',
	'learned',
	'fixed',
];

/** The policy a valid configuration names. @default weighted */
export function createPolicy(config: PolicyConfig = { name: 'weighted' }): RoutingPolicy {
	switch (config.name) {
		case 'weighted':
			return config.whenUnsure === 'best-score' ? WEIGHTED_POLICY : { ...WEIGHTED_POLICY, defaultsWhenUnsure: true };
		case 'fixed':
			return fixedPolicy(config.model);
		case 'cheapest-good-enough':
			return cheapestGoodEnoughPolicy(config.targetQuality);
		case 'utility':
			return utilityPolicy(config.pointWorthUsd);
		case 'learned':
			return learnedPolicy(config.version);
	}
}

/** Quality (0-100) that is good enough where none is configured. */
const GOOD_ENOUGH_QUALITY = 65;

/**
 * Policies that a request may name in place of a model, and what each changes in the router's configuration; `auto` is the
 * configured one. `cheap` is `cheapest-good-enough` under a shorter name; `cheapest` takes any quality.
 */
export const NAMED_POLICIES: Readonly<
	Record<string, Pick<RouterConfig, 'policy'> & Partial<Pick<RouterConfig, 'weights'>>>
> = {
	cheap: { policy: { name: 'cheapest-good-enough', targetQuality: GOOD_ENOUGH_QUALITY } },
	'cheapest-good-enough': { policy: { name: 'cheapest-good-enough', targetQuality: GOOD_ENOUGH_QUALITY } },
	cheapest: { policy: { name: 'cheapest-good-enough', targetQuality: 0 } },
	best: {
		policy: { name: 'weighted', whenUnsure: 'best-score' },
		weights: { capability: 0.25, cost: 0, latency: 0, quality: 0.65, historical: 0.1 },
	},
	fast: {
		policy: { name: 'weighted', whenUnsure: 'best-score' },
		weights: { capability: 0.15, cost: 0, latency: 0.65, quality: 0.15, historical: 0.05 },
	},
	utility: { policy: { name: 'utility' } },
	weighted: { policy: { name: 'weighted' } },
};

/** Names under which the router chooses, in place of a model's. */
export const ROUTED_NAMES: readonly string[] = ['auto', ...Object.keys(NAMED_POLICIES).map((name) => `auto:${name}`)];

/**
 * From this cost at the reference price a request is decided by value: 15 cents, some 40,000 tokens of input with their answer.
 * Below it the choice is worth a few cents at most, and who is made for the kind of work decides.
 */
const LARGE_REQUEST_NANO_USD = 150_000_000;

/**
 * USD that a point of quality is worth in a large request. Judgement, not measurement: the harder the task, the more a mistake
 * costs. Set so that the default saves three quarters of the cost of always `opus` on the shipped mix (`cost --what-if`).
 */
const LARGE_REQUEST_WORTH: Readonly<Record<TaskComplexity, number>> = {
	simple: 0.01,
	medium: 0.02,
	complex: 0.05,
	critical: 0.1,
};

/** The specification's weights of capability and quality together, of cost, and of latency. */
const SPECIFIED = { quality: 0.55, cost: 0.2, latency: 0.15 } as const;

/**
 * USD that a point of quality is worth: as the caller says; in a large request by the weights, unless beside quality they give
 * more to latency than the specification's do; `undefined`: the factors decide.
 */
function getWorth({ task, weights }: PolicyContext): number | undefined {
	const asked = task.constraints?.willingnessToPay;
	const quality = (weights.capability + weights.quality) / SPECIFIED.quality;
	// a double may put equal shares a little apart
	const isHurried = weights.latency / SPECIFIED.latency > quality + 1e-9;
	if (asked !== undefined || isHurried || getReferenceCost(task) < LARGE_REQUEST_NANO_USD) return asked;
	return quality === 0 ? undefined : (LARGE_REQUEST_WORTH[task.complexity] * quality * SPECIFIED.cost) / weights.cost;
}

/**
 * What the models are ranked by, in points: the weighted score; where a point has a worth w the expected quality less
 * cost / w (what quality is left when the bill is taken from it); with w = 0 money alone.
 */
function getRankingValue(model: ScoredModel, worth: number | undefined): number {
	if (worth === undefined) return model.totalScore;
	if (worth === Number.POSITIVE_INFINITY) return model.predictedQuality.value;
	if (model.cost === null) return Number.NEGATIVE_INFINITY;
	if (worth === 0) return model.scores.costEfficiency;
	return model.predictedQuality.value - nanoToUsd(model.cost.nanoUsd + model.cost.laterLossNanoUsd) / worth;
}

/** The five weighted factors; for large requests, and with `constraints.willingnessToPay`, quality against its price instead. */
const WEIGHTED_POLICY: RoutingPolicy = {
	name: 'weighted',
	version: '2',
	rank: (models, context) => rankByWorth(models, getWorth(context), context),
	confidence: (chosen, models, context) => confideInWorth(chosen, models, { ...context, worth: getWorth(context) }),
	explain(_chosen, _models, context) {
		const worth = getWorth(context);
		if (worth === undefined) return [];
		const isAsked = context.task.constraints?.willingnessToPay !== undefined;
		const what = isAsked ? 'Ranked' : 'A request of this size is ranked';
		return [`${what} by quality ${formatWorth(worth)} instead of by the weighted sum`];
	},
};

const formatWorth = (worth: number): string =>
	worth === Number.POSITIVE_INFINITY ? 'alone' : `at ${formatAmount(worth)} a point`;

function rankByWorth(
	models: readonly ScoredModel[],
	worth: number | undefined,
	{ defaultModel }: PolicyContext,
): ScoredModel[] {
	return rankModels(models, (model) => getRankingValue(model, worth), defaultModel);
}

function confideInWorth(
	chosen: ScoredModel,
	models: readonly ScoredModel[],
	context: PolicyContext & { worth: number | undefined },
): number {
	return averageOverTypes(chosen, models, context, (scoredChosen, scored) => {
		const getValue = (model: ScoredModel): number => getRankingValue(model, context.worth);
		return confidenceFromMargins(getValue(scoredChosen), scored.map(getValue));
	});
}

/**
 * Expected quality times what a point is worth, less the expected cost and what leaving the model that holds the prefix loses.
 * What is expected of a model is its posterior, so that a few lucky answers move nothing.
 */
function utilityPolicy(pointWorthUsd: number | undefined): RoutingPolicy {
	const findWorth = ({ task }: PolicyContext): number =>
		task.constraints?.willingnessToPay ?? pointWorthUsd ?? LARGE_REQUEST_WORTH[task.complexity];
	return {
		name: 'utility',
		version: `1:${pointWorthUsd ?? 'by complexity'}`,
		rank: (models, context) => rankByWorth(models, findWorth(context), context),
		confidence: (chosen, models, context) => confideInWorth(chosen, models, { ...context, worth: findWorth(context) }),
		explain: (_chosen, _models, context) => [`Ranked by quality ${formatWorth(findWorth(context))}`],
	};
}

/**
 * The weighted sum under fitted weights, which the settings hold in the place of the configured ones, at every size of request. A
 * model that another one is expected to beat in quality and cost comes last.
 */
function learnedPolicy(version: number): RoutingPolicy {
	const findWorth = ({ task }: PolicyContext): number | undefined => task.constraints?.willingnessToPay;
	return {
		name: 'learned',
		version: String(version),
		rank(models, context) {
			const isBeaten = new Map(models.map((model) => [model, isDominated(model, models)]));
			const ranked = rankByWorth(models, findWorth(context), context);
			return [false, true].flatMap((beaten) => ranked.filter((model) => isBeaten.get(model) === beaten));
		},
		confidence: (chosen, models, context) => confideInWorth(chosen, models, { ...context, worth: findWorth(context) }),
		explain: () => [`Ranked by weights that were fitted to outcomes (version ${version})`],
	};
}

/**
 * A confidence over the types that the task may be of. What is left for types too unlikely to be looked at counts as knowing
 * nothing: any of the models may be the best. So the confidence falls with that in the type.
 */
function averageOverTypes(
	chosen: ScoredModel,
	models: readonly ScoredModel[],
	{ likelyTypes, scoreAs }: PolicyContext,
	getConfidence: (chosen: ScoredModel, models: readonly ScoredModel[]) => number,
): number {
	if (models.length === 1) return 1;
	let [known, confidence] = [0, 0];
	for (const { type, probability } of likelyTypes) {
		const scored = models.map((model) => scoreAs(model, type));
		known += probability;
		confidence += probability * getConfidence(scored[models.indexOf(chosen)] ?? scoreAs(chosen, type), scored);
	}
	return confidence + Math.max(0, 1 - known) / models.length;
}

/** Half-width of an 80 % interval in standard deviations. */
const Z_SCORE_80_PERCENT = 1.2816;

const lifetimeCostOf = ({ cost }: ScoredModel): number =>
	cost === null ? Number.POSITIVE_INFINITY : cost.nanoUsd + cost.laterLossNanoUsd;

/** Probability that the model's quality meets the target, from its interval (taken as normal). */
function probabilityOfMeeting({ predictedQuality: { value, low, high } }: ScoredModel, target: number): number {
	const deviation = Math.max((high - low) / (2 * Z_SCORE_80_PERCENT), 0.1);
	return normalCdf((value - target) / deviation);
}

/** Whether another model is expected to be better for no more money, or as good for less. */
function isDominated(model: ScoredModel, models: readonly ScoredModel[]): boolean {
	const cost = lifetimeCostOf(model);
	const { value } = model.predictedQuality;
	return models.some((other) => {
		const [quality, price] = [other.predictedQuality.value, lifetimeCostOf(other)];
		return quality >= value && price <= cost && (quality > value || price < cost);
	});
}

/**
 * The cheapest model whose lower bound of predicted quality meets the target (0-100), then the others by that bound. When none
 * meets it, the one with the highest bound is chosen and the reasoning says so. A model that another one is expected to beat
 * in both comes last: its bound is only higher because more is known of it.
 */
function cheapestGoodEnoughPolicy(targetQuality: number): RoutingPolicy {
	const isGoodEnough = (model: ScoredModel): boolean => model.predictedQuality.low >= targetQuality;
	return {
		name: 'cheapest-good-enough',
		version: `2:${targetQuality}`,
		rank(models, { defaultModel }) {
			const beaten = new Set(models.filter((model) => isDominated(model, models)));
			const left = models.filter((model) => !beaten.has(model));
			const byBound = (model: ScoredModel): number => model.predictedQuality.low;
			return [
				...rankModels(left.filter(isGoodEnough), (model) => -lifetimeCostOf(model), defaultModel),
				...rankModels(
					left.filter((model) => !isGoodEnough(model)),
					byBound,
					defaultModel,
				),
				...rankModels([...beaten], byBound, defaultModel),
			];
		},
		// Hindsight picks this model when it meets the target and nothing cheaper does.
		confidence: (chosen, models, context) =>
			averageOverTypes(chosen, models, context, (scoredChosen, scored) =>
				scored
					.filter((model) => lifetimeCostOf(model) < lifetimeCostOf(scoredChosen))
					.reduce(
						(chance, model) => chance * (1 - probabilityOfMeeting(model, targetQuality)),
						probabilityOfMeeting(scoredChosen, targetQuality),
					),
			),
		explain(chosen) {
			const low = Math.round(chosen.predictedQuality.low * 10) / 10;
			return isGoodEnough(chosen)
				? [`Quality of at least ${low} expected, the target is ${targetQuality}`]
				: [`No eligible model is sure to reach the target quality ${targetQuality}; this one comes nearest (${low})`];
		},
	};
}

/** Always this model: when it is not eligible there is no decision, and only fallbacks configured for it are tried. */
function fixedPolicy(model: ModelName): RoutingPolicy {
	return {
		name: 'fixed',
		version: '1',
		only: model,
		rank: (models) => [...models],
		confidence: () => 1,
		explain: () => [`The policy is fixed to ${model}`],
	};
}

/** Values closer than this are equal: rounding errors of doubles must not decide. */
const RANKING_RESOLUTION = 1e-9;

/** Unlike a difference, right for infinite numbers too. */
function compare<Value extends string | number>(left: Value, right: Value): number {
	if (left === right) return 0;
	return left < right ? -1 : 1;
}

function breakTie(left: ScoredModel, right: ScoredModel, defaultModel: ModelName): number {
	if (getName(left) === defaultModel) return -1;
	if (getName(right) === defaultModel) return 1;
	return compare(costOf(left), costOf(right)) || compare(getName(left), getName(right));
}

/**
 * The models by falling value. Ties go to the default model, then to the cheaper, then by name: the order the models
 * came in never matters.
 */
export function rankModels(
	models: readonly ScoredModel[],
	getValue: (model: ScoredModel) => number,
	defaultModel: ModelName,
): ScoredModel[] {
	return models
		.map((model) => ({ model, value: Math.round(getValue(model) / RANKING_RESOLUTION) }))
		.sort((left, right) => compare(right.value, left.value) || breakTie(left.model, right.model, defaultModel))
		.map((entry) => entry.model);
}

/** A type the task may be of. */
export interface LikelyType {
	type: TaskType;
	/** 0-1, in steps of 0.01; what those returned together lack to 1 is that of types too unlikely to be looked at. */
	probability: number;
}

/** Less likely types are left out of the confidence. */
const MIN_LIKELY_PROBABILITY = 0.1;

/**
 * The types a task may be of, its own at least. Probabilities are rounded to whole percents: with finer steps, tasks that are
 * decided alike would have different keys in the decision cache.
 */
export function getLikelyTypes(task: TaskDescriptor): readonly LikelyType[] {
	const { typeProbabilities } = task;
	if (typeProbabilities?.[task.type] === undefined) return [{ type: task.type, probability: 1 }];
	return TASK_TYPES.map((type) => {
		return { type, probability: Math.round((typeProbabilities[type] ?? 0) * 100) / 100 };
	}).filter(({ type, probability }) => probability >= MIN_LIKELY_PROBABILITY || type === task.type);
}

/** Below this probability of its type a classification is a guess. */
const MIN_SURE_PROBABILITY = 0.4;

/** An ask of at most so many words, and characters, says nothing of its type unless a known phrase is in it: `hi`, `help me`. */
const MAX_BRIEF_WORDS = 2;
const MAX_BRIEF_CHARACTERS = 24;
/** Weight from which a feature is a known phrase; a trained table has an opinion of any word, of less weight. */
const MIN_KNOWN_WEIGHT = 2;
/** Signs of scripts that are written without spaces: two of them count as a word more. */
const UNSPACED_SIGNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;

function isTooBrief({ task, features }: TaskDescriptor): boolean {
	if (features === undefined || task === '' || task.length > MAX_BRIEF_CHARACTERS) return false;
	const isKnown = features.some(({ target, weight }) => target.startsWith('type:') && weight >= MIN_KNOWN_WEIGHT);
	const words = task.trim().split(/\s+/).length + (task.match(UNSPACED_SIGNS)?.length ?? 0) / 2;
	return !isKnown && words <= MAX_BRIEF_WORDS;
}

/** Whether the type of a task is a guess; never for a type that nobody gave a probability. */
export function isTypeGuessed(task: TaskDescriptor): boolean {
	const probability = task.typeProbabilities?.[task.type];
	return probability !== undefined && (probability < MIN_SURE_PROBABILITY || isTooBrief(task));
}

/**
 * How far two totals must be apart to mean something, in points of score.
 * A prior, not a measurement of outcomes. It is set so that confidence equals the share of cases in which the choice
 * would still be the best if the router's figures were off as they usually are: quality within its 80 % interval,
 * cost ± 15 %, duration ± 20 %, complexity one level off in one case of five. `calibrate-confidence.test.ts` draws
 * these errors and compares. Outcomes should replace it once there are enough.
 */
const CONFIDENCE_TEMPERATURE = 4;

/**
 * Probability (0-1) that the chosen value is the best of `values` (which include it): exp(v/T) / Σ exp(v/T).
 * 1 without a rival, 1/n among n equals.
 */
export function confidenceFromMargins(
	chosen: number,
	values: readonly number[],
	temperature: number = CONFIDENCE_TEMPERATURE,
): number {
	let sum = 0;
	// Relative to the chosen value; a rival far above it overflows to Infinity, and the confidence is then 0.
	for (const value of values) sum += value === chosen ? 1 : Math.exp((value - chosen) / temperature);
	return sum === 0 ? 1 : 1 / sum;
}

/** Φ, the normal distribution function; error below 2e-4 (logistic approximation with a cubic term). */
export function normalCdf(z: number): number {
	return 1 / (1 + Math.exp(-z * (1.5976 + 0.070565 * z * z)));
}
