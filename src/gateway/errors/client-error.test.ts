import { describe, expect, it } from 'vitest';
import type { Attempt, FailureKind } from '../../contracts/index.ts';
import {
	AllModelsFailedError,
	BudgetExceededError,
	InvalidConfigError,
	InvalidInputError,
	NoEligibleModelError,
	type ProviderCallDetails,
	ProviderCallError,
	RequestRefusedError,
} from '../../errors/index.ts';
import { type ErrorAudience, toClientError } from './client-error.ts';

const NOW = Date.UTC(2026, 10, 24);
const told = (error: unknown, audience: Partial<ErrorAudience> = {}) =>
	toClientError(error, { format: 'openai-chat', client: 'other', now: NOW, ...audience });
const statusOf = (error: unknown) => told(error).status;

function providerError(status: number | null, more: Partial<ProviderCallDetails> = {}): ProviderCallError {
	const details = { provider: 'openai', model: 'gpt-5-mini', errorType: null, requestId: null, retryAfterMs: null };
	return new ProviderCallError(`openai answered ${status}`, { ...details, status, ...more });
}

function said(message: string, more: object = {}): Partial<ProviderCallDetails> {
	return { report: { message, type: null, code: null, param: null, body: null, ...more } };
}

function allFailed(failures: FailureKind[], last: unknown): AllModelsFailedError {
	const attempts = failures.map((failure, index): Attempt => {
		const times = { startedAt: NOW, durationMs: 1, delayMs: 0 };
		return { number: index + 1, model: 'gpt-5-mini', outcome: 'failure', failure, ...times };
	});
	return new AllModelsFailedError(attempts, last);
}

describe('a provider’s status at the caller', () => {
	it.each([
		[401, 'a key that the caller would look for in vain'],
		[402, 'the caller’s own budget, which still has money'],
		[403, 'a right that the caller could ask for'],
	])('%i is about the gateway’s account there, so that nobody takes it for %s', (status) => {
		expect(statusOf(providerError(status))).toBe(502);
		expect(statusOf(allFailed(['authentication'], providerError(status)))).toBe(502);
	});

	it.each([400, 404, 413, 422, 429, 500, 503, 529])('%i is passed on: a client library knows what to do', (status) => {
		expect(statusOf(providerError(status))).toBe(status);
	});

	it.each([null, 302, 600])('%s is no answer of a server that failed, and becomes 502', (status) => {
		expect(statusOf(providerError(status))).toBe(502);
	});

	it('a refusal after an outage is no reason to change the request: the outage may be over', () => {
		const mixed = told(allFailed(['overloaded', 'invalid-request'], providerError(400, said('temperature is wrong'))));
		expect(mixed).toMatchObject({ status: 503, isFinal: false, code: 'ROUTER_ALL_MODELS_FAILED' });
	});

	it('a conversation too long for the asked model is told so that the client shortens it, whatever its fallbacks failed with', () => {
		const words = 'openai answered 400: prompt is too long: 210000 tokens > 200000 maximum';
		const failed = allFailed(['context-too-long', 'overloaded'], providerError(503));
		const attempts = failed.attempts.map((attempt, index) => (index === 0 ? { ...attempt, message: words } : attempt));
		expect(told(new AllModelsFailedError(attempts, failed.lastError))).toMatchObject({
			status: 400,
			message: words,
			excess: { tokens: 210_000, limit: 200_000 },
			isFinal: true,
		});
		expect(told(allFailed(['overloaded', 'context-too-long'], providerError(400)))).toMatchObject({ isFinal: false });
	});

	it('a refusal by every model is told in the words of the last one, so that the caller can mend the request', () => {
		const report = { code: 'invalid_value', type: 'invalid_request_error', param: 'temperature' };
		const refused = providerError(400, said('temperature is wrong', report));
		expect(told(allFailed(['not-found', 'invalid-request'], refused))).toMatchObject({
			status: 400,
			message: 'temperature is wrong',
			code: 'invalid_value',
			param: 'temperature',
			isFinal: true,
		});
	});
});

describe('client libraries repeat by themselves, for minutes, only what may be answered then', () => {
	it.each<[string, unknown]>([
		['a key that is unknown here', new RequestRefusedError('ROUTER_UNAUTHORIZED', 'no key')],
		['a key without the right', new RequestRefusedError('ROUTER_FORBIDDEN', 'no right')],
		['a route that is none', new RequestRefusedError('ROUTER_NOT_FOUND', 'no route')],
		['a request that cannot be read', new InvalidInputError('messages is missing')],
		['a package that is not installed', new InvalidConfigError([{ path: 'deployments', message: 'install it' }])],
		['a provider’s refusal of the gateway’s key', providerError(401)],
		['a provider’s refusal of the request', providerError(400)],
		['a provider whose quota is used up', providerError(429, { errorType: 'insufficient_quota' })],
		['refused keys everywhere', allFailed(['authentication', 'quota-exhausted'], providerError(401))],
	])('not %s', (_what, error) => {
		expect(told(error).isFinal).toBe(true);
	});

	it.each<[string, unknown]>([
		['a key’s rate limit', new RequestRefusedError('ROUTER_RATE_LIMITED', 'too fast', { retryAfterMs: 1000 })],
		['a full queue', new RequestRefusedError('ROUTER_OVERLOADED', 'full', { retryAfterMs: 1000 })],
		['a provider’s rate limit', providerError(429)],
		['a provider’s outage', providerError(503)],
		['a provider that was not reached', providerError(null)],
		['a refused key beside an outage', allFailed(['overloaded', 'authentication'], providerError(401))],
		['a fault of the gateway', new TypeError('x is not a function')],
	])('but %s', (_what, error) => {
		expect(told(error).isFinal).toBe(false);
	});
});

