import { InvalidInputError } from '../errors/index.ts';
import { type IntervalEstimate, intervalOf } from './clustered-interval.ts';
import { PRIOR_OBSERVATIONS, ShrunkMeans } from './shrunk-means.ts';

/** Probabilities by model; a model without an entry has 0. */
export type Chances = Readonly<Record<string, number>>;

/** One logged choice, and what another policy would have chosen in its place. */
export interface LoggedChoice {
	id: string;
	/** What hangs together: the conversation. */
	cluster: string;
	model: string;
	/** Probabilities with which each model would have been logged here; that of `model` is above 0. */
	chances: Chances;
	/** Probabilities with which the evaluated policy would have chosen each; their sum is 1. */
	target: Chances;
	/** Probability with which this choice came to be in the log, above 0. @default 1 */
	keepProbability?: number | undefined;
	/** What came of it; `null`: not known (yet). */
	reward: number | null;
	/** What was predicted of the reward before the choice, by model. @default 0 for each */
	expected?: Chances | undefined;
	/** Cells of the reward model within a model, from the outer to the inner: type of task, workload. */
	cells: readonly string[];
	/** Epoch milliseconds. */
	at: number;
}

/** How choices are evaluated. */
export interface OffPolicyOptions {
	/** Weights above are cut to this, > 0. @default no weight is cut */
	clipAt?: number | undefined;
	/**
	 * Where the policy would choose what had no chance in the log, it is taken to do as the log did: what is evaluated is the policy
	 * that is followed only where the log can tell. @default false: nothing is estimated then
	 */
	isSupportedOnly?: boolean | undefined;
}

/** A model that the evaluated policy chooses where the log gave it no chance. */
export interface UnsupportedModel {
	model: string;
	contexts: number;
	/** Ids of some of these choices, the first 20. */
	examples: string[];
}

/** What a policy would have earned, by what another one logged. Rewards are in the unit they were given in. */
export interface OffPolicyReport {
	/** `estimated`: the figures may be relied on as far as their intervals reach. There are none otherwise. */
	verdict: 'estimated' | 'insufficient' | 'unidentifiable';
	/** Why it is not `estimated`; empty where it is. */
	reasons: string[];
	choices: number;
	clusters: number;
	/** Choices whose reward is known, in all and by model. */
	observed: number;
	observedByModel: Record<string, { choices: number; observed: number }>;
	/** Choices of the log that the policy could have made, too. */
	matched: number;
	unsupported: { contexts: number; models: UnsupportedModel[] };
	/** What the log earned. */
	logged: IntervalEstimate | null;
	/** `null` unless the verdict is `estimated`. */
	estimates: Record<OffPolicyEstimator, IntervalEstimate> | null;
	/** The policy less the log, from the same requests. */
	difference: { snips: IntervalEstimate; dr: IntervalEstimate } | null;
	weights: WeightDiagnostics;
}

/** Inverse probability, the same self-normalised, the reward model alone, and both together (doubly robust). */
export type OffPolicyEstimator = 'ips' | 'snips' | 'dm' | 'dr';

/** How much few choices decide. */
export interface WeightDiagnostics {
	/** (Σw)² / Σw²: as many equal choices say as much. */
	effectiveSampleSize: number;
	/** About 1 where the logged probabilities are right. */
	mean: IntervalEstimate;
	/** The five largest. */
	largest: Array<{ id: string; weight: number }>;
	/** Share of all weight that the largest 1 % have, 0-1. */
	topPercentShare: number;
	/** `null`: none is cut. */
	clippedAt: number | null;
	/** Share of the matched choices whose weight was cut, 0-1. */
	clippedShare: number;
}

const MAX_EXAMPLES = 20;
const FOLDS = 5;
/** Choices that the share of known rewards of a model is shrunk by. */
const OBSERVED_PRIOR = 20;
/** Parts of the log by age: the newest have been waited for the shortest. */
const AGE_PARTS = 4;
/** Below these nothing is concluded. */
const MIN_EFFECTIVE_SAMPLE = 100;
const MAX_TOP_SHARE = 0.3;
/** Standard errors that the mean weight may be off 1 by. */
const MAX_WEIGHT_DEVIATIONS = 4;

