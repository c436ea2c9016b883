/** @module OpenAI Responses: what its answers say. */

export { createOpenAiResponsesUsageReader } from './read-stream-usage.ts';
export { readOpenAiResponsesUsage } from './read-usage.ts';
