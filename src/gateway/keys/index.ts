/** @module Virtual keys: made, recognised, and what each may do. */

export { createKey, type IssuedKey, type KeyRequest, prepareKey, publicKey, rotateKey } from './issue-key.ts';
export { mayUseModel, requireModel, requireScope } from './key-permissions.ts';
export { type CallerCredentials, KeyRing, type KeyRingOptions } from './key-ring.ts';
export { parseLifetime } from './parse-lifetime.ts';
export { readCallerToken } from './read-caller-token.ts';
