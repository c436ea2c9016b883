import { priceUsage, resolvePricing } from '../../catalog/index.ts';
import {
	type CostEntry,
	type CostSuggestion,
	countInputTokens,
	countOutputTokens,
	type ModelName,
	type ModelProfile,
	nanoToUsd,
	type TaskType,
} from '../../contracts/index.ts';
import { DAY_MS, mean, sum } from '../../util/index.ts';
import {
	compareModels,
	getMinConfidence,
	MIN_OBSERVED_OUTCOMES,
	type ModelComparison,
	type ModelEvidence,
	Z_SCORE_90_PERCENT,
} from './compare-models.ts';

/** Suggestions made at most. */
const MAX_SUGGESTIONS = 5;
/** Share of the cost that a change must save to be suggested. */
const MIN_SAVING_SHARE = 0.05;
/** Days of spending that suggestions look back on. */
const LOOKBACK_DAYS = 30;
/** Latest requests of a kind of work that are repriced. */
const MAX_SAMPLE = 200;

/** What suggestions rest on. */
interface AdviceInput {
	/** Settled charges, oldest first. */
	entries: readonly CostEntry[];
	/** What was seen of a model on a type of task. */
	getEvidence: (model: ModelName, type: TaskType) => ModelEvidence | null;
	profiles: ReadonlyMap<ModelName, ModelProfile>;
	/** Names of the models that may be suggested. @default all of `profiles` */
	candidates?: ReadonlySet<ModelName> | undefined;
	/** Epoch milliseconds. */
	now: number;
}

/**
 * Cheaper models that did as well, at most five, the most worthwhile first: per model and type of task in use one
 * model at most. Nothing where fewer than five requests were made, or where the cheaper model is not as good.
 */
export function suggestDowngrades(input: AdviceInput): CostSuggestion[] {
	const candidates = [...input.profiles.values()].filter(({ name }) => input.candidates?.has(name) !== false);
	const compareWorth = (a: CostSuggestion, b: CostSuggestion): number =>
		getWorth(b) - getWorth(a) || (a.suggestedModel < b.suggestedModel ? -1 : 1);
	return groupWork(input.entries, input.now)
		.filter((group) => group.requests >= MIN_OBSERVED_OUTCOMES)
		.flatMap((group) => {
			const suggestions = candidates.flatMap((candidate) => suggestChange(group, candidate, input) ?? []);
			return suggestions.sort(compareWorth).slice(0, 1);
		})
		.sort(compareWorth)
		.slice(0, MAX_SUGGESTIONS);
}

/** What a suggestion saves, as far as it is believed. */
function getWorth({ savingsPerRequest, sampleSize = 0, confidence }: CostSuggestion): number {
	return savingsPerRequest * sampleSize * confidence;
}

/** One model's priced work on one type of task. */
interface WorkGroup {
	model: ModelName;
	taskType: TaskType;
	requests: number;
	/** The latest requests. */
	sample: CostEntry[];
	largestInput: number;
	largestOutput: number;
	/** Requests to expect in 30 days. */
	monthlyRequests: number;
}

/** The work of the last 30 days by model and type of task. Shorter histories are projected, from one day upwards. */
function groupWork(entries: readonly CostEntry[], now: number): WorkGroup[] {
	const groups = new Map<string, WorkGroup>();
	const priced = entries.filter(
		({ at, costNanoUsd }) => costNanoUsd !== null && at >= now - LOOKBACK_DAYS * DAY_MS && at <= now,
	);
	// newest first, so that the sample is the latest work
	for (const entry of priced.reverse()) {
		const { model, taskType, usage } = entry;
		const key = `${taskType} ${model}`;
		const none = { requests: 0, sample: [], largestInput: 0, largestOutput: 0, monthlyRequests: 0 };
		const group = groups.get(key) ?? { model, taskType, ...none };
		group.requests += 1;
		group.largestInput = Math.max(group.largestInput, countInputTokens(usage));
		group.largestOutput = Math.max(group.largestOutput, countOutputTokens(usage));
		if (group.sample.length < MAX_SAMPLE) group.sample.push(entry);
		groups.set(key, group);
	}
	const first = priced.reduce((earliest, { at }) => Math.min(earliest, at), now);
	const days = Math.max(1, (now - first) / DAY_MS);
	for (const group of groups.values()) group.monthlyRequests = (group.requests / days) * LOOKBACK_DAYS;
	return [...groups.values()];
}

