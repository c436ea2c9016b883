import Anthropic from '@anthropic-ai/sdk';
import { ApiError } from '@google/genai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { AttemptTimeoutError, InvalidInputError, ProviderCallError, RequestAbortedError } from '../errors/index.ts';
import { type ClassifiedFailure, classifyFailure } from './classify-failure.ts';

const now = Date.UTC(2026, 10, 24, 12);
const classify = (error: unknown): ClassifiedFailure => classifyFailure(error, { now });
const openai = (status: number, error: object, headers: Record<string, string> = {}) =>
	OpenAI.APIError.generate(status, { error }, undefined, new Headers(headers));
const anthropic = (status: number, type: string, message: string, headers: Record<string, string> = {}) =>
	Anthropic.APIError.generate(status, { type: 'error', error: { type, message } }, undefined, new Headers(headers));
const google = (status: number, code: string, message: string, details: object[] = []) =>
	new ApiError({ status, message: JSON.stringify({ error: { code: status, message, status: code, details } }) });
const provider = (status: number | null, errorType: string | null = null, retryAfterMs: number | null = null) =>
	new ProviderCallError('The call failed', {
		provider: 'anthropic',
		model: 'opus',
		status,
		errorType,
		retryAfterMs,
		requestId: null,
	});
const coded = (code: string, message = 'connection failed') => Object.assign(new Error(message), { code });

describe('each failure leads to what helps: retry, next model, larger window, or an end', () => {
	const rows: Array<[what: string, error: unknown, kind: string, action: string]> = [
		['429 OpenAI', openai(429, { message: 'Rate limit reached', code: 'rate_limit_exceeded' }), 'rate-limit', 'retry'],
		['429 Anthropic', anthropic(429, 'rate_limit_error', 'Too many tokens'), 'rate-limit', 'retry'],
		['429 Google', google(429, 'RESOURCE_EXHAUSTED', 'Resource exhausted'), 'rate-limit', 'retry'],
		['429 own', provider(429), 'rate-limit', 'retry'],
		['429 quota', openai(429, { message: 'x', code: 'insufficient_quota' }), 'quota-exhausted', 'next-model'],
		['402', provider(402), 'quota-exhausted', 'next-model'],
		[
			'400 without credit',
			anthropic(400, 'invalid_request_error', 'Your credit balance is too low to access the API'),
			'quota-exhausted',
			'next-model',
		],
		['529', anthropic(529, 'overloaded_error', 'Overloaded'), 'overloaded', 'retry'],
		['503', google(503, 'UNAVAILABLE', 'The model is overloaded'), 'overloaded', 'retry'],
		['500', openai(500, { message: 'The server had an error' }), 'server-error', 'retry'],
		['502', provider(502), 'server-error', 'retry'],
		['504', google(504, 'DEADLINE_EXCEEDED', 'too slow'), 'server-error', 'retry'],
		['408', provider(408), 'timeout', 'retry'],
		['connection refused', new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }), 'connection', 'retry'],
		['connection reset', coded('ECONNRESET'), 'connection', 'retry'],
		['socket closed', new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }), 'connection', 'retry'],
		['several addresses', new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), 'connection', 'retry'],
		['OpenAI connection', new OpenAI.APIConnectionError({ message: 'Connection error.' }), 'connection', 'retry'],
		['no headers in time', coded('UND_ERR_HEADERS_TIMEOUT'), 'timeout', 'retry'],
		['OpenAI timeout', new OpenAI.APIConnectionTimeoutError(), 'timeout', 'retry'],
		['Anthropic timeout', new Anthropic.APIConnectionTimeoutError(), 'timeout', 'retry'],
		['TimeoutError', new DOMException('too long', 'TimeoutError'), 'timeout', 'retry'],
		['own timeout', new AttemptTimeoutError('opus', 5), 'timeout', 'retry'],
		['broken stream', coded('ERR_STREAM_PREMATURE_CLOSE', 'Premature close'), 'stream-interrupted', 'retry'],
		[
			'overload inside a stream',
			new Anthropic.APIError(
				undefined,
				{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
				undefined,
				undefined,
			),
			'overloaded',
			'retry',
		],
		[
			'too long for OpenAI',
			openai(400, { message: "This model's maximum context length is 8192 tokens", code: 'context_length_exceeded' }),
			'context-too-long',
			'next-larger-context',
		],
		[
			'too long for Anthropic',
			anthropic(400, 'invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'),
			'context-too-long',
			'next-larger-context',
		],
		[
			'too long for Google',
			google(400, 'INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed'),
			'context-too-long',
			'next-larger-context',
		],
		...[
			'Unable to submit request because the input token count is 40000 but model only supports up to 32768.',
			"This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
			'request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it',
			'Input is too long for requested model.',
			'too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 130000.',
			'`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 100 `max_new_tokens`',
			'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
			'Range of input length should be [1, 129024]',
			'Invalid request: Your request exceeded model token limit: 8192',
			'Prompt exceeds max length',
			'prompt token count of 140000 exceeds the limit of 128000',
		].map((message): [string, unknown, string, string] => [
			message,
			openai(400, { message }),
			'context-too-long',
			'next-larger-context',
		]),
		['400', anthropic(400, 'invalid_request_error', 'max_tokens: required'), 'invalid-request', 'give-up'],
		['413', anthropic(413, 'request_too_large', 'Request exceeds the maximum size'), 'invalid-request', 'give-up'],
		['422', provider(422), 'invalid-request', 'give-up'],
		['404', openai(404, { message: 'The model does not exist', code: 'model_not_found' }), 'not-found', 'next-model'],
		[
			'a model that is retired, as Groq says it',
			openai(400, { message: 'The model `mixtral-8x7b` has been decommissioned', code: 'model_decommissioned' }),
			'not-found',
			'next-model',
		],
		[
			'a model that a proxy does not know',
			openai(400, { message: 'opus-9 is not a valid model ID' }),
			'not-found',
			'next-model',
		],
		[
			'a parameter that a model does not take',
			openai(400, { message: "Unsupported parameter: 'max_tokens' is not supported with this model." }),
			'invalid-request',
			'give-up',
		],
		[
			'an item that the provider does not hold',
			openai(404, { message: "Item with id 'rs_1' not found." }),
			'invalid-request',
			'give-up',
		],
		['401', anthropic(401, 'authentication_error', 'invalid x-api-key'), 'authentication', 'next-model'],
		['403', anthropic(403, 'permission_error', 'no access'), 'authentication', 'next-model'],
		[
			'400 with a wrong key (Google)',
			google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
			'authentication',
			'next-model',
		],
		['refused content', openai(400, { message: 'x', code: 'content_policy_violation' }), 'content-policy', 'give-up'],
		[
			'filtered output',
			anthropic(400, 'invalid_request_error', 'Output blocked by content filtering policy'),
			'content-policy',
			'give-up',
		],
		['refusal', provider(null, 'refusal'), 'content-policy', 'give-up'],
		['AbortError', new DOMException('gone', 'AbortError'), 'aborted', 'give-up'],
		['OpenAI abort', new OpenAI.APIUserAbortError(), 'aborted', 'give-up'],
		['own abort', new RequestAbortedError('gone'), 'aborted', 'give-up'],
		['a mistake in the call', new InvalidInputError('empty'), 'invalid-request', 'give-up'],
		['anything else', new Error('boom'), 'unknown', 'retry'],
	];
	it.each(rows)('%s', (_what, error, kind, action) => {
		expect(classify(error)).toMatchObject({ kind, action });
	});
});

