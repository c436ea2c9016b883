/** @module Real tokenizers, loaded when a text is first counted. */
export { createTextTokenCounter } from './text-token-counter.ts';
