/** @module Money: what was spent, what may be spent, and where it is spent for nothing. */

export * from './budgets/index.ts';
export { CostOptimizer, type CostOptimizerOptions, type RestoredSpend } from './cost-optimizer.ts';

export * from './reports/index.ts';
