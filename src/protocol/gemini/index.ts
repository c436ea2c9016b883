/** @module Gemini generateContent: what its answers say. */

export { createGeminiUsageReader } from './read-stream-usage.ts';
export { groundingSearches, readGeminiUsage } from './read-usage.ts';
