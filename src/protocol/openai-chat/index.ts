/** @module OpenAI Chat Completions: how callers ask in it, and what its answers say. */

export { openAiChatFormat } from './format.ts';
export { createOpenAiChatUsageReader } from './read-stream-usage.ts';
export { readOpenAiChatUsage } from './read-usage.ts';
