/** @module What a request says before anybody answers it: host and origin, body, routing hints. */

export { BodyMemoryLimiter, joinChunks, readBody } from './body.ts';
export { giveWay } from './give-way.ts';
export { createRequestGuard, handleCors, requireKeysBeyondLoopback } from './guard-request.ts';
export { omitBodyField, parseJsonBody } from './parse-body.ts';
export { type HintedBody, parseHintedBody, type RoutingHints } from './routing-hints.ts';
export { sendJson } from './send-json.ts';
