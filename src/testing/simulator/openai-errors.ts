import type { RateLimitState } from './rate-limiter.ts';

const ERROR_TYPES: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'insufficient_quota',
	403: 'permission_error',
	429: 'rate_limit_error',
};

const CODES_BY_KIND: Readonly<Record<string, string>> = {
	'context-too-long': 'context_length_exceeded',
	'content-policy': 'content_policy_violation',
	quota: 'insufficient_quota',
	forgery: 'invalid_encrypted_content',
	prefill: 'invalid_prefill',
};

const CODES_BY_STATUS: Readonly<Record<number, string>> = {
	401: 'invalid_api_key',
	404: 'model_not_found',
	429: 'rate_limit_exceeded',
};

/** The body of an error as OpenAI writes it. */
export function openAiError(status: number, kind: string, message: string): Record<string, unknown> {
	return {
		error: {
			message,
			type: ERROR_TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
			param: null,
			code: CODES_BY_KIND[kind] ?? CODES_BY_STATUS[status] ?? null,
		},
	};
}

function duration(milliseconds: number): string {
	if (milliseconds < 1000) return `${Math.max(0, Math.ceil(milliseconds))}ms`;
	const seconds = Math.ceil(milliseconds / 1000);
	return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** Limits as OpenAI tells them. */
export function openAiLimitHeaders(state: RateLimitState, now: number): Record<string, string> {
	const of = (what: string, { limit, remaining }: { limit: number; remaining: number }) => ({
		[`x-ratelimit-limit-${what}`]: String(limit),
		[`x-ratelimit-remaining-${what}`]: String(remaining),
		[`x-ratelimit-reset-${what}`]: duration(state.resetAt - now),
	});
	return { ...of('requests', state.requests), ...(state.tokens === null ? {} : of('tokens', state.tokens)) };
}
