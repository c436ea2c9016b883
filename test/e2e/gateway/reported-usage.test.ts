import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { askChat, chatFrame, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

let open: RawGateway | null = null;
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

/** Rows of the ledger as they stand. */
async function readLedger({ gateway, project }: RawGateway) {
	await gateway.gateway.settled();
	await gateway.gateway.runtime.system.flush();
	const database = new DatabaseSync(`${project.path}/.claude/orchestration/db/routing.db`, { readOnly: true });
	const rows = database.prepare('SELECT * FROM cost_tracking ORDER BY created_at').all();
	database.close();
	return rows;
}

const TEXT = 'word '.repeat(100);

/** A provider of OpenAI's formats whose every answer has this usage; `calls` counts what it was asked. */
async function openWithUsage(usage: object | undefined, change: object = {}, isCompatible = true) {
	const calls: string[] = [];
	open = await openRawGateway(
		(request, response, body) => {
			calls.push(request.url ?? '');
			if (JSON.parse(body).stream === true) {
				response.writeHead(200, { 'content-type': 'text/event-stream' });
				const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage };
				const told = usage === undefined ? '' : `data: ${JSON.stringify(chunk)}\n\n`;
				response.end(`${chatFrame({ content: TEXT })}${chatFrame({}, 'stop')}${told}data: [DONE]\n\n`);
				return;
			}
			const choices = [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }];
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end(
				JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage, ...change }),
			);
		},
		{ fallback: { enabled: false, maxAttempts: 3 } },
		undefined,
		{ isCompatible },
	);
	return { calls, url: open.url, ledger: () => readLedger(open as RawGateway) };
}

/** Asks as a client of Anthropic's format, so that the answer is translated. */
function askMessages(url: string, change: object = {}): Promise<Response> {
	const body = { model: 'gpt-5-mini', max_tokens: 400, messages: [{ role: 'user', content: 'Say hello.' }], ...change };
	return fetch(`${url}/v1/messages`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
		body: JSON.stringify(body),
	});
}

/** A row that was charged by an estimate of the text: 500 characters, 100 words, and a question of two. */
function expectEstimate(row: Record<string, unknown>): void {
	expect(row['is_estimated']).toBe(1);
	expect(row['tokens_output']).toBeGreaterThanOrEqual(100);
	// the caller's limit, where a client library breaks a stream off for figures that are no numbers
	expect(row['tokens_output']).toBeLessThanOrEqual(400);
	expect(row['tokens_input']).toBeGreaterThan(1);
	expect(row['tokens_input']).toBeLessThan(500);
}

const ASK = {
	'passed through': (url: string, stream: boolean) => askChat(url, { max_tokens: 400, stream }),
	translated: (url: string, stream: boolean) => askMessages(url, { stream }),
};

