import { describe, expect, it } from 'vitest';
import { AllModelsFailedError, ProviderCallError } from '../errors/index.ts';
import { toClientError } from './errors.ts';

const NOW = Date.UTC(2026, 10, 24);

function providerError(status: number | null): ProviderCallError {
	const details = { provider: 'openai', model: 'gpt-5-mini', errorType: null, requestId: null, retryAfterMs: null };
	return new ProviderCallError(`openai answered ${status}`, { ...details, status });
}

const statusOf = (error: unknown) => toClientError(error, NOW).status;

describe('a provider’s status at the caller', () => {
	it.each([
		[401, 'a key that the caller would look for in vain'],
		[402, 'the caller’s own budget, which still has money'],
		[403, 'a right that the caller could ask for'],
	])('%i is about the gateway’s account there, so that nobody takes it for %s', (status) => {
		expect(statusOf(providerError(status))).toBe(502);
		expect(statusOf(new AllModelsFailedError([], providerError(status)))).toBe(502);
	});

	it.each([400, 404, 413, 422, 429, 500, 503, 529])('%i is passed on: a client library knows what to do', (status) => {
		expect(statusOf(providerError(status))).toBe(status);
	});

	it.each([null, 302, 600])('%s is no answer of a server that failed, and becomes 502', (status) => {
		expect(statusOf(providerError(status))).toBe(502);
	});
});
