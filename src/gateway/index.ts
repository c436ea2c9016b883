/** @module HTTP in front of the system: callers' formats in, any provider's out. */

export {
	type ConfigManagement,
	ConfigReloader,
	type DashboardSession,
	type GatewayFleet,
	type ReloadReport,
	type SessionChange,
	watchFiles,
} from './admin/index.ts';
export { createGateway, type GatewayOptions } from './create-gateway.ts';
export { type Gateway, type GatewayState, getServedModels } from './gateway-state.ts';

export { createKey, type KeyRequest, parseLifetime, prepareKey, rotateKey } from './keys/index.ts';
export { type KeyAdmission, KeyLimiter, type LimitedKey } from './limits/index.ts';
export { isOwnAddress, rejectOwnAddress } from './request/guard-request.ts';
export { type RunningGateway, serve } from './serve.ts';
