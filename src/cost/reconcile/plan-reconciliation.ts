import type { BudgetCheck, BudgetStore, CostEntry, NanoUsd, Reservation, Usage } from '../../contracts/index.ts';
import { stableHash } from '../../util/index.ts';
import { addTokens } from './reconcile.ts';
import type { DifferenceReason, ReconcileDifference, ReconcileReport } from './reconcile-report.ts';
import { COUNTED_CLASSES, type CountedTokens, toUtcDay, zeroTokens } from './usage-export.ts';

const NOON = 'T12:00:00Z';

/** What `apply` leaves alone: spending that is not ours, days that are not over, decimals, uses that name no model. */
const NOT_APPLIED: ReadonlySet<DifferenceReason> = new Set([
	'outside-ledger',
	'not-exported-yet',
	'rounding',
	'per-use',
]);

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
export interface ReconcilePlanInput {
	report: ReconcileReport;
	/** The ledger that was compared. */
	ledger: readonly CostEntry[];
	/** Stands for the files: the same files make the same rows, so applying twice changes nothing. */
	sourceId: string;
	/** Correct also what was used outside. @default false */
	includesOutside?: boolean;
}

function usageOf(tokens: CountedTokens): Usage {
	return {
		inputTokens: tokens.input,
		cacheReadTokens: tokens.cacheRead,
		cacheWrite5mTokens: tokens.cacheWrite5m,
		cacheWrite1hTokens: tokens.cacheWrite1h,
		outputTokens: tokens.output,
		reasoningTokens: 0,
	};
}

function partOf(tokens: CountedTokens, part: number, whole: number): CountedTokens {
	if (part === whole) return tokens;
	const share = zeroTokens();
	for (const name of COUNTED_CLASSES) share[name] = Math.trunc((tokens[name] / whole) * part);
	return share;
}

function costOf(entry: CostEntry): number {
	return entry.costNanoUsd ?? 0;
}

/** The row a correction is booked against: the dearest estimate, else the dearest charge. */
function correctedRow(charges: readonly CostEntry[]): CostEntry | undefined {
	const estimates = charges.filter(({ usage }) => usage.isEstimated === true);
	const dearestFirst = (estimates.length > 0 ? estimates : [...charges]).sort((a, b) => costOf(b) - costOf(a));
	return dearestFirst[0];
}

function sameAttribution(charges: readonly CostEntry[]): CostEntry['attribution'] {
	const [first] = charges;
	const hash = stableHash(first?.attribution);
	return charges.every(({ attribution }) => stableHash(attribution) === hash) ? first?.attribution : undefined;
}

/** Input's part of an amount, as the corrected rows have it. */
function splitCost(amount: NanoUsd, row: CostEntry | undefined): [input: NanoUsd, output: NanoUsd] {
	const total = row?.costNanoUsd ?? 0;
	const input = total === 0 ? amount : Math.round((amount * (row?.inputCostNanoUsd ?? 0)) / total);
	return [input, amount - input];
}

/** What is planned for one day and model. */
class DifferencePlan {
	readonly #difference: ReconcileDifference;
	readonly #charges: readonly CostEntry[];
	readonly #input: ReconcilePlanInput;
	#money: NanoUsd;
	#tokens: CountedTokens;

	constructor(difference: ReconcileDifference, charges: readonly CostEntry[], input: ReconcilePlanInput) {
		const left = (reason: DifferenceReason) =>
			NOT_APPLIED.has(reason) && !(reason === 'outside-ledger' && input.includesOutside === true);
		const { deltaNanoUsd, causes, ledger, provider } = difference;
		const amounts = causes.filter(({ reason }) => !left(reason)).map(({ amountNanoUsd }) => amountNanoUsd);
		const money = amounts.reduce((sum, amount) => sum + amount, 0);
		const more = addTokens(provider.tokens ?? zeroTokens(), ledger.tokens ?? zeroTokens(), -1);
		const isKnown = provider.tokens !== null || (provider.requests === null && provider.costNanoUsd === 0);
		this.#difference = difference;
		this.#charges = charges;
		this.#input = input;
		this.#money = money;
		this.#tokens = isKnown && amounts.length > 0 ? partOf(more, money, deltaNanoUsd) : zeroTokens();
	}

