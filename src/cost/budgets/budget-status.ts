import {
	type BudgetCheck,
	type BudgetConfig,
	type BudgetStatus,
	type NanoUsd,
	nanoToUsd,
	type RouterEvent,
	usdToNano,
} from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';
import type { BudgetPeriod } from './budget-calendar.ts';

/** Percent of a limit, cut (never rounded up) to two decimals: it is 100 only when the limit is reached. */
function toUsagePercent(spent: NanoUsd, limit: NanoUsd): number {
	return limit === 0 ? 100 : Math.floor((spent / limit) * 10_000) / 100;
}

/** True when a percentage of a limit is spent. */
function isThresholdReached(percent: number, spent: NanoUsd, limit: NanoUsd): boolean {
	return spent * 100 >= percent * limit;
}

/** Where spending of the day and the month in force stands against its limits, in USD. */
export function createBudgetStatus(
	budget: BudgetConfig,
	[day, month]: readonly [BudgetPeriod, BudgetPeriod],
	getSpent: (periodKey: string) => NanoUsd,
): BudgetStatus {
	const [dayLimit, monthLimit] = [usdToNano(budget.dailyLimit), usdToNano(budget.monthlyLimit)];
	const [dayNanoUsd, monthNanoUsd] = [getSpent(day.key), getSpent(month.key)];
	return {
		dailySpent: nanoToUsd(dayNanoUsd),
		dailyLimit: budget.dailyLimit,
		dailyRemaining: nanoToUsd(Math.max(0, dayLimit - dayNanoUsd)),
		dailyUsagePercent: toUsagePercent(dayNanoUsd, dayLimit),
		monthlySpent: nanoToUsd(monthNanoUsd),
		monthlyLimit: budget.monthlyLimit,
		monthlyRemaining: nanoToUsd(Math.max(0, monthLimit - monthNanoUsd)),
		monthlyUsagePercent: toUsagePercent(monthNanoUsd, monthLimit),
		exceeded: dayNanoUsd >= dayLimit || monthNanoUsd >= monthLimit,
		warning:
			isThresholdReached(budget.alerts.dailyWarning, dayNanoUsd, dayLimit) ||
			isThresholdReached(budget.alerts.monthlyWarning, monthNanoUsd, monthLimit),
		resets: { daily: new Date(day.endsAt), monthly: new Date(month.endsAt) },
	};
}

/** A period's spending beside the percentages that warn. */
export interface WatchedSpend {
	check: BudgetCheck;
	spentNanoUsd: NanoUsd;
	warnAt: readonly number[];
}

/** A warning: which threshold of which limit in which period was reached. */
interface BudgetAlert {
	/** The same for the same threshold, limit and period; a changed limit alerts anew. */
	id: string;
	event: Extract<RouterEvent, { type: 'budget-alert' }>;
}

/** The alerts a period's spending calls for, lowest threshold first: its warnings, and the limit itself. */
export function findAlerts({ check, spentNanoUsd, warnAt }: WatchedSpend): BudgetAlert[] {
	const { scope, period, periodKey, limitNanoUsd } = check;
	const thresholds = [...new Set([...warnAt, 100])].sort((a, b) => a - b);
	return thresholds
		.filter((percent) => isThresholdReached(percent, spentNanoUsd, limitNanoUsd))
		.map((thresholdPercent) => ({
			id: `${scope} ${periodKey} ${thresholdPercent} ${limitNanoUsd}`,
			event: {
				type: 'budget-alert',
				period,
				thresholdPercent,
				spentUsd: nanoToUsd(spentNanoUsd),
				limitUsd: nanoToUsd(limitNanoUsd),
				scope,
				periodKey,
			},
		}));
}

/** Alerts remembered; far more than the thresholds of the current periods. */
const MAX_EMITTED_ALERTS = 100;

/** Remembers which alerts were emitted, so that each threshold alerts once per period. */
export class EmittedAlerts {
	readonly #emitted = new BoundedMap<string, true>(MAX_EMITTED_ALERTS);

	/** The alerts not emitted before, which from now on count as emitted. */
	claimNew(watched: readonly WatchedSpend[]): BudgetAlert[] {
		const fresh = watched.flatMap(findAlerts).filter(({ id }) => !this.#emitted.has(id));
		for (const { id } of fresh) this.#emitted.set(id, true);
		return fresh;
	}
}
