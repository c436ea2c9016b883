/** @module OpenAI Chat Completions: how callers ask in it, and what its answers say. */

export { openAiChatFinishReasons } from './answer.ts';
export { openAiChatFormat } from './format.ts';
export { ChatEventReader, toReadableCompletion } from './readable.ts';
export { createOpenAiChatUsageReader, readOpenAiChatUsage } from './usage.ts';
