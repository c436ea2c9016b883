import type { ModelName, NanoUsd, ShadowComparison, ShadowDropCause, TaskType } from '../contracts/index.ts';
import { checkJudge, type JudgeReport } from './judge-checks.ts';
import { type ClusterEstimate, estimateShare } from './statistics.ts';

/** How a model did beside the one that answered. */
export interface ShadowPair {
	/** That the callers were answered by. */
	model: ModelName;
	shadowModel: ModelName;
	/** `null`: all types together. */
	taskType: TaskType | null;
	/** Comparisons with a verdict. */
	judged: number;
	/** Share of the verdicts for the shadow, a tie as half of one; 0-1, with the interval of 95 % by conversation. */
	shadowWins: ClusterEstimate;
	ties: number;
	/** The judge's two replies contradicted each other, or one was no verdict: counted nowhere. */
	abstained: number;
	errors: number;
	/** Mean cost of an answer, nano-dollars; `null` where a price is missing. */
	usedCostNanoUsd: number | null;
	shadowCostNanoUsd: number | null;
}

/** What shadow evaluation has found. */
export interface ShadowReport {
	/** Requests that were drawn. */
	drawn: number;
	compared: number;
	/** By cause, the most frequent first. */
	dropped: Array<{ cause: ShadowDropCause; requests: number }>;
	/** Of the shadows and of the judge; `unpriced`: of so many comparisons a part is not in it. */
	spentNanoUsd: NanoUsd;
	unpriced: number;
	/** All types of each pair of models first, the most compared first. Empty where the judge failed its checks. */
	pairs: ShadowPair[];
	judge: JudgeReport;
}

const clusterOf = ({ id, session }: ShadowComparison): string => session ?? id;

function meanOf(costs: ReadonlyArray<NanoUsd | null>): number | null {
	const known = costs.filter((cost) => cost !== null);
	return known.length < costs.length || known.length === 0
		? null
		: known.reduce((sum, cost) => sum + cost, 0) / known.length;
}

const WORTH: Readonly<Record<string, number>> = { first: 0, tie: 0.5, second: 1 };

function summarizePair(rows: readonly ShadowComparison[], taskType: TaskType | null): ShadowPair {
	const [first] = rows;
	const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
	const judged = rows.filter(({ verdict }) => verdict !== null && verdict in WORTH);
	return {
		model: first?.model ?? '',
		shadowModel: first?.shadowModel ?? '',
		taskType,
		judged: judged.length,
		shadowWins: estimateShare(judged.map((row) => ({ cluster: clusterOf(row), value: WORTH[row.verdict ?? ''] ?? 0 }))),
		ties: count('tie'),
		abstained: count('abstain'),
		errors: count('error'),
		usedCostNanoUsd: meanOf(rows.map(({ usedCostNanoUsd }) => usedCostNanoUsd)),
		shadowCostNanoUsd: meanOf(rows.map(({ costNanoUsd }) => costNanoUsd)),
	};
}

/** Groups of rows, the largest first. */
function groupRows<Key>(rows: readonly ShadowComparison[], keyOf: (row: ShadowComparison) => Key) {
	return [...Map.groupBy(rows, keyOf).values()].sort((a, b) => b.length - a.length);
}

/** What the comparisons say of the models, and of their judge; where that failed its checks, nothing is said of the models. */
export function summarizeShadow(rows: readonly ShadowComparison[]): ShadowReport {
	const compared = rows.filter(({ verdict }) => verdict !== null);
	const dropped = groupRows(
		rows.filter(({ cause }) => cause !== null),
		({ cause }) => cause,
	);
	const judge = checkJudge({
		real: compared.map(({ lengths, orders, verdict, ...row }) => ({
			cluster: clusterOf({ lengths, orders, verdict, ...row }),
			judgement: { verdict: verdict ?? 'error', orders: orders ?? [] },
			...(lengths !== null && { lengths }),
		})),
		planted: compared.flatMap((row) => {
			if (row.planted === null) return [];
			const { expected, orders, verdict } = row.planted;
			return [{ cluster: clusterOf(row), expected, judgement: { orders, verdict } }];
		}),
		rated: [],
	});
	const pairs = groupRows(compared, ({ model, shadowModel }) => JSON.stringify([model, shadowModel])).flatMap(
		(pair) => [
			summarizePair(pair, null),
			...groupRows(pair, ({ taskType }) => taskType).map((group) => summarizePair(group, group[0]?.taskType ?? null)),
		],
	);
	return {
		drawn: rows.length,
		compared: compared.length,
		dropped: dropped.map((group) => ({ cause: group[0]?.cause ?? 'stopped', requests: group.length })),
		spentNanoUsd: rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0) + (row.judgeCostNanoUsd ?? 0), 0),
		unpriced: rows.filter(({ costNanoUsd, judgeCostNanoUsd }) => costNanoUsd === null || judgeCostNanoUsd === null)
			.length,
		pairs: judge.isWithheld ? [] : pairs,
		judge,
	};
}
