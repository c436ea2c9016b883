/** @module OpenAI Responses: how callers ask in it, and what its answers say. */

export { incompleteReasons } from './encode.ts';
export { openAiResponsesFormat } from './format.ts';
export { ResponseEventReader, toReadableResponse } from './readable.ts';
export { createOpenAiResponsesUsageReader, readOpenAiResponsesUsage } from './usage.ts';
