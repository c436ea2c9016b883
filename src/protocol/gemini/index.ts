/** @module Gemini generateContent: what its answers say. */
export { readGeminiUsage } from './read-usage.ts';
