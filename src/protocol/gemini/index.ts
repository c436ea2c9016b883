/** @module Gemini generateContent: how callers speak it, and what its answers say. */

export { geminiFormat } from './format.ts';
export { createJsonArrayWriter } from './stream.ts';
export { countGroundingSearches, createGeminiUsageReader, readGeminiUsage } from './usage.ts';
