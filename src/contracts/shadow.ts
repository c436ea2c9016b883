import type { CostEntry } from './cost.ts';
import { EVALUATION_TAG, type JudgedOrder, type Verdict } from './evaluation.ts';
import type { ModelName } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { TaskType } from './task-types.ts';

/** The tag that all spending on shadow evaluation carries, and whose day is limited. */
export const SHADOW_TAG = 'shadow';

/** Tags of charges that measure models. */
const MEASURING: readonly string[] = [EVALUATION_TAG, SHADOW_TAG];

/** Whether a charge is for a user's request: one that only measures models is nobody's choice, and says nothing of what routing saves. */
export function isUsersCharge({ attribution }: Pick<CostEntry, 'attribution'>): boolean {
	return attribution?.tags?.some((tag) => MEASURING.includes(tag)) !== true;
}

/** Why a request that was drawn for shadow evaluation was not compared. */
export const SHADOW_DROP_CAUSES = [
	'not-answered',
	'opted-out',
	'not-eligible',
	'not-comparable',
	'too-large',
	'queue-full',
	'budget',
	'call-failed',
	'cut-off',
	'judge-failed',
	'stopped',
] as const;
/** One of the causes for which a request is dropped. */
export type ShadowDropCause = (typeof SHADOW_DROP_CAUSES)[number];

/** A judge's word on a pair whose right verdict is known. */
export interface PlantedVerdict {
	expected: 'first' | 'second' | 'tie';
	verdict: Verdict;
	orders: readonly JudgedOrder[];
}

/** A request that was drawn for shadow evaluation, and what became of it. It holds no word of the request or of an answer. */
export interface ShadowComparison {
	/** Its decision's. */
	id: string;
	/** Epoch milliseconds. */
	at: number;
	/** The conversation's id; `null`: it belongs to none. */
	session: string | null;
	taskType: TaskType;
	workload: string | null;
	/** The model that the caller was answered by, or that was called last where there is no whole answer. */
	model: ModelName;
	/** The model that was asked beside it; `null`: none was. */
	shadowModel: ModelName | null;
	judge: ModelName | null;
	/** `null`: it was compared. */
	cause: ShadowDropCause | null;
	/** What the cause was, in a sentence, without a word of the request; `null` where nothing is to be said. */
	detail: string | null;
	/** `first`: the caller's answer is the better one; `null`: it was not judged. */
	verdict: Verdict | null;
	/** `null`: it was not judged. */
	orders: readonly JudgedOrder[] | null;
	/** Of both replies on a pair whose verdict is known; `null`: none was planted. */
	planted: PlantedVerdict | null;
	/** Characters of the answers; `null`: it was not judged. */
	lengths: { first: number; second: number } | null;
	/** What the caller's answer cost; `null`: its model has no price, or there is no whole answer. */
	usedCostNanoUsd: NanoUsd | null;
	/** What the shadow's answer cost, all attempts; 0: it was not called, `null`: its model has no price. */
	costNanoUsd: NanoUsd | null;
	/** What the judge's replies cost; 0: it was not called, `null`: the judge has no price. */
	judgeCostNanoUsd: NanoUsd | null;
	/** Milliseconds to the whole answer of the shadow; `null`: there is none. */
	latencyMs: number | null;
}

/** Keeps what shadow evaluation has found. */
export interface ShadowStore {
	/** A row whose id is already there is left as it was. */
	save(comparison: ShadowComparison): Promise<void>;
	/** Newest first; `range`: from ≤ t < to, epoch milliseconds. */
	list(range: { from: number; to: number }, limit: number): Promise<ShadowComparison[]>;
}
