/** The periods a report may cover; `week` is the last 7 days, `month` the calendar month so far. */
export const PERIOD_NAMES = ['today', 'week', 'month', 'all'] as const;
/** One of the periods. */
export type PeriodName = (typeof PERIOD_NAMES)[number];
