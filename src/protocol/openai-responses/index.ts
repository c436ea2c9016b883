/** @module OpenAI Responses: how callers ask in it, and what its answers say. */

export { openAiResponsesFormat } from './format.ts';
export { toReadableResponse, toReadableResponseEvent } from './readable.ts';
export { createOpenAiResponsesUsageReader, readOpenAiResponsesUsage } from './usage.ts';
