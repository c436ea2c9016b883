import type { BudgetCheck, NanoUsd, PeriodSpend } from '../contracts/index.ts';
import { BudgetExceededError } from '../errors/index.ts';
import { nanoToUsd } from '../util/index.ts';
import type { RequestLimit } from './budget-rules.ts';

/** A limit and what counts against it. */
export interface BudgetFunds extends PeriodSpend {
	check: BudgetCheck;
}

/** The error for a period's limit that a charge would break; also for a refusal by the budget store. */
export function periodRefusal(funds: BudgetFunds, neededNanoUsd: NanoUsd): BudgetExceededError {
	const { check, settledNanoUsd, reservedNanoUsd } = funds;
	return new BudgetExceededError({
		period: check.period,
		scope: check.scope,
		limitUsd: nanoToUsd(check.limitNanoUsd),
		spentUsd: nanoToUsd(settledNanoUsd),
		reservedUsd: nanoToUsd(reservedNanoUsd),
		neededUsd: nanoToUsd(neededNanoUsd),
		resetsAt: check.resetsAt === null ? null : new Date(check.resetsAt),
		...(check.atLimit !== undefined && { atLimit: check.atLimit }),
	});
}

/** The error for the limit of one request; `spent` is what its earlier attempts cost. */
export function requestRefusal(limit: RequestLimit, spent: NanoUsd, neededNanoUsd: NanoUsd): BudgetExceededError {
	return new BudgetExceededError({
		period: 'request',
		scope: limit.scope,
		limitUsd: nanoToUsd(limit.limitNanoUsd),
		spentUsd: nanoToUsd(spent),
		reservedUsd: 0,
		neededUsd: nanoToUsd(neededNanoUsd),
		resetsAt: null,
		...(limit.atLimit !== undefined && { atLimit: limit.atLimit }),
	});
}
