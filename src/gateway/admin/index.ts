/** @module For whoever runs the gateway: the admin API, metrics, reloading the configuration. */

export { type AdminApi, createAdminApi } from './admin-api.ts';
export type { ConfigManagement } from './admin-route.ts';
export { ConfigReloader, type ReloadReport, watchFiles } from './config-reloader.ts';
export {
	Dashboard,
	type DashboardSession,
	LiveUpdates,
	requireReading,
	type SessionChange,
} from './dashboard/index.ts';
export { describeDecision } from './describe-decision.ts';
export type { GatewayFleet } from './gateway-fleet.ts';
export { GatewayGauges } from './gateway-gauges.ts';
export { GatewayMetrics } from './gateway-metrics.ts';
export { formatForScraper } from './prometheus-text.ts';
