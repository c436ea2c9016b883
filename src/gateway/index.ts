/** @module HTTP in front of the system: callers' formats in, any provider's out. */
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
export type { Runtime } from './runtime.ts';
export { type RunningGateway, serveGateway } from './serve.ts';
export type { UpstreamLimits } from './upstream-limits.ts';
export { watchFile } from './watch-config.ts';
