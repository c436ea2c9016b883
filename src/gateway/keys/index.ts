/** @module Virtual keys: issue, authenticate, and what each may do. */

export { type Caller, canUseModel, requireModelAccess, requireScope } from './caller.ts';
export { createKey, type KeyRequest, omitSecretHash, parseLifetime, prepareKey, rotateKey } from './issue-key.ts';
export { KeyRing, readCallerToken } from './key-ring.ts';
