import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isObject } from '../../../src/util/index.ts';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';

/** Two accounts at OpenAI that serve the same model, and a model elsewhere. */
const ACCOUNTS = ['first', 'second'] as const;

let gateway: TestGateway;
beforeAll(async () => {
	const accounts = ACCOUNTS.map((id) => ({
		...simulatedDeployment('openai', { mini: 'gpt-5-mini', ...(id === 'second' ? { nano: 'gpt-5-nano' } : {}) }, id),
		apiKey: `key-of-${id}`,
		priority: 1,
	}));
	gateway = await openTestGateway({
		deployments: [...accounts, simulatedDeployment('anthropic', { claude: 'claude-haiku-4-5' })],
		config: {
			models: ['mini', 'nano', 'claude'].map((name) =>
				inventedModel(name, { provider: name === 'claude' ? 'anthropic' : 'openai' }),
			),
			candidates: ['mini', 'nano', 'claude'],
			fallback: { enabled: false, maxAttempts: 1 },
		},
	});
});
afterAll(() => gateway.close());

/** Asks for a response; the answer, and the account that was called for it. */
async function ask(body: object): Promise<{ status: number; id: string; text: string; account: string | undefined }> {
	const response = await fetch(`${gateway.url}/v1/responses`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ input: 'Say hello.', ...body }),
	});
	const text = await response.text();
	const key = gateway.simulator.requests.at(-1)?.headers['authorization'];
	const id = /"id":"(resp_[^"]+)"/.exec(text)?.[1] ?? '';
	return { status: response.status, id, text, account: ACCOUNTS.find((account) => key === `Bearer key-of-${account}`) };
}

describe('a request that goes on from an earlier response is sent to the account that holds it', () => {
	it.each([false, true])('stream: %s', async (stream) => {
		for (let turn = 0; turn < 6; turn += 1) {
			const first = await ask({ model: 'mini', stream });
			const next = await ask({ model: 'mini', previous_response_id: first.id });
			expect([next.status, next.account]).toEqual([200, first.account]);
			const free = await ask({ model: 'auto', previous_response_id: first.id });
			expect([free.status, free.account]).toEqual([200, first.account]);
		}
	});

	it('one that is not known here is sent to any of them', async () => {
		const { account, status } = await ask({ model: 'mini', previous_response_id: 'resp_of_another_day' });
		expect([status, account]).toEqual([200, expect.stringMatching(/first|second/)]);
	});
});

it('an answer of another provider, which nobody holds, is not asked for at OpenAI', async () => {
	const answered = await ask({ model: 'claude' });
	expect(answered.id).toMatch(/^resp_/);
	const before = gateway.simulator.requests.length;
	const { status, text } = await ask({ model: 'mini', previous_response_id: answered.id });
	expect([status, text]).toEqual([400, expect.stringContaining('Send the whole conversation')]);
	const { error } = JSON.parse(text) as { error: unknown };
	expect(isObject(error) && error['message']).toMatch(/^previous_response_id/);
	expect(gateway.simulator.requests).toHaveLength(before);
});
