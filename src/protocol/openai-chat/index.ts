/** @module OpenAI Chat Completions: what its answers say. */

export { createOpenAiChatUsageReader } from './read-stream-usage.ts';
export { readOpenAiChatUsage } from './read-usage.ts';
