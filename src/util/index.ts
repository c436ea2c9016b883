/** @module Small tools without domain words. */

export * from './bounded-map.ts';
export * from './http-address.ts';
export * from './json-pieces.ts';
export * from './json-shape.ts';
export * from './json-text.ts';
export * from './nearest-name.ts';
export * from './redact-secrets.ts';
export * from './seeded-random.ts';
export * from './time.ts';
export * from './value-checks.ts';
export * from './version.ts';
export * from './visible-text.ts';
