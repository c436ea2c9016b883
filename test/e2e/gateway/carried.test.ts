import { afterEach, expect, it } from 'vitest';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

let opened: SimulatedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

const ASK = { max_tokens: 50, messages: [{ role: 'user', content: 'Say hello.' }] };

it('a decision says what of the request its deployment is not told, to whoever listens and to whoever asks later', async () => {
	opened = await openSimulatedGateway();
	const { system } = opened.gateway.gateway.runtime;
	const heard: string[][] = [];
	system.onEvent((event) => {
		if (event.type === 'decision-made') heard.push([...event.decision.reasoning]);
	});
	const told = { ...ASK, model: 'haiku', logit_bias: { 50256: -100 }, 'caller\u001b[31m field': 1 };
	const { response } = await opened.post('/v1/chat/completions', told);
	expect(response.status).toBe(200);
	const [row] = (await system.exportData()).decisions;
	expect(row?.reasoning.at(-1)).toMatch(/^Not carried to simulated-anthropic: .*logit_bias/);
	expect(row?.reasoning.join()).not.toContain('\u001b');
	expect(heard).toEqual([row?.reasoning]);
	expect(response.headers.get('x-switchyard-dropped')).toContain('logit_bias');
});

it('a request that goes on in its own format carries everything, and its decision claims nothing else', async () => {
	opened = await openSimulatedGateway();
	const { response } = await opened.post('/v1/chat/completions', {
		...ASK,
		model: 'gpt-6-luna',
		logit_bias: { 50256: -100 },
	});
	expect(response.status).toBe(200);
	const [row] = (await opened.gateway.gateway.runtime.system.exportData()).decisions;
	expect(row?.reasoning.length).toBeGreaterThan(0);
	expect(row?.reasoning.join()).not.toContain('Not carried');
});

it('what cannot be translated is refused with its path before anything is decided or held', async () => {
	opened = await openSimulatedGateway();
	const broken = {
		...ASK,
		model: 'haiku',
		messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }],
	};
	const { response, text } = await opened.post('/v1/chat/completions', broken);
	expect(response.status).toBe(400);
	expect(text).toContain('messages[0].content[0].image_url');
	expect(opened.simulator.requests).toHaveLength(0);
	expect((await opened.gateway.gateway.runtime.system.exportData()).attempts).toEqual([]);
});

it("without a provider key, the simulator's request id reaches the caller: its key must not be a part of it and be masked", async () => {
	opened = await openSimulatedGateway();
	const { response } = await opened.post('/v1/messages', { ...ASK, model: 'haiku' });
	expect([response.status, response.headers.get('request-id')]).toEqual([200, 'req_simulated']);
});