const chanceOf = (chances: Chances, model: string): number => chances[model] ?? 0;

function assertChoice({ chances, id, keepProbability = 1, model, target }: LoggedChoice): void {
	const what = `The logged choice ${id.slice(0, 60)}`;
	const sum = Object.values(target).reduce((total, chance) => total + chance, 0);
	if (!(chanceOf(chances, model) > 0 && chanceOf(chances, model) <= 1))
		throw new InvalidInputError(
			`${what} gives ${model} a probability of ${chanceOf(chances, model)}; it must be in (0, 1].`,
		);
	if (!(keepProbability > 0 && keepProbability <= 1))
		throw new InvalidInputError(`${what} was kept with probability ${keepProbability}; it must be in (0, 1].`);
	if (Math.abs(sum - 1) > 1e-6)
		throw new InvalidInputError(`${what}: the policy's probabilities sum to ${sum}; they must sum to 1.`);
}

/** The models that the policy would choose where they had no chance, the most frequent first. */
function findUnsupported(choices: readonly LoggedChoice[]): { isOutside: boolean[]; models: UnsupportedModel[] } {
	const models = new Map<string, UnsupportedModel>();
	const isOutside = choices.map(({ chances, id, target }) => {
		const missing = Object.keys(target).filter(
			(model) => chanceOf(target, model) > 0 && chanceOf(chances, model) === 0,
		);
		for (const model of missing) {
			const entry = models.get(model) ?? { model, contexts: 0, examples: [] };
			models.set(model, entry);
			entry.contexts += 1;
			if (entry.examples.length < MAX_EXAMPLES) entry.examples.push(id);
		}
		return missing.length > 0;
	});
	return { isOutside, models: [...models.values()].sort((a, b) => b.contexts - a.contexts) };
}

/** The choices in the numbers that every estimator is made of. */
interface Log {
	choices: readonly LoggedChoice[];
	targets: readonly Chances[];
	clusters: { of: Int32Array; count: number };
	/** 1 / probability of being kept, over their sum. */
	share: Float64Array;
	/** Target over logged probability, cut where that is asked for. */
	weight: Float64Array;
	/** 1 / share of such rewards that are known where this one is; 0 where it is not. */
	seen: Float64Array;
	clipped: number;
}

function readLog(
	choices: readonly LoggedChoice[],
	targets: readonly Chances[],
	clipAt = Number.POSITIVE_INFINITY,
): Log {
	const places = new Map<string, number>();
	const of = Int32Array.from(choices, ({ cluster }) => {
		const place = places.get(cluster) ?? places.size;
		places.set(cluster, place);
		return place;
	});
	const share = Float64Array.from(choices, ({ keepProbability = 1 }) => 1 / keepProbability);
	const total = share.reduce((sum, each) => sum + each, 0);
	let clipped = 0;
	const weight = Float64Array.from(choices, ({ chances, model }, index) => {
		const ratio = chanceOf(targets[index] ?? {}, model) / chanceOf(chances, model);
		if (ratio > clipAt) clipped += 1;
		return Math.min(ratio, clipAt);
	});
	return {
		choices,
		targets,
		clusters: { of, count: places.size },
		share: share.map((each) => each / total),
		weight,
		seen: weighObserved(choices),
		clipped,
	};
}

/** The inverse of how often rewards of that model and that age are known: what is missing is stood for by what is like it. */
function weighObserved(choices: readonly LoggedChoice[]): Float64Array {
	const order = choices.map((_, index) => index).sort((a, b) => (choices[a]?.at ?? 0) - (choices[b]?.at ?? 0));
	const part = new Int32Array(choices.length);
	for (const [rank, index] of order.entries()) part[index] = Math.floor((AGE_PARTS * rank) / choices.length);
	const rates = new ShrunkMeans(OBSERVED_PRIOR);
	const pathOf = (index: number) => [choices[index]?.model ?? '', String(part[index])];
	for (const [index, { reward }] of choices.entries()) rates.add(pathOf(index), reward === null ? 0 : 1);
	return Float64Array.from(choices, ({ reward }, index) => (reward === null ? 0 : 1 / rates.mean(pathOf(index))));
}

