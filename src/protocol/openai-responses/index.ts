/** @module OpenAI Responses: how callers ask in it, and what its answers say. */

export { openAiResponsesFormat } from './format.ts';
export { createOpenAiResponsesUsageReader } from './read-stream-usage.ts';
export { readOpenAiResponsesUsage } from './read-usage.ts';
