/** @module What callers are told of failures. */

export { STATUS_BY_CODE, toClientError } from './client-error.ts';
export * from './send-error.ts';
export { detectFormat, explainUnknownRoute } from './unknown-route.ts';
