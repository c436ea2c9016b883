/** @module Reconciliation of the ledger with a provider's usage and cost exports; loaded by its command only. */

export { parseUsageExport } from './parse-usage-export.ts';
export { applyReconciliation, planReconciliation, type ReconcilePlan } from './plan-reconciliation.ts';
export { reconcile } from './reconcile.ts';
export type { ReconcileDifference, ReconcileReport } from './reconcile-report.ts';
export type { UsageExport } from './usage-export.ts';
