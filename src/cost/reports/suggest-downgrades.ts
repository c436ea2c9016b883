import { priceUsage, resolvePricing } from '../../catalog/index.ts';
import {
	type CostEntry,
	type CostSuggestion,
	countInputTokens,
	countOutputTokens,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	nanoToUsd,
	type TaskType,
} from '../../contracts/index.ts';
import { DAY_MS } from '../../util/index.ts';
import {
	compareModels,
	getMinConfidence,
	MIN_OBSERVED_OUTCOMES,
	type ModelComparison,
	type ModelEvidence,
	Z_SCORE_90_PERCENT,
} from './compare-models.ts';

/** Days of spending that advice looks back on. */
const ADVICE_DAYS = 30;
/** Latest requests of a kind of work that are repriced. */
const MAX_SAMPLE = 200;

/** One model's priced work on one type of task. */
export interface WorkGroup {
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

/** What a group's sample cost per request, in nano-dollars. */
function meanCost(group: WorkGroup, costOf: (entry: CostEntry) => NanoUsd): number {
	return group.sample.reduce((sum, entry) => sum + costOf(entry), 0) / group.sample.length;
}

/** The work of the last 30 days by model and type of task. Shorter histories are projected, from one day upwards. */
function groupWork(entries: readonly CostEntry[], now: number): WorkGroup[] {
	const groups = new Map<string, WorkGroup>();
	let first = now;
	// Newest first, so that the sample is the latest work.
	for (const entry of entries.toReversed()) {
		if (entry.costNanoUsd === null || entry.at < now - ADVICE_DAYS * DAY_MS || entry.at > now) continue;
		first = Math.min(first, entry.at);
		const key = `${entry.taskType} ${entry.model}`;
		const { model, taskType } = entry;
		const group = groups.get(key) ?? {
			model,
			taskType,
			requests: 0,
			sample: [],
			largestInput: 0,
			largestOutput: 0,
			monthlyRequests: 0,
		};
		group.requests += 1;
		group.largestInput = Math.max(group.largestInput, countInputTokens(entry.usage));
		group.largestOutput = Math.max(group.largestOutput, countOutputTokens(entry.usage));
		if (group.sample.length < MAX_SAMPLE) group.sample.push(entry);
		groups.set(key, group);
	}
	const days = Math.max(1, (now - first) / DAY_MS);
	for (const group of groups.values()) group.monthlyRequests = (group.requests / days) * ADVICE_DAYS;
	return [...groups.values()];
}

/** Pieces of advice given at most. */
const MAX_SUGGESTIONS = 5;
/** Share of the cost that a change must save to be worth a word. */
const LEAST_SAVING = 0.05;

/** What advice rests on. */
export interface AdviceInput {
	/** Settled charges, oldest first. */
	entries: readonly CostEntry[];
	/** What was seen of a model on a type of task. */
	getEvidence: (model: ModelName, type: TaskType) => ModelEvidence | null;
	/** The models there are. */
	profiles: ReadonlyMap<ModelName, ModelProfile>;
	/** Names of the models that may be advised. @default all of `profiles` */
	candidates?: ReadonlySet<ModelName>;
	/** Epoch milliseconds. */
	now: number;
}

/** What a month would save, with the range that the spread of the sample and the chance of so many requests give. */
function monthlySaving(group: WorkGroup, savings: readonly number[]): { expected: number; low: number; high: number } {
	const { length } = savings;
	const mean = savings.reduce((sum, saved) => sum + saved, 0) / length;
	const variance = savings.reduce((sum, saved) => sum + (saved - mean) ** 2, 0) / Math.max(1, length - 1);
	const part = Z_SCORE_90_PERCENT * Math.sqrt(variance / length / Math.max(mean * mean, 1) + 1 / group.requests);
	const cents = (nano: number): number => Math.round(nanoToUsd(Math.max(0, nano)) * 100) / 100;
	const expected = mean * group.monthlyRequests;
	return { expected: cents(expected), low: cents(expected * (1 - part)), high: cents(expected * (1 + part)) };
}

/** The model is served, and the group's longest request fits into it. */
function canTake(profile: ModelProfile, group: WorkGroup): boolean {
	return (
		profile.name !== group.model &&
		(profile.lifecycle?.state ?? 'active') === 'active' &&
		profile.contextWindow >= group.largestInput + group.largestOutput &&
		profile.maxOutputTokens >= group.largestOutput
	);
}

function explain(suggestion: { group: WorkGroup; cheaper: ModelName; saving: number }, seen: ModelComparison): string {
	const { group, cheaper, saving } = suggestion;
	const advice = `For ${group.taskType} tasks, use ${cheaper} instead of ${group.model}`;
	const price = `${Math.round(saving * 100)} % cheaper at the token counts of your last ${group.sample.length} requests`;
	const qualities = `${seen.cheaperQuality} against ${seen.currentQuality}`;
	const basis = seen.isObserved
		? `outcomes seen here put its quality at ${qualities}`
		: `the catalog puts its quality at ${qualities}; it was not seen enough here to be sure, so try it on a few tasks first`;
	return `${advice}: ${price}; ${basis}.`;
}

/** The advice to move a group's work to a model; `null` when it saves too little or is not as good. */
function adviseChange(group: WorkGroup, candidate: ModelProfile, input: AdviceInput): CostSuggestion | null {
	const current = input.profiles.get(group.model);
	const pricing = resolvePricing(candidate);
	if (current === undefined || pricing === null || !canTake(candidate, group)) return null;
	const cost = meanCost(group, (entry) => entry.costNanoUsd ?? 0);
	const savings = group.sample.map(
		(entry) => (entry.costNanoUsd ?? 0) - priceUsage(entry.usage, pricing, input.now).totalNanoUsd,
	);
	const saved = savings.reduce((sum, one) => sum + one, 0) / savings.length;
	if (!(saved > 0 && saved >= cost * LEAST_SAVING)) return null;
	const seen = compareModels(
		{ profile: current, evidence: input.getEvidence(group.model, group.taskType) },
		{ profile: candidate, evidence: input.getEvidence(candidate.name, group.taskType) },
		group.taskType,
	);
	if (seen.confidence < getMinConfidence(seen)) return null;
	const month = monthlySaving(group, savings);
	return {
		currentModel: group.model,
		suggestedModel: candidate.name,
		savingsPerRequest: nanoToUsd(saved),
		estimatedMonthlySavings: month.expected,
		monthlySavingsRange: { low: month.low, high: month.high },
		qualityDelta: seen.qualityDelta,
		qualityInterval: seen.qualityInterval,
		latencyDelta: seen.latencyDelta,
		reason: explain({ group, cheaper: candidate.name, saving: saved / cost }, seen),
		confidence: seen.confidence,
		taskType: group.taskType,
		sampleSize: group.requests,
	};
}

/** How much a piece of advice is worth: what it saves, as far as it is believed. */
function worth({ savingsPerRequest, sampleSize = 0, confidence }: CostSuggestion): number {
	return savingsPerRequest * sampleSize * confidence;
}

function byWorth(a: CostSuggestion, b: CostSuggestion): number {
	return worth(b) - worth(a) || (a.suggestedModel < b.suggestedModel ? -1 : 1);
}

/**
 * Cheaper models that did as well, at most five, the most worthwhile first: per model and type of task in use one
 * model at most. Says nothing where fewer than five requests were made, or where the cheaper model is not as good.
 */
export function suggestDowngrades(input: AdviceInput): CostSuggestion[] {
	const { candidates: allowed } = input;
	const candidates = [...input.profiles.values()].filter(({ name }) => allowed?.has(name) !== false);
	return groupWork(input.entries, input.now)
		.filter((group) => group.requests >= MIN_OBSERVED_OUTCOMES)
		.flatMap((group) => {
			const advice = candidates.map((candidate) => adviseChange(group, candidate, input));
			return advice
				.filter((one) => one !== null)
				.sort(byWorth)
				.slice(0, 1);
		})
		.sort(byWorth)
		.slice(0, MAX_SUGGESTIONS);
}
