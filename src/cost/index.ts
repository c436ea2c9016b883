/** @module Money: what was spent, what may be spent, and where it is spent for nothing. */

export { type BudgetCalendar, type BudgetPeriod, createBudgetCalendar } from './budgets/budget-calendar.ts';
export { DEFAULT_BUDGET_CONFIG, validateBudget } from './budgets/budget-config.ts';
export { type BudgetSubject, createRuleCheck, formatScope, type RequestLimit } from './budgets/budget-rules.ts';
export { type BudgetAlert, findAlerts, type WatchedSpend } from './budgets/budget-status.ts';
export {
	createPeriodLimitError,
	DEFAULT_MIN_OUTPUT_TOKENS,
	DEFAULT_RESERVATION_LIFETIME_MS,
	type LimitBalance,
	type PlannedReservation,
	planReservation,
	type ReservationRequest,
} from './budgets/plan-reservation.ts';
export {
	type BudgetKeys,
	CostOptimizer,
	type CostOptimizerOptions,
	DEFAULT_DAYS_TO_KEEP,
	type RestoredSpend,
} from './cost-optimizer.ts';
export { MAX_KEPT_ENTRIES } from './in-memory-ledger.ts';
export { parseUsageExport } from './reconcile/parse-usage-export.ts';
export {
	applyReconciliation,
	planReconciliation,
	type ReconcilePlan,
	type ReconcilePlanInput,
} from './reconcile/plan-reconciliation.ts';
export {
	DEFAULT_RECONCILE_TOLERANCE,
	type ReconcileInput,
	type ReconcileOptions,
	reconcile,
} from './reconcile/reconcile.ts';
export type { ReconcileDifference, ReconcileReport } from './reconcile/reconcile-report.ts';
export type { UsageExport, UsageExportRow } from './reconcile/usage-export.ts';
export { buildCostReport, type CostReportInput, projectSpend, type SpendSummary } from './reports/cost-report.ts';
export { estimateSavings, type SavingsInput } from './reports/estimate-savings.ts';
export { exportEntries } from './reports/export-entries.ts';
export { type ForecastCostsInput, forecastCosts, MIN_FORECAST_HISTORY } from './reports/forecast-costs.ts';
