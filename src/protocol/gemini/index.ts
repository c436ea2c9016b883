/** @module Gemini generateContent: how callers speak it, and what its answers say. */

export { geminiFormat } from './format.ts';
export { createJsonArrayWriter, type JsonArrayWriter } from './json-array.ts';
export { createGeminiUsageReader } from './read-stream-usage.ts';
export { groundingSearches, readGeminiUsage } from './read-usage.ts';
