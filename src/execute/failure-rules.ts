import type { FailureAction, FailureKind } from '../contracts/index.ts';

/** What follows from each kind of failure. */
export const ACTION_BY_FAILURE: Readonly<Record<FailureKind, FailureAction>> = {
	'rate-limit': 'retry',
	'quota-exhausted': 'next-model',
	overloaded: 'retry',
	'server-error': 'retry',
	connection: 'retry',
	timeout: 'retry',
	'stream-interrupted': 'retry',
	unknown: 'retry',
	'context-too-long': 'next-larger-context',
	authentication: 'next-model',
	'invalid-request': 'give-up',
	'not-found': 'give-up',
	'content-policy': 'give-up',
	aborted: 'give-up',
};

/** HTTP statuses that mean one thing whatever the text says; other 4xx are invalid requests, other 5xx server errors. */
export const FAILURE_BY_STATUS: Readonly<Record<number, FailureKind>> = {
	401: 'authentication',
	402: 'quota-exhausted',
	403: 'authentication',
	404: 'not-found',
	408: 'timeout',
	409: 'server-error',
	410: 'not-found',
	425: 'server-error',
	429: 'rate-limit',
	503: 'overloaded',
	529: 'overloaded',
};

/** Types, codes and names that mean one thing even without a status. */
export const FAILURE_BY_WORD: Readonly<Record<string, FailureKind>> = {
	ROUTER_ATTEMPT_TIMEOUT: 'timeout',
	ROUTER_STREAM_INTERRUPTED: 'stream-interrupted',
	ROUTER_REQUEST_ABORTED: 'aborted',
	ROUTER_INVALID_INPUT: 'invalid-request',
	ROUTER_INVALID_CONFIG: 'invalid-request',
	ROUTER_UNKNOWN_MODEL: 'invalid-request',
	ROUTER_NO_ELIGIBLE_MODEL: 'invalid-request',
	ROUTER_BUDGET_EXCEEDED: 'invalid-request',
	ROUTER_STORAGE: 'invalid-request',
	AbortError: 'aborted',
	UND_ERR_ABORTED: 'aborted',
	APIUserAbortError: 'aborted',
	TimeoutError: 'timeout',
	APIConnectionTimeoutError: 'timeout',
	ETIMEDOUT: 'timeout',
	UND_ERR_HEADERS_TIMEOUT: 'timeout',
	UND_ERR_BODY_TIMEOUT: 'timeout',
	timeout_error: 'timeout',
	DEADLINE_EXCEEDED: 'timeout',
	ERR_STREAM_PREMATURE_CLOSE: 'stream-interrupted',
	ECONNREFUSED: 'connection',
	ECONNRESET: 'connection',
	ECONNABORTED: 'connection',
	EPIPE: 'connection',
	ENOTFOUND: 'connection',
	EAI_AGAIN: 'connection',
	ENETUNREACH: 'connection',
	EHOSTUNREACH: 'connection',
	UND_ERR_CONNECT_TIMEOUT: 'connection',
	UND_ERR_SOCKET: 'connection',
	UND_ERR_CLOSED: 'connection',
	CERT_HAS_EXPIRED: 'connection',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'connection',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'connection',
	ERR_TLS_CERT_ALTNAME_INVALID: 'connection',
	APIConnectionError: 'connection',
	insufficient_quota: 'quota-exhausted',
	billing_hard_limit_reached: 'quota-exhausted',
	billing_error: 'quota-exhausted',
	rate_limit_error: 'rate-limit',
	rate_limit_exceeded: 'rate-limit',
	RateLimitError: 'rate-limit',
	RESOURCE_EXHAUSTED: 'rate-limit',
	overloaded_error: 'overloaded',
	UNAVAILABLE: 'overloaded',
	api_error: 'server-error',
	server_error: 'server-error',
	INTERNAL: 'server-error',
	authentication_error: 'authentication',
	permission_error: 'authentication',
	invalid_api_key: 'authentication',
	API_KEY_INVALID: 'authentication',
	UNAUTHENTICATED: 'authentication',
	PERMISSION_DENIED: 'authentication',
	not_found_error: 'not-found',
	model_not_found: 'not-found',
	NOT_FOUND: 'not-found',
	request_too_large: 'invalid-request',
	invalid_request_error: 'invalid-request',
	INVALID_ARGUMENT: 'invalid-request',
	context_length_exceeded: 'context-too-long',
	content_filter: 'content-policy',
	content_policy_violation: 'content-policy',
	ResponsibleAIPolicyViolation: 'content-policy',
	PROHIBITED_CONTENT: 'content-policy',
	ContentFilterFinishReasonError: 'content-policy',
	moderation_blocked: 'content-policy',
	refusal: 'content-policy',
};

/** Failures that providers report under a general status and tell apart in a word or in the text only. */
export const FAILURE_REFINEMENTS: ReadonlyArray<{
	kind: FailureKind;
	/** Statuses it may come with; without a status it may always. */
	statuses: readonly number[];
	/** Text alone is not enough: the failure must come with one of the statuses. @default false */
	needsStatus?: boolean;
	text: RegExp;
}> = [
	{
		kind: 'context-too-long',
		statuses: [400, 413, 422],
		text: /context[_ ]length|maximum context|context (?:window|limit)|prompt is too long|input token count.{0,60}exceeds/i,
	},
	{
		kind: 'content-policy',
		statuses: [400, 403, 422],
		needsStatus: true,
		text: /content (?:management |filtering )?policy|content[_ ]filter|safety system|prohibited content|usage polic(?:y|ies)/i,
	},
	{
		kind: 'quota-exhausted',
		statuses: [400, 403, 429],
		text: /insufficient[_ ]quota|credit balance is too low|exceeded your current quota|billing hard limit/i,
	},
	{ kind: 'authentication', statuses: [400], text: /api key not valid|invalid api key|incorrect api key/i },
	{
		kind: 'rate-limit',
		statuses: [],
		text: /rate[ _-]?limit(?:ed\b|[ _-]?(?:exceeded|reached|hit|error))|exceeded .{0,30}rate limit|too many requests|\b(?:http|status(?: code)?)[ :=]{1,3}429\b/i,
	},
	{ kind: 'overloaded', statuses: [], text: /\boverloaded\b|service unavailable/i },
	{ kind: 'timeout', statuses: [], text: /\btimed[ -]out\b/i },
	{ kind: 'connection', statuses: [], text: /\bfetch failed\b|socket hang up|network error|^connection error\.?$/im },
	// The SDKs' class names are lost where an application is minified; their sentences are not.
	{ kind: 'aborted', statuses: [], text: /^request was aborted\.?$/im },
	{ kind: 'stream-interrupted', statuses: [], text: /\bpremature close\b|^terminated$|stream ended unexpectedly/im },
];