describe('a budget that is used up', () => {
	const refusal = { limitUsd: 1, spentUsd: 1, reservedUsd: 0, neededUsd: 0.1 };
	const daily = new BudgetExceededError({ ...refusal, period: 'day', resetsAt: new Date(NOW + 3_600_000) });
	const ofRequest = new BudgetExceededError({ ...refusal, period: 'request', resetsAt: null });

	it.each(['openai-chat', 'openai-responses'] as const)('%s: clients read it as OpenAI says it, and stop', (format) => {
		const expected = { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', isFinal: true };
		expect(told(daily, { format })).toMatchObject(expected);
		expect(told(ofRequest, { format, client: 'codex' })).toMatchObject(expected);
	});

	it('402 for clients that repeat every 429, whoever has no money left', () => {
		const client = 'repeats-429';
		const quota = providerError(429, { errorType: 'insufficient_quota' });
		expect(told(daily, { format: 'openai-chat', client })).toMatchObject({ status: 402, code: 'insufficient_quota' });
		expect(told(quota, { client })).toMatchObject({ status: 402, code: 'insufficient_quota' });
		// what passes is still theirs to repeat
		expect(told(providerError(429), { client })).toMatchObject({ status: 429 });
	});

	it('opencode, which repeats what names a status, is told without amounts', () => {
		const ofAmount = new BudgetExceededError({ ...refusal, limitUsd: 500, period: 'day', resetsAt: new Date(NOW) });
		const { message, status } = told(ofAmount, { format: 'openai-chat', client: 'opencode' });
		expect(status).toBe(402);
		expect(message).toMatch(/^The daily budget is exceeded. It resets at \d{4}-/);
		expect(message).not.toMatch(/429|500|502|503|504|524/);
	});

	it('Codex says when it goes on', () => {
		expect(told(daily, { format: 'openai-responses', client: 'codex' })).toMatchObject({
			status: 429,
			type: 'usage_limit_reached',
			members: { resets_at: NOW / 1000 + 3600, resets_in_seconds: 3600 },
		});
	});

	it.each(['anthropic-messages', 'gemini'] as const)('%s: 402, which their clients do not repeat', (format) => {
		const expected = { status: 402, code: 'ROUTER_BUDGET_EXCEEDED', retryAfterMs: 3_600_000, isFinal: true };
		expect(told(daily, { format, client: 'codex' })).toMatchObject(expected);
	});
});

describe('a conversation that is too long is told with its figures, so that clients shorten it by enough', () => {
	it.each([
		['prompt is too long: 212345 tokens > 200000 maximum', 212_345, 200_000],
		[
			"This model's maximum context length is 128000 tokens. However, your messages resulted in 150001 tokens.",
			150_001,
			128_000,
		],
		[
			"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
			5000,
			4096,
		],
		['The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', 1_200_000, 1_048_576],
		["This model's maximum prompt length is 131072 but the request contains 140000 tokens.", 140_000, 131_072],
		[
			'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
			40_000,
			32_768,
		],
		['The input token count exceeds the maximum number of tokens allowed 1048576.', null, null],
		['Your input exceeds the context window of this model.', null, null],
	])('%s', (message, tokens, limit) => {
		const error = allFailed(['context-too-long'], providerError(400, said(message)));
		expect(told(error)).toMatchObject({ status: 400, excess: { tokens, limit }, isFinal: true });
	});

	const tooLong = (model: string, window: number) => ({
		model,
		reason: 'context-window' as const,
		message: `expected 300000 tokens (290000 in, 10000 out) do not fit its context window of ${window}`,
	});

	it('also where the gateway knows it before it asks', () => {
		const error = new NoEligibleModelError([tooLong('small', 8000), tooLong('large', 200_000)]);
		expect(told(error)).toMatchObject({ status: 400, excess: { tokens: 300_000, limit: 200_000 }, isFinal: true });
		const guessed = { model: 'large', reason: 'output-limit' as const, message: 'expected 8300 output tokens' };
		const both = new NoEligibleModelError([tooLong('large', 200_000), guessed]);
		expect(told(both)).toMatchObject({ status: 400, excess: { tokens: 300_000, limit: 200_000 } });
	});

	it('but not where a shorter conversation would not be answered either', () => {
		const retired = { model: 'large', reason: 'retired' as const, message: 'is retired' };
		expect(told(new NoEligibleModelError([tooLong('large', 200_000), retired]))).toMatchObject({ status: 422 });
	});
});
