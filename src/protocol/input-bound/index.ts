/** @module How many input tokens a request can be billed for. */
export {
	countBytes,
	createInputBound,
	getTokenRates,
	type InputBound,
	type InputBoundSource,
	type TextCount,
	type TextTokenCounter,
} from './input-bound.ts';
export type { TokenRates } from './token-rates.ts';
