/** @module Budgets: periods and limits, where spending stands against them, and the money reserved for an attempt. */

export {
	type BudgetCalendar,
	type BudgetPeriod,
	createBudgetCalendar,
	REPORT_PERIODS,
	type ReportPeriodName,
} from './budget-calendar.ts';
export {
	checkTimeZone,
	DEFAULT_BUDGET_CONFIG,
	findBudgetIssues,
	findRuleIssues,
	findUnknownRuleModels,
	MAX_BUDGET_RULES,
	MAX_RULE_WARNINGS,
} from './budget-config.ts';
export { type BudgetSubject, createRuleCheck, formatScope, type RequestLimit } from './budget-rules.ts';
export { findAlerts } from './budget-status.ts';
export {
	createPeriodLimitError,
	type LimitBalance,
	type PlannedReservation,
	planReservation,
} from './plan-reservation.ts';
