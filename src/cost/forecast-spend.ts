import type { CostReport } from '../contracts/index.ts';

const DAY_MS = 24 * 3_600_000;
/** Days of the month a projection is for. */
export const PROJECTED_DAYS = 30;

/** What a projection is made from; instants in epoch ms, money in USD. */
export interface ForecastInput {
	totalCost: number;
	start: number;
	end: number;
	/** The first charge in the period, `null` when there is none. */
	firstChargeAt: number | null;
	now: number;
}

/**
 * Straight-line projection: the average day so far, times 7 and times 30. Days count from the first charge (or the
 * period's start, if later) to now (or the period's end, if earlier), at least one: an empty future or an empty past
 * before the first charge does not make spending look small.
 */
export function forecastSpend({ totalCost, start, end, firstChargeAt, now }: ForecastInput): CostReport['trends'] {
	const from = Math.max(start, firstChargeAt ?? start);
	const days = Math.max(1, (Math.min(end, now) - from) / DAY_MS);
	const dailyAverage = totalCost / days;
	return { dailyAverage, weeklyAverage: dailyAverage * 7, projectedMonthly: dailyAverage * PROJECTED_DAYS };
}
