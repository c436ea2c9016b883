/** Every code this package throws; `docs/reference/errors.md` has a heading for each. */
export const ERROR_CODES = [
	'ROUTER_INVALID_CONFIG',
	'ROUTER_INVALID_INPUT',
	'ROUTER_UNKNOWN_MODEL',
	'ROUTER_NO_ELIGIBLE_MODEL',
	'ROUTER_BUDGET_EXCEEDED',
	'ROUTER_PROVIDER_CALL',
	'ROUTER_ATTEMPT_TIMEOUT',
	'ROUTER_REQUEST_ABORTED',
	'ROUTER_ALL_MODELS_FAILED',
	'ROUTER_STORAGE',
] as const;
/** One of the codes this package throws. */
export type ErrorCode = (typeof ERROR_CODES)[number];