/** What the reward model expects of a choice. */
interface Prediction {
	ofLogged: number;
	ofTarget: number;
	/** By how much the logged reward moves the model's mean over all targets: what the interval of `dm` comes from. */
	leverage: number;
}

/**
 * Predicts each reward from the others: by what was predicted before, corrected by shrunk means of what came instead. The conversations
 * are dealt into five folds, and no choice is predicted from its own fold.
 */
function predictRewards({ choices, clusters, share, targets }: Log): Prediction[] {
	const foldOf = (index: number): number => (clusters.of[index] ?? 0) % FOLDS;
	const models = Array.from({ length: Math.min(FOLDS, Math.max(clusters.count, 1)) }, () => new ShrunkMeans());
	// the share of all contexts that the policy sends to a cell, beside what was seen there
	const wanted = new ShrunkMeans(0);
	const residualOf = ({ expected, model, reward }: LoggedChoice) => (reward ?? 0) - chanceOf(expected ?? {}, model);
	for (const [index, choice] of choices.entries()) {
		const path = [choice.model, ...choice.cells];
		if (choice.reward !== null)
			for (const [fold, means] of models.entries()) if (fold !== foldOf(index)) means.add(path, residualOf(choice));
		for (const [model, chance] of Object.entries(targets[index] ?? {}))
			wanted.add([model, ...choice.cells.slice(0, 1)], 0, chance * (share[index] ?? 0));
	}
	return choices.map((choice, index) => {
		const means = models[foldOf(index)] ?? new ShrunkMeans();
		const predict = (model: string) => chanceOf(choice.expected ?? {}, model) + means.mean([model, ...choice.cells]);
		let ofTarget = 0;
		for (const [model, chance] of Object.entries(targets[index] ?? {})) ofTarget += chance * predict(model);
		const cell = [choice.model, ...choice.cells.slice(0, 1)];
		const taught = (means.countOf(cell) * models.length) / Math.max(1, models.length - 1);
		const leverage = choice.reward === null ? 0 : wanted.countOf(cell) / (PRIOR_OBSERVATIONS + taught);
		return { ofLogged: predict(choice.model), ofTarget, leverage };
	});
}

/** A figure as the sum of what each choice adds to it, and the influence of each. */
interface Figure {
	value: number;
	influences: Float64Array;
}

/** Σ share × term, with terms around it as influences. */
function meanOf({ share }: Log, termOf: (index: number) => number): Figure {
	const terms = Float64Array.from(share, (_, index) => termOf(index));
	const value = terms.reduce((sum, term, index) => sum + term * (share[index] ?? 0), 0);
	return { value, influences: terms.map((term, index) => (share[index] ?? 0) * (term - value)) };
}

/** Σ mass × reward / Σ mass, with the influences of a ratio. */
function ratioOf({ choices, share }: Log, massOf: (index: number) => number): Figure {
	const masses = share.map((each, index) => each * massOf(index));
	const mass = masses.reduce((sum, each) => sum + each, 0);
	const rewardOf = (index: number) => choices[index]?.reward ?? 0;
	const value = masses.reduce((sum, each, index) => sum + each * rewardOf(index), 0) / mass;
	return { value, influences: masses.map((each, index) => (each / mass) * (rewardOf(index) - value)) };
}

function subtract(left: Figure, right: Figure): Figure {
	return {
		value: left.value - right.value,
		influences: left.influences.map((influence, index) => influence - (right.influences[index] ?? 0)),
	};
}

