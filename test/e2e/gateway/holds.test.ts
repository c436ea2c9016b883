import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterEach, expect, it } from 'vitest';
import { openTestGateway, simulatedDeployment } from '../../support/open-scripted-gateway.ts';
import { openRawGateway, type RawGateway } from '../../support/raw-provider.ts';
import { watchHolds } from '../../support/watch-holds.ts';

let open: RawGateway | null = null;
const holds = watchHolds();
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

/** Tokens of every text of a body, by the model's own tokenizer. */
function countTrueTokens(value: unknown): number {
	if (typeof value === 'string') return countTokens(value);
	if (typeof value !== 'object' || value === null) return 0;
	return Object.values(value).reduce((sum: number, member) => sum + countTrueTokens(member), 0);
}

/** A provider that bills what it was sent, and as much output as it was allowed. */
async function openHonest(perRequestLimit: number): Promise<RawGateway> {
	return await openRawGateway(
		(_request, response, body) => {
			const { max_completion_tokens, max_tokens, messages, tools } = JSON.parse(body);
			const usage = {
				prompt_tokens: countTrueTokens(messages) + countTrueTokens(tools),
				completion_tokens: max_completion_tokens ?? max_tokens,
			};
			const choices = [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }];
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage }));
		},
		{ budget: { perRequestLimit, dailyLimit: 1000, monthlyLimit: 1000 } },
	);
}

const english = 'The quick brown fox jumps over the lazy dog. '.repeat(400);
const user = (content: unknown) => ({ role: 'user', content });
const SHAPES: Readonly<Record<string, object>> = {
	'256 messages, every second one long': {
		messages: Array.from({ length: 256 }, (_, at) => user(at % 2 === 0 ? 'hi' : english.slice(0, 2000))),
	},
	'664 parts, the last 64 short': {
		messages: [
			user([
				...Array.from({ length: 600 }, () => ({ type: 'text', text: english.slice(0, 400) })),
				...Array.from({ length: 64 }, () => ({ type: 'text', text: 'x' })),
			]),
		],
	},
	'600 tools': {
		messages: [user('hi')],
		tools: Array.from({ length: 600 }, (_, at) => ({
			type: 'function',
			function: { name: `f${at}`, description: english.slice(0, 200), parameters: { type: 'object', properties: {} } },
		})),
	},
	'another script between the places of a sample': {
		messages: [user(`${'a '.repeat(200)}${'字'.repeat(9000)}${'a '.repeat(200)}`)],
	},
	'control characters and emoji': { messages: [user('\u0001\u0002👩‍👩‍👧‍👦'.repeat(900))] },
	'text as base64': { messages: [user(Buffer.from(english).toString('base64'))] },
};

// The second limit is too near for a bound by bytes: there the input is counted.
it.each(Object.keys(SHAPES).flatMap((name) => [100, 0.03].map((limit) => [name, limit] as const)))(
	'nobody is charged more than was held: %s, with $%d for a request',
	async (name, limit) => {
		open = await openHonest(limit);
		const response = await fetch(`${open.url}/v1/chat/completions`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: 300, ...SHAPES[name] }),
		});
		await response.text();
		expect(response.status).toBe(200);
		await open.gateway.gateway.runtime.system.flush();
		const database = new DatabaseSync(join(open.project.path, '.claude/orchestration/db/routing.db'), {
			readOnly: true,
		});
		const read = (sql: string) => Number(database.prepare(sql).get()?.['nano'] ?? 0);
		const held = Math.max(...holds.splice(0));
		const charged = read('SELECT sum(cost_nano) AS nano FROM cost_tracking');
		database.close();
		expect(charged).toBeGreaterThan(0);
		expect(charged).toBeLessThanOrEqual(held);
	},
);

it('a search by Google is held for whether its tool stands in a list or alone, which Google takes as well', async () => {
	const gateway = await openTestGateway({
		deployments: [simulatedDeployment('google', { 'gemini-3.8-flash': 'gemini-3.8-flash' })],
		config: { budget: { perRequestLimit: 100, dailyLimit: 1000, monthlyLimit: 1000 } },
	});
	const contents = { role: 'user', parts: { text: 'Who won yesterday?' } };
	try {
		const held: number[] = [];
		for (const tools of [[{ googleSearch: {} }], { googleSearch: {} }, { functionDeclarations: { name: 'search' } }]) {
			const response = await fetch(`${gateway.url}/v1beta/models/gemini-3.8-flash:generateContent`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ contents, tools, generationConfig: { maxOutputTokens: 100 } }),
			});
			expect(response.status).toBe(200);
			await response.text();
			held.push(holds.at(-1) ?? Number.NaN);
		}
		const sent = gateway.simulator.requests.map(({ body }) => body);
		expect(sent.at(1)).toMatchObject({ contents: [{ parts: [{}] }], tools: [{ googleSearch: {} }] });
		expect(held.at(1)).toBe(held[0]);
		expect(held.at(1)).toBeGreaterThan(10 * Number(held.at(2)));
	} finally {
		await gateway.close();
	}
});