/** The suggestion to move a group's work to a model; `null` when it saves too little or is not as good. */
function suggestChange(group: WorkGroup, candidate: ModelProfile, input: AdviceInput): CostSuggestion | null {
	const current = input.profiles.get(group.model);
	const pricing = resolvePricing(candidate);
	if (current === undefined || pricing === null || !canServe(candidate, group)) return null;
	const cost = mean(group.sample.map(({ costNanoUsd }) => costNanoUsd ?? 0));
	const savings = group.sample.map(
		({ costNanoUsd, usage }) => (costNanoUsd ?? 0) - priceUsage(usage, pricing, input.now).totalNanoUsd,
	);
	const saved = mean(savings);
	if (!(saved > 0 && saved >= cost * MIN_SAVING_SHARE)) return null;
	const comparison = compareModels(
		{ profile: current, evidence: input.getEvidence(group.model, group.taskType) },
		{ profile: candidate, evidence: input.getEvidence(candidate.name, group.taskType) },
		group.taskType,
	);
	if (comparison.confidence < getMinConfidence(comparison)) return null;
	return {
		currentModel: group.model,
		suggestedModel: candidate.name,
		savingsPerRequest: nanoToUsd(saved),
		...estimateMonthlySaving(group, savings),
		qualityDelta: comparison.qualityDelta,
		qualityInterval: comparison.qualityInterval,
		latencyDelta: comparison.latencyDelta,
		reason: explainChange({ group, cheaper: candidate.name, savingShare: saved / cost }, comparison),
		confidence: comparison.confidence,
		taskType: group.taskType,
		sampleSize: group.requests,
	};
}

/** The model is active, and the group's longest request fits into it. */
function canServe(profile: ModelProfile, group: WorkGroup): boolean {
	return (
		profile.name !== group.model &&
		(profile.lifecycle?.state ?? 'active') === 'active' &&
		profile.contextWindow >= group.largestInput + group.largestOutput &&
		profile.maxOutputTokens >= group.largestOutput
	);
}

type MonthlySaving = Pick<CostSuggestion, 'estimatedMonthlySavings' | 'monthlySavingsRange'>;

/** What a month would save in USD, with the range that the spread of the sample and the chance of so many requests give. */
function estimateMonthlySaving(group: WorkGroup, savings: readonly number[]): MonthlySaving {
	const { length } = savings;
	const average = mean(savings);
	const variance = sum(savings.map((saved) => (saved - average) ** 2)) / Math.max(1, length - 1);
	const share = Z_SCORE_90_PERCENT * Math.sqrt(variance / length / Math.max(average * average, 1) + 1 / group.requests);
	const toCents = (nano: number): number => Math.round(nanoToUsd(Math.max(0, nano)) * 100) / 100;
	const expected = average * group.monthlyRequests;
	const monthlySavingsRange = { low: toCents(expected * (1 - share)), high: toCents(expected * (1 + share)) };
	return { estimatedMonthlySavings: toCents(expected), monthlySavingsRange };
}

function explainChange(
	{ group, cheaper, savingShare }: { group: WorkGroup; cheaper: ModelName; savingShare: number },
	{ cheaperQuality, currentQuality, isObserved }: ModelComparison,
): string {
	const advice = `For ${group.taskType} tasks, use ${cheaper} instead of ${group.model}`;
	const price = `${Math.round(savingShare * 100)} % cheaper at the token counts of your last ${group.sample.length} requests`;
	const qualities = `${cheaperQuality} against ${currentQuality}`;
	const basis = isObserved
		? `outcomes seen here put its quality at ${qualities}`
		: `the catalog puts its quality at ${qualities}; it was not seen enough here to be sure, so try it on a few tasks first`;
	return `${advice}: ${price}; ${basis}.`;
}