describe('a failure is recognised wherever its provider, SDK or proxy writes it', () => {
	class RateLimitError extends Error {}
	const named = (name: string, cause?: unknown) => Object.assign(new Error('x', { cause }), { name });
	const quotaText = 'You exceeded your current quota, check your plan and billing.';
	const rows: Array<[what: string, error: unknown, kind: string, action?: string]> = [
		['by name', { name: 'TimeoutError' }, 'timeout'],
		['by code', { code: 'ECONNRESET' }, 'connection'],
		['by type', { type: 'overloaded_error' }, 'overloaded'],
		['by status in words', { status: 'RESOURCE_EXHAUSTED' }, 'rate-limit'],
		['by error type', { errorType: 'refusal' }, 'content-policy'],
		['by reason', { reason: 'API_KEY_INVALID' }, 'authentication'],
		['by the class of an SDK that leaves the name at Error', new RateLimitError('x'), 'rate-limit'],
		['in the details', { details: { errorType: 'not_found_error' } }, 'not-found'],
		['in the error body', { error: { type: 'authentication_error' } }, 'authentication'],
		['in the cause', new Error('x', { cause: { code: 'EPIPE' } }), 'connection'],
		['in a text that was thrown', 'socket hang up', 'connection'],
		['in a line of its own of a cause', new Error('x', { cause: new Error('terminated') }), 'stream-interrupted'],
		['request aborted, said by a minified SDK', new Error('Request was aborted.'), 'aborted'],
		['by status code', { statusCode: 404 }, 'not-found'],
		['by the status of its response', { response: { status: 404, headers: null } }, 'not-found'],
		['by a numeric code', { code: 503 }, 'overloaded'],
		['the lowest status that is one', { status: 300 }, 'unknown'],
		['the highest status that is one', { status: 599 }, 'server-error'],
		['no status: above all', { status: 600 }, 'unknown'],
		['no status: a text', { status: '404' }, 'unknown'],
		['the sharper of two words', { code: 'rate_limit_exceeded', type: 'insufficient_quota' }, 'quota-exhausted'],
		['an abort, whatever status is below it', named('AbortError', { status: 500 }), 'aborted'],
		['our own timeout, whatever status is below it', named('ROUTER_ATTEMPT_TIMEOUT', { status: 401 }), 'timeout'],
		['a policy that is only talked of', new Error('see our usage policies'), 'unknown'],
		['a policy that a 403 names', { status: 403, message: 'against our usage policies' }, 'content-policy'],
		['quota by text', { status: 429, message: quotaText }, 'quota-exhausted'],
		[
			'quota that a 403 names, with a time',
			{ status: 403, message: quotaText, headers: { 'retry-after': '9' } },
			'quota-exhausted',
		],
		[
			'quota by word and text, with a time',
			{ status: 429, code: 'insufficient_quota', message: quotaText, headers: { 'retry-after': '9' } },
			'quota-exhausted',
		],
		['an overload under a general status', { status: 400, type: 'overloaded_error' }, 'overloaded'],
		[
			'a window under a 413',
			{ status: 413, message: 'over the context limit' },
			'context-too-long',
			'next-larger-context',
		],
		['a window without a status', new Error('maximum context exceeded'), 'context-too-long', 'next-larger-context'],
		['billing under a 403', { status: 403, message: 'billing hard limit' }, 'quota-exhausted'],
		['409', provider(409), 'server-error'],
		['410', provider(410), 'not-found'],
		['425', provider(425), 'server-error'],
		['502 in words', { type: 'api_error' }, 'server-error'],
	];
	it.each(rows)('%s', (_what, error, kind, action) => {
		expect(classify(error).kind).toBe(kind);
		if (action !== undefined) expect(classify(error).action).toBe(action);
	});

	it('among the first twelve errors that hang together, and no further, however many there are', () => {
		const chainOf = (depth: number): object => (depth === 0 ? { status: 401 } : { cause: chainOf(depth - 1) });
		expect(classify(chainOf(11)).kind).toBe('authentication');
		expect(classify(chainOf(12)).kind).toBe('unknown');
		const parts = (before: number) =>
			new AggregateError([
				...Array(before)
					.fill(0)
					.map(() => ({})),
				{ status: 401 },
			]);
		expect(classify(parts(10)).kind).toBe('authentication');
		expect(classify(parts(11)).kind).toBe('unknown');
	});

	it('in the first 4,000 characters of its text', () => {
		expect(classify(new Error(`${'x'.repeat(3900)} rate limit exceeded`)).kind).toBe('rate-limit');
		expect(classify(new Error(`${'x'.repeat(4000)} rate limit exceeded`)).kind).toBe('unknown');
	});

	it('in two hundred headers, of whichever shape', () => {
		const many = (before: number) => ({
			status: 429,
			headers: Object.fromEntries([...Array(before).keys()].map((at) => [`h${at}`, 'x'])) as Record<string, string>,
		});
		const late = (before: number) => {
			const error = many(before);
			error.headers['Retry-After'] = '7';
			return classify(error).retryAfterMs;
		};
		expect([late(199), late(200)]).toEqual([7000, undefined]);
		for (const headers of [
			new Map([['Retry-After', '7']]),
			new Headers({ 'retry-after': '7' }),
			{ 'retry-after': 7, entries: 'a header' },
			{ 'retry-after': '7', odd: Object.create(null), empty: null, entries: () => 'no list' },
		])
			expect(classify({ status: 429, headers }).retryAfterMs).toBe(7000);
		expect(
			classify({
				status: 429,
				headers: new Map<unknown, unknown>([
					[1, '7'],
					['retry-after', '7'],
				]),
			}).retryAfterMs,
		).toBe(7000);
	});

	it('a wait in the details that is no number is none', () => {
		for (const retryAfterMs of [Number.NaN, '7', Number.POSITIVE_INFINITY])
			expect(classify({ status: 429, details: { retryAfterMs } }).retryAfterMs).toBeUndefined();
	});
});

