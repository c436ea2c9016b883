/** @module How many input tokens a request can be billed for. */
export { createInputBound, type InputBound, type InputBoundSource } from './input-bound.ts';