function diagnose(log: Log, clippedAt: number | null): WeightDiagnostics {
	const { choices, clusters, share, seen, weight } = log;
	const masses = weight.map((each, index) => each * (seen[index] ?? 0) * (share[index] ?? 0));
	const total = masses.reduce((sum, each) => sum + each, 0);
	const squares = masses.reduce((sum, each) => sum + each * each, 0);
	const top = masses.toSorted().slice(-Math.ceil(masses.length / 100));
	const order = choices.map((_, index) => index).sort((a, b) => (weight[b] ?? 0) - (weight[a] ?? 0));
	const matched = weight.reduce((count, each) => count + (each > 0 ? 1 : 0), 0);
	const mean = meanOf(log, (index) => weight[index] ?? 0);
	return {
		effectiveSampleSize: squares === 0 ? 0 : total ** 2 / squares,
		mean: intervalOf(mean.value, { ...mean, weights: share }, clusters),
		largest: order.slice(0, 5).map((index) => ({ id: choices[index]?.id ?? '', weight: weight[index] ?? 0 })),
		topPercentShare: total === 0 ? 0 : top.reduce((sum, each) => sum + each, 0) / total,
		clippedAt,
		clippedShare: matched === 0 ? 0 : log.clipped / matched,
	};
}

/** Ends that differ by rounding alone meet. */
function overlap(one: IntervalEstimate, other: IntervalEstimate): boolean {
	const tolerance = 1e-9 * Math.max(Math.abs(one.value), Math.abs(other.value));
	return one.low <= other.high + tolerance && other.low <= one.high + tolerance;
}

const round = (value: number, digits = 2): string => String(Number(value.toFixed(digits)));

/** Why the figures are not to be relied on. */
function findWeaknesses(
	estimates: Record<OffPolicyEstimator, IntervalEstimate>,
	{ effectiveSampleSize, mean, topPercentShare, clippedAt }: WeightDiagnostics,
): string[] {
	const reasons: string[] = [];
	if (!(effectiveSampleSize >= MIN_EFFECTIVE_SAMPLE))
		reasons.push(`the effective sample size is ${round(effectiveSampleSize, 0)}, ${MIN_EFFECTIVE_SAMPLE} are needed`);
	if (topPercentShare > MAX_TOP_SHARE)
		reasons.push(
			`the largest 1 % of the weights have ${round(100 * topPercentShare, 0)} % of all weight, at most ${100 * MAX_TOP_SHARE} % may be theirs`,
		);
	if (!overlap(estimates.snips, estimates.dr)) reasons.push('the intervals of SNIPS and DR do not overlap');
	if (
		clippedAt === null &&
		Math.abs(mean.value - 1) > MAX_WEIGHT_DEVIATIONS * mean.standardError &&
		Math.abs(mean.value - 1) > 1e-6
	)
		reasons.push(
			`the weights average ${round(mean.value)} and not 1: the logged probabilities are not those with which was chosen`,
		);
	return reasons;
}

/**
 * Estimates what a policy would have earned in the contexts of a log that another policy wrote. IPS and SNIPS weigh each logged reward
 * by the policy's probability over the logged one; DM predicts it; DR predicts it and weighs what the prediction was off by
 * (Dudík, Langford and Li 2011), cross-fitted. Intervals are of 95 %, clustered. A reward that is not known is stood for by those that
 * are, of the same model and age. Nothing is estimated where the policy chooses what the log gave no chance (no number of requests would
 * tell), or where the estimates would rest on too little.
 * @throws InvalidInputError for probabilities that cannot be
 */
