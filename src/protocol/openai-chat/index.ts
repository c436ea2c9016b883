/** @module OpenAI Chat Completions: what its answers say. */
export { readOpenAiChatUsage } from './read-usage.ts';
