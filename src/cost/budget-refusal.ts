import type { BudgetCheck, NanoUsd, PeriodSpend } from '../contracts/index.ts';
import { BudgetExceededError } from '../errors/index.ts';
import { nanoToUsd } from '../util/index.ts';

/** A limit and what counts against it. */
export interface BudgetFunds extends PeriodSpend {
	check: BudgetCheck;
}

/** The error for a day's or month's limit that a charge would break; also for a refusal by the budget store. */
export function periodRefusal(funds: BudgetFunds, neededNanoUsd: NanoUsd): BudgetExceededError {
	const { check, settledNanoUsd, reservedNanoUsd } = funds;
	return new BudgetExceededError({
		period: check.period,
		limitUsd: nanoToUsd(check.limitNanoUsd),
		spentUsd: nanoToUsd(settledNanoUsd),
		reservedUsd: nanoToUsd(reservedNanoUsd),
		neededUsd: nanoToUsd(neededNanoUsd),
		resetsAt: new Date(check.resetsAt),
	});
}

/** The error for the limit of one request; `spent` is what its earlier attempts cost. */
export function requestRefusal(limit: NanoUsd, spent: NanoUsd, neededNanoUsd: NanoUsd): BudgetExceededError {
	return new BudgetExceededError({
		period: 'request',
		limitUsd: nanoToUsd(limit),
		spentUsd: nanoToUsd(spent),
		reservedUsd: 0,
		neededUsd: nanoToUsd(neededNanoUsd),
		resetsAt: null,
	});
}
