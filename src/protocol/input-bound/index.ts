/** @module How many input tokens a request can be billed for. */
export type { TextCount, TextTokenCounter } from './count-input.ts';
export { createInputBound, type InputBound, type InputBoundSource } from './input-bound.ts';
