/** @module OpenAI Responses: what its answers say. */
export { readOpenAiResponsesUsage } from './read-usage.ts';
