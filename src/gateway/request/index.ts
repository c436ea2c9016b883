/** @module What a request says before anybody answers it: host and origin, body, routing hints. */

export { createRequestGuard, handleCors, requireKeysBeyondLoopback } from './guard-request.ts';
export { omitBodyField, parseJsonBody } from './json-body.ts';
export { BodyMemoryLimiter, readBody } from './read-body.ts';
export { type HintedBody, parseHintedBody, type RoutingHints } from './routing-hints.ts';
export { sendJson } from './send-json.ts';
