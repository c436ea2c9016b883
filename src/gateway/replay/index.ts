/** @module Answers given again: to a request sent twice under its idempotency key, and from the cache. */

export { AnswerRecorder } from './answer-recorder.ts';
export {
	IDEMPOTENCY_HEADER,
	Idempotency,
	type IdempotencyOptions,
	type IdempotentRequest,
	type IdempotentResult,
} from './idempotency.ts';
export { type HashedRequest, hashRequest } from './replay-or-run.ts';
export { CACHE_HEADER, ResponseCache } from './response-cache.ts';
