/** @module What a request says before anybody answers it: host and origin, body, routing hints. */

export {
	BodyMemoryLimiter,
	createBodyMemoryError,
	giveWay,
	joinChunks,
	type ReserveBytes,
	readBody,
	useInSlices,
} from './body.ts';
export {
	createRequestGuard,
	handleCors,
	requireKeysBeyondLoopback,
	requireLoopbackForLogins,
} from './guard-request.ts';
export { type BodyLimits, checkArguments, KnownParts, omitBodyField, parseJsonBody } from './parse-body.ts';
export { type HintedBody, parseHintedBody, RequestIds, type RoutingHints, readApp } from './routing-hints.ts';
export { sendJson } from './send-json.ts';
export { type RequestTrace, TRACING_REGISTRY, Tracing } from './tracing.ts';
