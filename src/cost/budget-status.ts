import type { BudgetConfig, BudgetStatus, NanoUsd } from '../contracts/index.ts';
import { nanoToUsd, usdToNano } from '../util/index.ts';

/** What was spent in the day and month in force, and when they end (epoch ms). */
export interface SpendNow {
	dayNanoUsd: NanoUsd;
	monthNanoUsd: NanoUsd;
	dayEndsAt: number;
	monthEndsAt: number;
}

/** Percent of a limit, cut (never rounded up) to two decimals: 100 is said only when it is reached. */
export function usagePercent(spent: NanoUsd, limit: NanoUsd): number {
	return limit === 0 ? 100 : Math.floor((spent / limit) * 10_000) / 100;
}

/** True when a percentage of a limit is spent. */
export function isPassed(percent: number, spent: NanoUsd, limit: NanoUsd): boolean {
	return spent * 100 >= percent * limit;
}

/** Where spending stands against its limits, in USD. */
export function budgetStatus(budget: BudgetConfig, spend: SpendNow): BudgetStatus {
	const [dayLimit, monthLimit] = [usdToNano(budget.dailyLimit), usdToNano(budget.monthlyLimit)];
	const { dayNanoUsd, monthNanoUsd } = spend;
	return {
		dailySpent: nanoToUsd(dayNanoUsd),
		dailyLimit: budget.dailyLimit,
		dailyRemaining: nanoToUsd(Math.max(0, dayLimit - dayNanoUsd)),
		dailyUsagePercent: usagePercent(dayNanoUsd, dayLimit),
		monthlySpent: nanoToUsd(monthNanoUsd),
		monthlyLimit: budget.monthlyLimit,
		monthlyRemaining: nanoToUsd(Math.max(0, monthLimit - monthNanoUsd)),
		monthlyUsagePercent: usagePercent(monthNanoUsd, monthLimit),
		exceeded: dayNanoUsd >= dayLimit || monthNanoUsd >= monthLimit,
		warning:
			isPassed(budget.alerts.dailyWarning, dayNanoUsd, dayLimit) ||
			isPassed(budget.alerts.monthlyWarning, monthNanoUsd, monthLimit),
		resets: { daily: new Date(spend.dayEndsAt), monthly: new Date(spend.monthEndsAt) },
	};
}
