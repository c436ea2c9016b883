/** @module Real tokenizers, loaded when a text is first counted. */
export { createTextTokenCounter } from './create-text-token-counter.ts';