describe.each(Object.entries(ASK))('an answer that is %s', (_how, ask) => {
	it('without usage is charged by an estimate from its text, and says so', async () => {
		const { ledger, url } = await openWithUsage(undefined);
		const whole = await ask(url, false);
		await whole.text();
		expect(whole.headers.get('x-switchyard-estimated')).toBe('true');
		expect(Number(whole.headers.get('x-switchyard-cost'))).toBeGreaterThan(0);
		expect(await (await ask(url, true)).text()).toMatch(/: switchyard .* cost=0\.000\d*[1-9]\d* estimated=true\n/);
		const rows = await ledger();
		expect(rows).toHaveLength(2);
		for (const row of rows) expectEstimate(row);
	});

	it.each([
		['negative', { prompt_tokens: -100_000, completion_tokens: -5_000_000 }, /is -100000; .*is -5000000;/],
		['fractional', { prompt_tokens: 9, completion_tokens: 1.5 }, /completion_tokens is 1\.5;/],
		['no numbers', { prompt_tokens: null, completion_tokens: 'NaN' }, /completion_tokens is a string;/],
		['more than a number holds', { prompt_tokens: 9, completion_tokens: 1e308 }, /is 1e\+308;/],
		[
			'a quadrillion',
			{ prompt_tokens: 9, completion_tokens: 1e15 },
			/1000000000000000 output tokens, when the call allows/,
		],
		['far more than asked for', { prompt_tokens: 9, completion_tokens: 500_000 }, /500000 output tokens/],
		['an input beyond every window', { prompt_tokens: 1e12, completion_tokens: 125 }, /1000000000000 input tokens/],
	])(
		'with figures that are %s costs the estimate; they are kept, and the caller has its answer',
		async (_name, usage, kept) => {
			const { calls, ledger, url } = await openWithUsage(usage);
			for (const isStream of [false, true]) {
				const response = await ask(url, isStream);
				expect(response.status).toBe(200);
				expect(await response.text()).toContain(TEXT);
			}
			expect(calls).toHaveLength(2);
			for (const row of await ledger()) {
				expectEstimate(row);
				expect(JSON.parse(String(row['unknown_usage'])).refusedUsage).toMatch(kept);
			}
		},
	);

	it('with cached tokens beside its prompt is charged for all of them', async () => {
		const { ledger, url } = await openWithUsage({
			prompt_tokens: 7,
			completion_tokens: 125,
			total_tokens: 132,
			prompt_tokens_details: { cached_tokens: 163, text_tokens: 7 },
		});
		await (await ask(url, false)).text();
		await (await ask(url, true)).text();
		for (const row of await ledger())
			expect(row).toMatchObject({ tokens_input: 170, tokens_cache_read: 163, tokens_output: 125, is_estimated: 0 });
	});

	it('keeps the cost that the provider states', async () => {
		const { ledger, url } = await openWithUsage({ prompt_tokens: 9, completion_tokens: 125, cost: 0.000_101_7 });
		await (await ask(url, false)).text();
		const [row] = await ledger();
		expect(row).toMatchObject({ provider_cost_nano: 101_700, unknown_usage: null });
		expect(row?.['cost_nano']).not.toBe(101_700);
	});
});

it('cache writes of a chat completion are billed once when it is translated, and the caller is told them', async () => {
	const usage = { prompt_tokens: 4020, completion_tokens: 125, prompt_tokens_details: { cache_write_tokens: 4012 } };
	const { ledger, url } = await openWithUsage(usage);
	const told = (await (await askMessages(url)).json()) as { usage: object };
	expect(told.usage).toMatchObject({ input_tokens: 8, cache_creation_input_tokens: 4012 });
	expect(await ledger()).toMatchObject([{ tokens_input: 4020, tokens_cache_write_5m: 4012 }]);
});

it('structured output that a server sends as the object itself reaches the caller, and is billed as reported', async () => {
	const usage = { prompt_tokens: 9, completion_tokens: 3 };
	const choices = [{ index: 0, message: { role: 'assistant', content: { city: 'Oslo' } }, finish_reason: 'stop' }];
	const { calls, ledger, url } = await openWithUsage(usage, { choices });
	const response = await askMessages(url);
	expect(await response.text()).toContain('{\\"city\\":\\"Oslo\\"}');
	expect(calls).toHaveLength(1);
	expect(await ledger()).toMatchObject([{ tokens_input: 9, tokens_output: 3, is_estimated: 0 }]);
});

it('an answer that cannot be translated is booked once, not asked for again, and the error says what happened', async () => {
	const usage = { prompt_tokens: 9, completion_tokens: 3 };
	const { calls, ledger, url } = await openWithUsage(usage, { choices: [{ index: 0, message: ['hello'] }] });
	const response = await askMessages(url);
	expect(response.status).toBe(502);
	expect(await response.text()).toContain('raw answered in a form that is not the one of its API');
	expect(calls).toHaveLength(1);
	expect(await ledger()).toMatchObject([{ tokens_input: 9, tokens_output: 3, is_estimated: 0 }]);
});

it('a request that cannot be translated is never sent, and never charged', async () => {
	const { calls, ledger, url } = await openWithUsage(undefined, {}, false);
	const response = await fetch(`${url}/v1beta/models/gpt-5-mini:generateContent`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'video/mp4', data: 'AAAA' } }] }],
		}),
	});
	expect(response.status).toBeGreaterThanOrEqual(400);
	expect(calls).toEqual([]);
	expect(await ledger()).toEqual([]);
});
