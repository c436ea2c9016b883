/** @module Money: what was spent, what may be spent, and where it is spent for nothing. */

export { type BudgetAlert, findAlerts, type WatchedSpend } from './budget-alerts.ts';
export { type BudgetCalendar, type BudgetPeriod, createBudgetCalendar } from './budget-period.ts';
export { type BudgetFunds, periodRefusal } from './budget-refusal.ts';
export { type BudgetSubject, type RequestLimit, ruleCheck, scopeName } from './budget-rules.ts';
export {
	type AdoptedSpend,
	type BudgetKeys,
	CostOptimizer,
	type CostOptimizerOptions,
	DEFAULT_DAYS_TO_KEEP,
} from './cost-optimizer.ts';
export { buildCostReport, type CostReportInput } from './cost-report.ts';
export { DEFAULT_BUDGET_CONFIG } from './default-budget.ts';
export { estimateSavings, type SavingsInput } from './estimate-savings.ts';
export { exportEntries } from './export-records.ts';
export { type ForecastCostsInput, forecastCosts, MIN_FORECAST_HISTORY } from './forecast-costs.ts';
export { forecastSpend } from './forecast-spend.ts';
export { readUsageExport } from './read-usage-export.ts';
export type { UsageExport, UsageExportRow } from './read-usage-export-row.ts';
export {
	DEFAULT_RECONCILE_TOLERANCE,
	type ReconcileInput,
	type ReconcileOptions,
	reconcile,
} from './reconcile-ledger.ts';
export {
	applyReconciliation,
	planReconciliation,
	type ReconcilePlan,
	type ReconcilePlanInput,
} from './reconcile-plan.ts';
export type { ReconcileDifference, ReconcileReport } from './reconcile-report.ts';
export {
	DEFAULT_MIN_OUTPUT_TOKENS,
	DEFAULT_RESERVATION_LIFETIME_MS,
	type PlannedReservation,
	planReservation,
	type ReservationRequest,
} from './reserve-budget.ts';
export { MAX_KEPT_ENTRIES } from './spend-book.ts';
export type { SpendSummary } from './spend-summary.ts';
export { validateBudget } from './validate-budget.ts';
