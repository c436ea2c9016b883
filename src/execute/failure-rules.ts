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
	'not-found': 'next-model',
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

/** Types, codes and names that mean one thing even without a status, space-separated. */
const WORDS_OF_FAILURE: Readonly<Partial<Record<FailureKind, string>>> = {
	timeout:
		'ROUTER_ATTEMPT_TIMEOUT TimeoutError APIConnectionTimeoutError ETIMEDOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT timeout_error DEADLINE_EXCEEDED',
	'stream-interrupted': 'ROUTER_STREAM_INTERRUPTED ERR_STREAM_PREMATURE_CLOSE',
	aborted: 'ROUTER_REQUEST_ABORTED AbortError UND_ERR_ABORTED APIUserAbortError',
	'invalid-request':
		'ROUTER_INVALID_INPUT ROUTER_INVALID_CONFIG ROUTER_UNKNOWN_MODEL ROUTER_NO_ELIGIBLE_MODEL ROUTER_BUDGET_EXCEEDED ROUTER_STORAGE request_too_large invalid_request_error INVALID_ARGUMENT',
	connection:
		'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTFOUND EAI_AGAIN ENETUNREACH EHOSTUNREACH UND_ERR_CONNECT_TIMEOUT UND_ERR_SOCKET UND_ERR_CLOSED PROXY_REFUSED CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_TLS_CERT_ALTNAME_INVALID APIConnectionError',
	'quota-exhausted': 'insufficient_quota billing_hard_limit_reached billing_error',
	'rate-limit': 'rate_limit_error rate_limit_exceeded RateLimitError RESOURCE_EXHAUSTED',
	overloaded: 'overloaded_error UNAVAILABLE',
	'server-error': 'api_error server_error INTERNAL',
	authentication:
		'authentication_error permission_error invalid_api_key API_KEY_INVALID UNAUTHENTICATED PERMISSION_DENIED',
	'not-found': 'not_found_error model_not_found NOT_FOUND',
	'context-too-long': 'context_length_exceeded',
	'content-policy':
		'content_filter content_policy_violation ResponsibleAIPolicyViolation PROHIBITED_CONTENT ContentFilterFinishReasonError moderation_blocked refusal',
};

/** The kind of failure that a type, code or name means. */
export const FAILURE_BY_WORD: ReadonlyMap<string, FailureKind> = new Map(
	// the keys of the object above
	(Object.entries(WORDS_OF_FAILURE) as [FailureKind, string][]).flatMap(([kind, words]) =>
		words.split(' ').map((word) => [word, kind] as const),
	),
);

/** How providers say that a request is too long for its model. */
const TOO_LONG = new RegExp(
	[
		// OpenAI, vLLM, SGLang, Groq, DeepSeek, Azure, OpenRouter, llama.cpp
		'context[_ ]length|maximum context|context (?:window|limit)|available context size|maximum model length',
		// Anthropic, Bedrock, Z.ai
		'prompt is too long|input is too long|prompt exceeds max length',
		// Google, GitHub
		'input token count.{0,60}(?:exceeds|only supports)|prompt token count.{0,40}exceeds',
		// xAI, Cohere, Moonshot, Text Generation Inference, Qwen
		'maximum prompt length|tokens in the prompt cannot exceed|model token limit|max_new_tokens\\W{1,3}must be <=|range of input length',
	].join('|'),
	'i',
);

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
		text: TOO_LONG,
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
	{
		// Not the model: what the request refers to, which no other model has either.
		kind: 'invalid-request',
		statuses: [404, 410],
		needsStatus: true,
		text: /\b(?:item|response|conversation|file|container|prompt|vector store)s? (?:with (?:the )?id\b|\S{1,80} (?:was )?not found)/i,
	},
	{
		// Retired, renamed or never there: several providers say so under a 400.
		kind: 'not-found',
		statuses: [400, 422],
		needsStatus: true,
		text: /\bmodel\b.{0,120}\b(?:not (?:found|exist)|not be found|no longer (?:supported|available)|retired|decommissioned)\b|\bmodel\b(?:(?!\b(?:parameter|field|argument|option|setting)s?\b).){0,120}\bdeprecated\b|\bnot a valid model\b|\b(?:invalid|unknown|no such) model\b(?! (?:param|option|setting))/i,
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
