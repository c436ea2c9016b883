/** @module Gemini generateContent: how callers speak it, and what its answers say. */

export { geminiFinishReasons } from './answer.ts';
export { createJsonArrayWriter } from './encode.ts';
export { geminiFormat } from './format.ts';
export { toReadableContent } from './readable.ts';
export { countGroundingSearches, createGeminiUsageReader, readGeminiUsage } from './usage.ts';
