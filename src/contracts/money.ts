/** An amount of money in nano-dollars (1e-9 USD); always a safe integer, so up to about $9 million. */
export type NanoUsd = number;

/**
 * A rate in pico-dollars (1e-12 USD) per token; an integer.
 * The same number reads as micro-dollars per million tokens: $3 per million tokens is 3_000_000.
 */
export type PicoUsdPerToken = number;