export function evaluateOffPolicy(choices: readonly LoggedChoice[], options: OffPolicyOptions = {}): OffPolicyReport {
	const { clipAt, isSupportedOnly = false } = options;
	if (choices.length === 0) throw new InvalidInputError('There are no logged choices to evaluate a policy on.');
	if (clipAt !== undefined && !(clipAt > 0))
		throw new InvalidInputError(`Weights cannot be cut at ${clipAt}. Give a number above 0.`);
	for (const choice of choices) assertChoice(choice);
	const { isOutside, models } = findUnsupported(choices);
	const targets = choices.map((choice, index) => (isOutside[index] === true ? completeChances(choice) : choice.target));
	const log = readLog(choices, targets, clipAt);
	const { clusters, seen, share, weight } = log;
	const unsupported = { contexts: isOutside.filter(Boolean).length, models };
	const figure = (given: Figure, weights: Float64Array) => intervalOf(given.value, { ...given, weights }, clusters);
	const seenShare = seen.map((each, index) => each * (share[index] ?? 0));
	const observed = choices.filter(({ reward }) => reward !== null).length;
	const ofLog = ratioOf(log, (index) => seen[index] ?? 0);
	const report = {
		choices: choices.length,
		clusters: clusters.count,
		observed,
		observedByModel: countObserved(choices),
		matched: weight.reduce((count, each) => count + (each > 0 ? 1 : 0), 0),
		unsupported,
		logged: observed === 0 ? null : figure(ofLog, seenShare),
		weights: diagnose(log, clipAt ?? null),
	};
	const none = { ...report, estimates: null, difference: null };
	if (unsupported.contexts > 0 && !isSupportedOnly)
		return { ...none, verdict: 'unidentifiable', reasons: models.map(describeUnsupported) };
	const mass = weight.map((each, index) => each * (seen[index] ?? 0));
	if (mass.every((each) => each === 0)) {
		const what = observed === 0 ? 'no reward is known' : 'no reward of a choice that the policy would make is known';
		return { ...none, verdict: 'insufficient', reasons: [what] };
	}
	const predictions = predictRewards(log);
	const off = (index: number) => (choices[index]?.reward ?? 0) - (predictions[index]?.ofLogged ?? 0);
	const snips = ratioOf(log, (index) => mass[index] ?? 0);
	const dr = meanOf(log, (index) => (predictions[index]?.ofTarget ?? 0) + (mass[index] ?? 0) * off(index));
	const loggedDr = meanOf(log, (index) => (predictions[index]?.ofLogged ?? 0) + (seen[index] ?? 0) * off(index));
	const dm = meanOf(log, (index) => predictions[index]?.ofTarget ?? 0);
	const dmInfluences = dm.influences.map((each, index) => each + (predictions[index]?.leverage ?? 0) * off(index));
	const massShare = mass.map((each, index) => each * (share[index] ?? 0));
	const estimates = {
		ips: figure(
			meanOf(log, (index) => (mass[index] ?? 0) * (choices[index]?.reward ?? 0)),
			massShare,
		),
		snips: figure(snips, massShare),
		dm: figure({ value: dm.value, influences: dmInfluences }, seenShare),
		dr: figure(dr, massShare),
	};
	const reasons = findWeaknesses(estimates, report.weights);
	if (reasons.length > 0) return { ...none, verdict: 'insufficient', reasons };
	return {
		...report,
		verdict: 'estimated',
		reasons,
		estimates,
		difference: { snips: figure(subtract(snips, ofLog), massShare), dr: figure(subtract(dr, loggedDr), massShare) },
	};
}

/** The probabilities of the log itself; a choice whose others are not known counts as the only one. */
function completeChances({ chances, model }: LoggedChoice): Chances {
	const sum = Object.values(chances).reduce((total, chance) => total + chance, 0);
	return Math.abs(sum - 1) <= 1e-6 ? chances : { [model]: chanceOf(chances, model) / sum };
}

function describeUnsupported({ contexts, model }: UnsupportedModel): string {
	return `unidentifiable: the policy picks ${model} in ${contexts} ${contexts === 1 ? 'context' : 'contexts'} where ${model} had probability 0`;
}

function countObserved(choices: readonly LoggedChoice[]): OffPolicyReport['observedByModel'] {
	const counts: OffPolicyReport['observedByModel'] = {};
	for (const { model, reward } of choices) {
		counts[model] ??= { choices: 0, observed: 0 };
		counts[model].choices += 1;
		if (reward !== null) counts[model].observed += 1;
	}
	return counts;
}
