import type { BudgetCheck, BudgetStore, CostEntry, NanoUsd, Reservation } from '../../contracts/index.ts';
import { stableHash, sum, toIsoDay } from '../../util/index.ts';
import { getNoon } from './explain-difference.ts';
import { IS_CORRECTED, type ReconcileDifference, type ReconcileReport } from './reconcile-report.ts';
import { type CountedTokens, hasTokens, mapTokens, subtractTokens, sumTokens, toUsage } from './usage-export.ts';

/** What brings the ledger in line with the provider. Making it changes nothing. */
export interface ReconcilePlan {
	/** Rows to append; each corrects one of the ledger (or, where there is none, a day: `day:2026-11-24:opus`). */
	corrections: CostEntry[];
	settlements: Array<{ hold: Reservation; entry: CostEntry }>;
	releases: Reservation[];
	/** What corrections and settlements move, every amount counted as positive. */
	movedNanoUsd: NanoUsd;
}

/** What the plan is made from. */
interface ReconcilePlanInput {
	report: ReconcileReport;
	/** The ledger that was compared. */
	ledger: readonly CostEntry[];
	/** Stands for the files: the same files make the same rows, so applying twice changes nothing. */
	sourceId: string;
	/** Correct also what was used outside. @default false */
	includesOutside?: boolean;
}

/** Does what was planned. May be done again: rows that are there and reservations that are settled change nothing. */
export async function applyReconciliation(
	plan: ReconcilePlan,
	budgets: Pick<BudgetStore, 'correct' | 'settle' | 'release'>,
	getChecks: (entry: CostEntry) => readonly BudgetCheck[],
): Promise<void> {
	for (const { hold, entry } of plan.settlements) await budgets.settle(hold, entry);
	for (const hold of plan.releases) await budgets.release(hold);
	for (const entry of plan.corrections) await budgets.correct(getChecks(entry), entry);
}

/** The rows that bring the ledger in line. A whole day that names no model is not corrected: nobody knows whose it is. */
export function planReconciliation(input: ReconcilePlanInput): ReconcilePlan {
	const { ledger, report } = input;
	const charges = Map.groupBy(
		ledger.filter(({ kind }) => kind !== 'correction'),
		({ at, model }) => `${toIsoDay(at)} ${model}`,
	);
	const plans = report.differences.map((difference) =>
		planDifference(difference, charges.get(`${difference.day} ${difference.model}`) ?? [], input),
	);
	const corrections = plans.flatMap((plan) => plan.corrections);
	const settlements = plans.flatMap((plan) => plan.settlements);
	const booked = [...corrections, ...settlements.map(({ entry }) => entry)];
	return {
		corrections,
		settlements,
		releases: report.holds.filter(({ plan }) => plan === 'release').map(({ hold }) => hold),
		movedNanoUsd: sum(booked.map(({ costNanoUsd }) => Math.abs(costNanoUsd ?? 0))),
	};
}

function planDifference(
	difference: ReconcileDifference,
	charges: readonly CostEntry[],
	{ includesOutside = false, report, sourceId }: ReconcilePlanInput,
): Pick<ReconcilePlan, 'corrections' | 'settlements'> {
	const { causes, day, model } = difference;
	if (model === null) return { corrections: [], settlements: [] };
	const corrected = findCorrectedRow(charges);
	let rest = getCorrectable(difference, includesOutside);
	const createRow = (key: readonly unknown[], { money, tokens }: Amount): CostEntry => {
		// parts of input and output as the corrected row has them
		const share = corrected?.costNanoUsd ? (corrected.inputCostNanoUsd ?? 0) / corrected.costNanoUsd : 1;
		const inputCostNanoUsd = Math.round(money * share);
		return {
			id: `reconcile-${stableHash(key)}`,
			decisionId: null,
			attempt: null,
			model,
			taskType: corrected?.taskType ?? 'simple-task',
			costNanoUsd: money,
			inputCostNanoUsd,
			outputCostNanoUsd: money - inputCostNanoUsd,
			usage: toUsage(tokens),
			at: corrected?.at ?? getNoon(day),
			reason: `reconciled with ${report.provider}: ${causes.map(({ reason }) => reason).join(', ')}`,
		};
	};
	const settled = report.holds.filter(
		({ hold, plan, day: ofDay }) => plan === 'settle' && ofDay === day && hold.model === model,
	);
	const settlements = settled.map(({ hold, settleNanoUsd }) => {
		// a charge has no negative tokens; the correction takes what that leaves over
		const share = scaleTokens(rest.tokens, settleNanoUsd, rest.money);
		const amount = { money: settleNanoUsd, tokens: mapTokens((name) => Math.max(0, share[name])) };
		rest = { money: rest.money - amount.money, tokens: subtractTokens(rest.tokens, amount.tokens) };
		const row = createRow(['hold', hold.id], amount);
		const usage = { ...row.usage, isEstimated: true };
		return { hold, entry: { ...row, at: hold.createdAt, decisionId: hold.decisionId ?? null, usage } };
	});
	if (rest.money === 0 && !hasTokens(rest.tokens)) return { corrections: [], settlements };
	const correction: CostEntry = {
		...createRow([sourceId, day, model], rest),
		...getSharedAttribution(charges),
		kind: 'correction',
		corrects: corrected?.id ?? `day:${day}:${model}`,
	};
	return { corrections: [correction], settlements };
}

/** Money and tokens to be booked. */
interface Amount {
	money: NanoUsd;
	tokens: CountedTokens;
}

/** The part of a difference that is corrected. */
function getCorrectable(
	{ causes, deltaNanoUsd, ledger, provider }: ReconcileDifference,
	includesOutside: boolean,
): Amount {
	const applied = causes.filter(
		({ reason }) => IS_CORRECTED[reason] || (includesOutside && reason === 'outside-ledger'),
	);
	const money = sum(applied.map(({ amountNanoUsd }) => amountNanoUsd));
	const isNothingBilled = provider.requests === null && provider.costNanoUsd === 0;
	if (applied.length === 0 || (provider.tokens === null && !isNothingBilled)) return { money, tokens: sumTokens([]) };
	return { money, tokens: scaleTokens(subtractTokens(provider.tokens, ledger.tokens), money, deltaNanoUsd) };
}

function scaleTokens(tokens: CountedTokens, part: number, whole: number): CountedTokens {
	return part === whole ? tokens : mapTokens((name) => Math.trunc((tokens[name] / whole) * part));
}

/** The row a correction is booked against: the dearest estimate, else the dearest charge. */
function findCorrectedRow(charges: readonly CostEntry[]): CostEntry | undefined {
	const estimates = charges.filter(({ usage }) => usage.isEstimated === true);
	const candidates = estimates.length > 0 ? estimates : charges;
	return candidates.toSorted((one, other) => (other.costNanoUsd ?? 0) - (one.costNanoUsd ?? 0))[0];
}

/** Whom all of the charges were for; nothing where they differ. */
function getSharedAttribution(charges: readonly CostEntry[]): Pick<CostEntry, 'attribution'> {
	const [first] = charges;
	const hash = stableHash(first?.attribution);
	const isShared = charges.every(({ attribution }) => stableHash(attribution) === hash);
	return isShared && first?.attribution ? { attribution: first.attribution } : {};
}
