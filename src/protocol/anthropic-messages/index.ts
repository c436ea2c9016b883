/** @module Anthropic Messages: what its answers say. */
export { readAnthropicUsage } from './read-usage.ts';
