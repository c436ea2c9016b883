import type { CostEntry, ModelName, NanoUsd, TaskType } from '../contracts/index.ts';
import { countTokens } from './usage-tokens.ts';

const DAY_MS = 24 * 3_600_000;
/** Days of spending that advice looks back on. */
export const ADVICE_DAYS = 30;
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
export function meanCost(group: WorkGroup, costOf: (entry: CostEntry) => NanoUsd): number {
	return group.sample.reduce((sum, entry) => sum + costOf(entry), 0) / group.sample.length;
}

/** The work of the last 30 days by model and type of task. Shorter histories are projected, from one day upwards. */
export function groupWork(entries: readonly CostEntry[], now: number): WorkGroup[] {
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
		const tokens = countTokens(entry.usage);
		group.requests += 1;
		group.largestInput = Math.max(group.largestInput, tokens.input);
		group.largestOutput = Math.max(group.largestOutput, tokens.output);
		if (group.sample.length < MAX_SAMPLE) group.sample.push(entry);
		groups.set(key, group);
	}
	const days = Math.max(1, (now - first) / DAY_MS);
	for (const group of groups.values()) group.monthlyRequests = (group.requests / days) * ADVICE_DAYS;
	return [...groups.values()];
}
