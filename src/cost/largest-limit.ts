/** Money is counted in nano-dollars; beyond this a sum is no longer exact. */
export const LARGEST_LIMIT_USD = 9_000_000;
