/** @module Small tools without domain words. */
export * from './address-range.ts';
export * from './assert-never.ts';
export * from './bounded-cache.ts';
export * from './drop-oldest.ts';
export * from './follow-signal.ts';
export * from './http-address.ts';
export * from './judge-host.ts';
export * from './machine-clock.ts';
export * from './mask-secrets.ts';
export * from './math.ts';
export * from './nano-usd.ts';
export * from './nearest-name.ts';
export * from './stable-hash.ts';
export * from './uuid-source.ts';
