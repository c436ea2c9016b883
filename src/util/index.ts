/** @module Small tools without domain words. */

export * from './assert-never.ts';
export * from './bounded-map.ts';
export * from './follow-signal.ts';
export * from './host-address.ts';
export * from './json.ts';
export * from './local-time.ts';
export * from './math.ts';
export * from './nearest-name.ts';
export * from './redact-secrets.ts';
export * from './stable-hash.ts';
export * from './time.ts';
export * from './uuid-source.ts';
export * from './value-checks.ts';
