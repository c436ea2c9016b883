import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, simulatedDeployment, type TestGateway } from '../../support/open-scripted-gateway.ts';
import { answerJson, goodAnswer, type ProviderWitness, startProviderWitness } from '../../support/provider-witness.ts';

const CONVERSE = {
	output: { message: { role: 'assistant', content: [{ text: 'Hello.' }] } },
	stopReason: 'end_turn',
	usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12 },
};
const BILLING = 'x-anthropic-billing-header: cc_version=2.1.332.ddb; cc_entrypoint=cli; cch=5f1a4;';
const PROMPT = 'You are Claude Code, a careful agent.';

/** Claude at each of the companies that serve it, by the kind of deployment. */
const SERVED = {
	anthropic: { opus: 'claude-opus-4-5-20251101' },
	vertex: { sonnet: 'claude-sonnet-4-5@20250929' },
	bedrock: { haiku: 'anthropic.claude-haiku-4-5-20251001-v1:0' },
} as const;

let witness: ProviderWitness;
let at: TestGateway;
beforeAll(async () => {
	witness = await startProviderWitness();
	witness.answer = (response, request) => {
		// what is sent is looked at, not how a stream is read
		if (/stream/i.test(request.path) || /"stream":true/.test(request.body))
			answerJson(response, { message: 'Not now.', error: { message: 'Not now.' } }, { status: 400 });
		else answerJson(response, request.path.includes('/converse') ? CONVERSE : goodAnswer({ path: '/v1/messages' }));
	};
	at = await openTestGateway({
		deployments: Object.entries(SERVED).map(([kind, models]) => ({
			...simulatedDeployment(kind as keyof typeof SERVED, models),
			region: 'us-east5',
			project: 'p',
			baseUrl: witness.url,
		})),
		config: { fallback: { enabled: false, maxAttempts: 1 } },
	});
});
afterAll(async () => {
	await at.close();
	await witness.close();
});

async function sendAsClaudeCode(model: string, stream: boolean): Promise<string> {
	witness.requests.length = 0;
	const system = [BILLING, PROMPT].map((text) => ({ type: 'text', text }));
	const response = await fetch(`${at.url}/v1/messages`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'user-agent': 'claude-cli/2.1.332', 'x-app': 'cli' },
		body: JSON.stringify({
			model,
			max_tokens: 50,
			stream,
			system,
			messages: [{ role: 'user', content: 'Say hello.' }],
		}),
	});
	expect(response.status, await response.text()).toBe(stream ? 400 : 200);
	expect(witness.requests).toHaveLength(1);
	return `${JSON.stringify(witness.requests[0]?.headers)} ${witness.requests[0]?.body}`;
}

describe.each([
	['whole', false],
	['streamed', true],
])('what Claude Code tells Anthropic about its user’s bill, in a %s request', (_name, stream) => {
	it.each([
		['Vertex', 'sonnet'],
		['Bedrock', 'haiku'],
	])('stays here when Claude is called at %s', async (_company, model) => {
		const sent = await sendAsClaudeCode(model, stream);
		expect(sent).toContain(PROMPT);
		expect(sent).not.toMatch(/x-anthropic-billing-header|cc_version|cc_entrypoint/);
	});

	it('reaches Anthropic', async () => {
		expect(await sendAsClaudeCode('opus', stream)).toContain(BILLING);
	});
});
