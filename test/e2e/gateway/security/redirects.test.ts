import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSecurityGateway, PROVIDER_KEY, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import {
	answerJson,
	goodAnswer,
	type ProviderWitness,
	startProviderWitness,
} from '../../../support/provider-witness.ts';

let gateway: SecurityGateway;
let elsewhere: ProviderWitness;

// A provider that fails several times is left alone for a while: every test has one of its own.
beforeEach(async () => {
	gateway = await openSecurityGateway();
	elsewhere = await startProviderWitness();
});
afterEach(async () => {
	await gateway.close();
	await elsewhere.close();
});

/** Requests by which the provider is called: passed through, translated, streamed, counted. */
const CALLS = [
	['a whole answer passed through', '/v1/chat/completions', { model: 'gpt-5-mini' }],
	['a stream passed through', '/v1/chat/completions', { model: 'gpt-5-mini', stream: true }],
	['a whole answer translated', '/v1/messages', { model: 'gpt-5-mini', max_tokens: 20 }],
	['a stream translated', '/v1/messages', { model: 'gpt-5-mini', max_tokens: 20, stream: true }],
	['counted tokens', '/v1/messages/count_tokens', { model: 'haiku' }],
] as const;

describe.each([301, 302, 307])('a provider that answers %i', (status) => {
	it.each(CALLS)('sends the provider’s key nowhere else: %s', async (_name, path, body) => {
		gateway.witness.answer = (response, request) =>
			answerJson(response, goodAnswer(request), {
				status,
				headers: { location: `${elsewhere.url}/v1/chat/completions`, 'content-type': 'application/json' },
			});
		const messages = [{ role: 'user', content: 'Say hello.' }];
		const answer = await gateway.post(path, { messages, ...body });
		const text = await answer.text();
		expect(elsewhere.requests).toEqual([]);
		expect(gateway.witness.requests).toHaveLength(1);
		expect(answer.status).toBe(502);
		expect(answer.headers.get('location')).toBeNull();
		expect(JSON.parse(text).error.message).toMatch(/redirect/);
		expect(text).not.toContain(PROVIDER_KEY);
	});
});

it('a redirect dressed up as a stream is no answer either', async () => {
	gateway.witness.answer = (response) => {
		response.writeHead(307, { 'content-type': 'text/event-stream', location: elsewhere.url });
		response.end('data: [DONE]\n\n');
	};
	const answer = await gateway.chat({}, { stream: true });
	expect(answer.status).toBe(502);
	expect(elsewhere.requests).toEqual([]);
});
