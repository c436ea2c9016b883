/** @module The admin API: status, budgets, costs, keys, decisions, feedback, configuration. */
export type { AdminApi } from './admin-api.ts';
export type { AdminPorts, ManagedGateway } from './admin-ports.ts';
export { createAdminApi } from './create-admin-api.ts';
