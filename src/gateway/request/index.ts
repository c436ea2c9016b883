/** @module What a request says before anybody answers it: host and origin, body, routing hints. */

export { BodyMemoryLimiter, joinChunks, omitBodyField, parseJsonBody, readBody } from './body.ts';
export { createRequestGuard, handleCors, requireKeysBeyondLoopback } from './guard-request.ts';
export { type HintedBody, parseHintedBody, type RoutingHints } from './routing-hints.ts';
export { sendJson } from './send-json.ts';
