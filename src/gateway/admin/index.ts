/** @module The admin API: status, budgets, costs, keys, decisions, feedback, configuration. */
export { type AdminApi, type AdminOptions, createAdminApi, type ManagedGateway } from './admin-api.ts';
