/** @module HTTP in front of the system: callers' formats in, any provider's out. */
export { createAdminApi } from './admin/index.ts';
export type { Caller } from './caller.ts';
export { Gateway, type GatewayPorts } from './gateway.ts';
export {
	createKey,
	type IssuedKey,
	type KeyRequest,
	parseLifetime,
	prepareKey,
	publicKey,
	rotateKey,
} from './keys/index.ts';
export { type ReloadReport, RuntimeSwitch } from './reload/index.ts';
export { requireOtherAddress } from './require-other-address.ts';
export type { Runtime } from './runtime.ts';
export { type RunningGateway, serveGateway } from './serve.ts';
export { watchFiles } from './watch-config.ts';
