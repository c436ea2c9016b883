/** @module The admin API and the metrics: budgets, keys, decisions, costs, feedback, configuration. */
export type { AdminApi } from './admin-api.ts';