	#row(key: readonly unknown[], amount: NanoUsd, tokens: CountedTokens): Omit<CostEntry, 'taskType'> {
		const row = correctedRow(this.#charges);
		const [inputCostNanoUsd, outputCostNanoUsd] = splitCost(amount, row);
		const attribution = sameAttribution(this.#charges);
		return {
			id: `reconcile-${stableHash(key)}`,
			decisionId: null,
			attempt: null,
			model: this.#difference.model ?? '',
			costNanoUsd: amount,
			inputCostNanoUsd,
			outputCostNanoUsd,
			usage: usageOf(tokens),
			at: row?.at ?? Date.parse(`${this.#difference.day}${NOON}`),
			reason: `reconciled with ${this.#input.report.provider}: ${this.#difference.causes.map(({ reason }) => reason).join(', ')}`,
			...(attribution !== undefined && { attribution }),
		};
	}

	/** The charge that a hold of a dead process turned out to be. */
	settle(hold: Reservation, amount: NanoUsd): CostEntry {
		const share = { ...partOf(this.#tokens, amount, this.#money) };
		// a charge has no negative tokens; what that leaves over is in the correction
		for (const name of COUNTED_CLASSES) share[name] = Math.max(0, share[name]);
		this.#tokens = addTokens(this.#tokens, share, -1);
		this.#money -= amount;
		const row = correctedRow(this.#charges);
		const entry = this.#row(['hold', hold.id], amount, share);
		const { attribution: _unknown, ...own } = { ...entry, taskType: row?.taskType ?? 'simple-task' };
		return {
			...own,
			at: hold.createdAt,
			decisionId: hold.decisionId ?? null,
			usage: { ...own.usage, isEstimated: true },
		};
	}

	/** What is left once holds are settled; `null` when nothing is. */
	correct(): CostEntry | null {
		if (this.#money === 0 && COUNTED_CLASSES.every((name) => this.#tokens[name] === 0)) return null;
		const { day, model } = this.#difference;
		const row = correctedRow(this.#charges);
		return {
			...this.#row([this.#input.sourceId, day, model], this.#money, this.#tokens),
			taskType: row?.taskType ?? 'simple-task',
			kind: 'correction',
			corrects: row?.id ?? `day:${day}:${model}`,
		};
	}
}

/** The rows that bring the ledger in line. A whole day that names no model is not corrected: nobody knows whose it is. */
export function planReconciliation(input: ReconcilePlanInput): ReconcilePlan {
	const plan: ReconcilePlan = { corrections: [], settlements: [], releases: [], movedNanoUsd: 0 };
	const { report, ledger } = input;
	const byGroup = Map.groupBy(ledger, ({ at, model }) => `${toUtcDay(at)} ${model}`);
	for (const difference of report.differences) {
		if (difference.model === null) continue;
		const rows = byGroup.get(`${difference.day} ${difference.model}`) ?? [];
		const own = new DifferencePlan(
			difference,
			rows.filter(({ kind }) => kind !== 'correction'),
			input,
		);
		for (const { hold, plan: fate, settleNanoUsd, day } of report.holds) {
			if (fate === 'settle' && day === difference.day && hold.model === difference.model)
				plan.settlements.push({ hold, entry: own.settle(hold, settleNanoUsd) });
		}
		const correction = own.correct();
		if (correction !== null) plan.corrections.push(correction);
	}
	plan.releases = report.holds.filter(({ plan: fate }) => fate === 'release').map(({ hold }) => hold);
	const rows = [...plan.corrections, ...plan.settlements.map(({ entry }) => entry)];
	plan.movedNanoUsd = rows.reduce((sum, entry) => sum + Math.abs(costOf(entry)), 0);
	return plan;
}

/** Does what was planned. May be done again: rows that are there and holds that are settled change nothing. */
export async function applyReconciliation(
	plan: ReconcilePlan,
	budgets: Pick<BudgetStore, 'correct' | 'settle' | 'release'>,
	checks: (entry: CostEntry) => readonly BudgetCheck[],
): Promise<void> {
	for (const { hold, entry } of plan.settlements) await budgets.settle(hold, entry);
	for (const hold of plan.releases) await budgets.release(hold);
	for (const entry of plan.corrections) await budgets.correct(checks(entry), entry);
}
