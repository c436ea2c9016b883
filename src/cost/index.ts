/** @module Money: what was spent, what may be spent, and where it is spent for nothing. */

export * from './budgets/index.ts';
export {
	type BudgetKeys,
	CostOptimizer,
	type CostOptimizerOptions,
	DEFAULT_DAYS_TO_KEEP,
	type RestoredSpend,
} from './cost-optimizer.ts';
export { MAX_KEPT_ENTRIES } from './in-memory-ledger.ts';
export * from './reports/index.ts';
