/** @module Virtual keys: issue, authenticate, and what each may do. */

export { type Caller, canUseModel, createAttribution, requireModelAccess, requireScope } from './caller.ts';
export {
	createKey,
	type IssuedKey,
	type KeyRequest,
	omitSecretHash,
	parseLifetime,
	prepareKey,
	rotateKey,
} from './issue-key.ts';
export { type CallerCredentials, KeyRing, type KeyRingOptions } from './key-ring.ts';
export { readCallerToken } from './key-token.ts';
