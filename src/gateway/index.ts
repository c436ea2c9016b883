/** @module HTTP in front of the system: callers' formats in, any provider's out. */

export { watchFiles } from './admin/config-reloader.ts';
export { createAdminApi } from './admin/index.ts';
export { Gateway, type GatewayPorts } from './create-gateway.ts';
export type { GatewayState } from './gateway-state.ts';
export type { Caller } from './keys/caller.ts';
export {
	createKey,
	type IssuedKey,
	type KeyRequest,
	omitSecretHash,
	parseLifetime,
	prepareKey,
	rotateKey,
} from './keys/index.ts';
export { ConfigReloader, type ReloadReport } from './reload/index.ts';
export { rejectOwnAddress } from './request/guard-request.ts';
export { type RunningGateway, serve } from './serve.ts';
