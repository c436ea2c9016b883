/** @module Replayed answers: of requests that are repeated with their idempotency key, and from the response cache. */
export { AnswerRecorder } from './answer-recorder.ts';
export { AnswerReplay, type HashedRequest, hashRequest } from './answer-replay.ts';
export { IDEMPOTENCY_HEADER, Idempotency, type IdempotentRequest, type IdempotentResult } from './idempotency.ts';
export { CACHE_HEADER, ResponseCache } from './response-cache.ts';
