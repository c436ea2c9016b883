/** @module Virtual keys: issue, authenticate, and what each may do. */

export { createKey, type KeyRequest, parseLifetime, prepareKey, rotateKey } from './issue-key.ts';
export { type Caller, canUseModel, KeyRing, readCallerToken, requireModelAccess, requireScope } from './key-ring.ts';
