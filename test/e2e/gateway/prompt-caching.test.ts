import { afterEach, describe, expect, it } from 'vitest';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

const open: SimulatedGateway[] = [];
afterEach(async () => {
	await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

async function gatewayWith(promptCaching: boolean): Promise<SimulatedGateway> {
	const gateway = await openSimulatedGateway({ promptCaching });
	open.push(gateway);
	return gateway;
}

const SYSTEM = `You are an agent that repairs programs. ${'Read every file before you change it, and say what you did. '.repeat(300)}`;
const TURNS = 12;

type Say = { role: string; content: unknown };

/** An agent's conversation so far, turn by turn: each request repeats everything before it. */
function conversation(turns: number): Say[] {
	return Array.from({ length: 2 * turns - 1 }, (_, index) =>
		index % 2 === 0
			? { role: 'user', content: `Result of step ${index}: ${`line ${index} of the output\n`.repeat(60)}` }
			: { role: 'assistant', content: [{ type: 'text', text: `Step ${index} is next.` }] },
	);
}

/** Odd spacing and unknown fields: what comes must go on as it came. */
function anthropicBody(turns: number): string {
	return `{ "model":"sonnet",\n\t"max_tokens": 64, "system": ${JSON.stringify(SYSTEM)},\n "x_unknown": 1.0, "messages":${JSON.stringify(conversation(turns), null, 1)} }`;
}

function openAiBody(turns: number): string {
	const messages = conversation(turns).map(({ role, content }) => ({
		role,
		content: Array.isArray(content) ? content.map(({ text }) => text).join('') : content,
	}));
	return JSON.stringify({
		model: 'sonnet',
		max_tokens: 64,
		messages: [{ role: 'system', content: SYSTEM }, ...messages],
	});
}

async function runAgent(at: SimulatedGateway, path: string, bodyOf: (turns: number) => string): Promise<number> {
	for (let turn = 1; turn <= TURNS; turn += 1) {
		const { response, text } = await at.post(path, bodyOf(turn));
		if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 500)}`);
	}
	const { costs } = await at.gateway.gateway.runtime.system.exportData();
	return costs.reduce((sum, { inputCostNanoUsd }) => sum + (inputCostNanoUsd ?? 0), 0);
}

const sent = (at: SimulatedGateway) => at.simulator.requests.map(({ bodyText }) => bodyText);
const MARK = /,"cache_control":\{"type":"ephemeral"(?:,"ttl":"1h")?\}/g;
const WRAPPED = new RegExp(`\\[\\{"type":"text","text":("(?:[^"\\\\]|\\\\.)*")${MARK.source}\\}\\]`, 'g');

describe('an agent’s conversation through the gateway', () => {
	it.each([
		['in Anthropic’s format', '/v1/messages', anthropicBody],
		['in OpenAI’s format', '/v1/chat/completions', openAiBody],
	])(
		'%s costs less than half with marks where they pay, and the ledger shows what was written and read',
		async (_title, path, bodyOf) => {
			const [plain, marked] = [await gatewayWith(false), await gatewayWith(true)];
			const [dear, cheap] = [await runAgent(plain, path, bodyOf), await runAgent(marked, path, bodyOf)];
			expect(cheap).toBeGreaterThan(0);
			expect(cheap / dear).toBeLessThan(0.5);
			const { costs } = await marked.gateway.gateway.runtime.system.exportData();
			const byTurn = costs.toReversed().map(({ usage }) => usage);
			expect(byTurn[0]).toMatchObject({ cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 });
			expect((byTurn[1]?.cacheWrite5mTokens ?? 0) + (byTurn[1]?.cacheWrite1hTokens ?? 0)).toBeGreaterThan(1000);
			for (const usage of byTurn.slice(2)) expect(usage.cacheReadTokens).toBeGreaterThan(1000);
		},
	);

	it('off by the switch nothing is marked: what is sent is what came, byte for byte, but for the model', async () => {
		const at = await gatewayWith(false);
		await runAgent(at, '/v1/messages', anthropicBody);
		expect(sent(at)).toEqual(
			Array.from({ length: TURNS }, (_, turn) =>
				anthropicBody(turn + 1).replace('"sonnet"', JSON.stringify(modelOf(at))),
			),
		);
	});

	it('with marks the bytes differ by the marks alone', async () => {
		const at = await gatewayWith(true);
		await runAgent(at, '/v1/messages', anthropicBody);
		const texts = sent(at);
		expect(texts.slice(2).every((text) => text.includes('cache_control'))).toBe(true);
		for (const [turn, text] of texts.entries()) {
			expect(JSON.parse(text).x_unknown).toBe(1);
			const bare = text.replace(WRAPPED, '$1').replace(MARK, '');
			expect(bare).toBe(anthropicBody(turn + 1).replace('"sonnet"', JSON.stringify(modelOf(at))));
		}
	});

	it('a caller’s own marks are the only ones', async () => {
		const at = await gatewayWith(true);
		const own = (turns: number) => {
			const [first, ...rest] = conversation(turns);
			const content = [{ type: 'text', text: first?.content, cache_control: { type: 'ephemeral' } }];
			return JSON.stringify({
				model: 'sonnet',
				max_tokens: 64,
				system: SYSTEM,
				messages: [{ role: 'user', content }, ...rest],
			});
		};
		await runAgent(at, '/v1/messages', own);
		for (const [turn, text] of sent(at).entries()) {
			expect(text).toBe(own(turn + 1).replace('"sonnet"', JSON.stringify(modelOf(at))));
		}
	});

	it('what was seen is kept when the configuration is read anew', async () => {
		const at = await gatewayWith(true);
		await at.post('/v1/messages', anthropicBody(1));
		await at.gateway.reload();
		await at.post('/v1/messages', anthropicBody(2));
		expect(sent(at)[1]).toContain('cache_control');
	});

	it('a retry is no sign that a prompt comes again', async () => {
		const at = await gatewayWith(true);
		at.simulator.script({ '*': { schedule: ['500'] } });
		await at.post('/v1/messages', anthropicBody(1));
		expect(at.simulator.requests.length).toBeGreaterThan(1);
		for (const text of sent(at)) expect(text).not.toContain('cache_control');
	});
});

function modelOf(at: SimulatedGateway): string {
	return at.gateway.gateway.runtime.system.router.catalog.get('sonnet').modelId;
}