describe('what legacy users throw: plain errors', () => {
	it.each(['Rate limit exceeded', 'rate_limit_error: slow down', '429: Too Many Requests', 'HTTP 429'])(
		'"%s" is a rate limit',
		(message) => expect(classify(new Error(message)).kind).toBe('rate-limit'),
	);

	it.each(['expected 429 tokens, got 12', 'order 1429 not found', 'file rate.ts, line 429', 'the rate limits differ'])(
		'"%s" is none: a number in a text does not put a model to rest',
		(message) => expect(classify(new Error(message)).kind).toBe('unknown'),
	);

	it.each([null, undefined, 0, '', 'boom', {}, [], Symbol('x'), () => 1, { status: 'bad', cause: 7, headers: 5 }])(
		'whatever is thrown gets an answer, and none of these puts a model to rest: %s',
		(thrown) => expect(classify(thrown)).toEqual({ kind: 'unknown', action: 'retry' }),
	);

	it('an error that is its own cause ends', () => {
		const error = new Error('round');
		error.cause = error;
		expect(classify(error).kind).toBe('unknown');
	});
});

describe('when to come back', () => {
	it('a retry-after is read from SDK headers, plain headers and our own errors', () => {
		const header = { 'retry-after': '7' };
		expect(classify(anthropic(429, 'rate_limit_error', 'x', header))).toMatchObject({
			retryAfterMs: 7000,
			cooldownMs: 7000,
		});
		expect(classify({ status: 429, headers: { 'Retry-After': '7' } }).retryAfterMs).toBe(7000);
		expect(classify({ statusCode: 429, responseHeaders: header }).retryAfterMs).toBe(7000);
		expect(classify({ response: { status: 429, headers: header } }).retryAfterMs).toBe(7000);
		expect(classify(provider(429, null, 7000)).retryAfterMs).toBe(7000);
	});

	it("a minute's limit at Google that says when it ends is no exhausted quota", () => {
		const error = google(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, check your plan and billing.', [
			{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
		]);
		expect(classify(error)).toMatchObject({ kind: 'rate-limit', retryAfterMs: 34_000 });
	});

	it('reset headers, which come with every response, do not delay the retry of a server error', () => {
		const headers = { 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-limit-requests': '60' };
		expect(classify(openai(500, { message: 'x' }, headers)).retryAfterMs).toBeUndefined();
		expect(classify(openai(429, { message: 'x' }, headers))).toMatchObject({ retryAfterMs: 360_000, limit: 60 });
	});

	it('a provider that says a retry is useless is believed', () => {
		expect(classify(openai(500, { message: 'x' }, { 'x-should-retry': 'false' })).action).toBe('next-model');
		const tooLong = openai(400, { message: 'maximum context' }, { 'x-should-retry': 'false' });
		expect(classify(tooLong).action).toBe('next-larger-context');
		expect(classify(openai(500, { message: 'x' }, { 'x-should-retry': 'true' })).action).toBe('retry');
	});

	it('an exhausted quota rests long, a refused key and an unknown model are asked last', () => {
		expect(classify(provider(402)).cooldownMs).toBe(600_000);
		expect(classify(provider(401)).cooldownMs).toBe(60_000);
		expect(classify(provider(404)).cooldownMs).toBe(60_000);
		expect(classify(provider(500)).cooldownMs).toBeUndefined();
	});
});

it('refused content goes to the next model only where the user turned that on', () => {
	const error = openai(400, { message: 'x', code: 'content_filter' });
	expect(classifyFailure(error, { now, isContentPolicyFallbackEnabled: true }).action).toBe('next-model');
	expect(classifyFailure(error, { now }).action).toBe('give-up');
	expect(classifyFailure(provider(400), { now, isContentPolicyFallbackEnabled: true }).action).toBe('give-up');
});

it('cooldowns last as the user’s policy says', () => {
	const policy = { rateLimitCooldownMs: 11, quotaCooldownMs: 22, maxCooldownMs: 60, quarantineMs: 33 };
	const last = (error: unknown) => classifyFailure(error, { now, policy }).cooldownMs;
	expect([429, 402, 401, 404, 500].map((status) => last(provider(status)))).toEqual([11, 22, 33, 33, undefined]);
	// a quota rests at least so long, whatever shorter time its provider names
	expect([last(provider(402, null, 5)), last(provider(402, null, 50))]).toEqual([22, 50]);
	// nobody is left alone for ten hours on one answer's word
	expect([last(provider(429, null, 36e6)), last(provider(402, null, 36e6))]).toEqual([60, 60]);
});
