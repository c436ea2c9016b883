/** @module How many input tokens a request can be billed for. */
export { countBytes, type TextCount, type TextTokenCounter } from './count-input.ts';
export { createInputBound, getTokenRates, type InputBound, type InputBoundSource } from './input-bound.ts';
export type { TokenRates } from './token-rates.ts';
