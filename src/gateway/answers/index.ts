/** @module Answers given again: to a request sent twice under its idempotency key, and from the cache. */

export { AnswerRecorder } from './answer-recorder.ts';
export { hashRequest, type RequestParts } from './hash-request.ts';
export {
	IDEMPOTENCY_HEADER,
	Idempotency,
	type IdempotencyOptions,
	type OnceAnswer,
	type OnceRequest,
} from './idempotency.ts';
export { CACHE_HEADER, ResponseCache } from './response-cache.ts';
