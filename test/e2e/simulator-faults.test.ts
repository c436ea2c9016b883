import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProviderSimulator, type ScriptedFault, startProviderSimulator } from '../../src/testing.ts';

const TEXT = 'one two three four five six seven eight nine ten';

let simulator: ProviderSimulator;
beforeAll(async () => {
	simulator = await startProviderSimulator({ retryAfterSeconds: 7 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

interface Heard {
	status: number | null;
	headers: Headers;
	body: string;
	/** The connection ended before the answer did. */
	isBroken: boolean;
	tookMs: number;
}

const PATHS = {
	'openai-chat': '/v1/chat/completions',
	'openai-responses': '/v1/responses',
	'anthropic-messages': '/v1/messages',
	gemini: '/v1beta/models/m:streamGenerateContent',
};
type Format = keyof typeof PATHS;

function bodyOf(format: Format, stream: boolean): unknown {
	const messages = [{ role: 'user', content: 'Say ten numbers' }];
	if (format === 'gemini') return { contents: [{ role: 'user', parts: [{ text: 'Say ten numbers' }] }] };
	if (format === 'openai-responses') return { model: 'm', input: messages, stream };
	return { model: 'm', max_tokens: 100, messages, stream };
}

async function call(format: Format, stream = true, signal?: AbortSignal): Promise<Heard> {
	const startedAt = performance.now();
	const path = stream ? PATHS[format] : PATHS[format].replace('streamG', 'g');
	const heard: Heard = {
		status: null,
		headers: new Headers(),
		body: '',
		isBroken: false,
		tookMs: 0,
	};
	try {
		const response = await fetch(simulator.url + path, {
			method: 'POST',
			body: JSON.stringify(bodyOf(format, stream)),
			...(signal === undefined ? {} : { signal }),
		});
		heard.status = response.status;
		heard.headers = response.headers;
		const decoder = new TextDecoder();
		for await (const chunk of response.body ?? []) heard.body += decoder.decode(chunk, { stream: true });
	} catch {
		heard.isBroken = true;
	}
	heard.tookMs = performance.now() - startedAt;
	return heard;
}

const formats = Object.keys(PATHS) as Format[];
const script = (fault: ScriptedFault, more: object = {}) => {
	simulator.script({ m: { text: TEXT, schedule: [fault], ...more } });
};
/** Words of the text that were heard. */
const words = ({ body }: Heard) => TEXT.split(' ').filter((word) => body.includes(`${word}"`)).length;
const isOver = (format: Format, { body }: Heard) =>
	({
		'openai-chat': /"finish_reason":"stop"/,
		'openai-responses': /response\.completed/,
		'anthropic-messages': /"stop_reason":"end_turn"/,
		gemini: /"finishReason":"STOP"/,
	})[format].test(body);

describe.each(formats)('%s: the simulator breaks as scripted, and heals', (format) => {
	it('answers a status with the provider’s own error, with the wait that is scripted', async () => {
		script({ fault: '429', retryAfterSeconds: 2 });
		const first = await call(format);
		expect([first.status, first.headers.get('retry-after')]).toEqual([429, '2']);
		expect(JSON.parse(first.body).error.message).toMatch(/Rate limit/);
		script({ fault: '503', retryAfterSeconds: null });
		const second = await call(format);
		expect([second.status, second.headers.get('retry-after')]).toEqual([503, null]);
		expect(isOver(format, await call(format))).toBe(true);
	});

	it('cuts after so many tokens, without an end', async () => {
		script({ fault: 'cut', afterTokens: 4 });
		const heard = await call(format);
		expect([heard.status, heard.isBroken, words(heard), isOver(format, heard)]).toEqual([200, true, 4, false]);
	});

	it('stalls after so many tokens, then hangs up', async () => {
		script({ fault: 'stall', afterTokens: 3, forMs: 120 });
		const heard = await call(format);
		expect([heard.isBroken, words(heard)]).toEqual([true, 3]);
		expect(heard.tookMs).toBeGreaterThan(110);
	});

	it('sends one event too many that is not JSON, and goes on', async () => {
		script({ fault: 'malformed', afterTokens: 5 });
		const heard = await call(format);
		expect([words(heard), isOver(format, heard), heard.isBroken]).toEqual([10, true, false]);
		const lines = heard.body.split('\n').filter((line) => line.startsWith('data: {'));
		const broken = lines.filter((line) => {
			try {
				JSON.parse(line.slice(6));
				return false;
			} catch {
				return true;
			}
		});
		expect(broken).toHaveLength(1);
	});

	it('tells an error in the middle', async () => {
		script({ fault: 'stream-error', afterTokens: 5 });
		const heard = await call(format);
		expect([words(heard), isOver(format, heard), heard.isBroken]).toEqual([5, false, false]);
		expect(heard.body).toMatch(/Overloaded/);
	});

	it('sends the head at once and the first token late', async () => {
		// Longer than this test may take: whoever has the head has not waited for the token.
		script({ fault: 'malformed' }, { schedule: [], firstTokenMs: 600_000 });
		const leaves = new AbortController();
		const body = JSON.stringify(bodyOf(format, true));
		const head = await fetch(simulator.url + PATHS[format], { method: 'POST', body, signal: leaves.signal });
		expect(head.status).toBe(200);
		leaves.abort();
		script({ fault: 'malformed' }, { schedule: [], firstTokenMs: 150 });
		const heard = await call(format);
		expect(heard.tookMs).toBeGreaterThan(140);
		expect(isOver(format, heard)).toBe(true);
	});

	it('says nothing at all, then hangs up', async () => {
		script({ fault: 'hang', forMs: 100 });
		const heard = await call(format);
		expect([heard.status, heard.isBroken]).toEqual([null, true]);
		expect(heard.tookMs).toBeGreaterThan(90);
	});

	it('ends in good order without having said that it is whole', async () => {
		script({ fault: 'no-finish' });
		const heard = await call(format);
		expect([words(heard), isOver(format, heard), heard.isBroken]).toEqual([10, false, false]);
	});

	it('leaves out only the format’s last word', async () => {
		script({ fault: 'no-done' });
		const heard = await call(format);
		expect([words(heard), isOver(format, heard), heard.isBroken]).toEqual([10, true, false]);
		expect(heard.body).not.toMatch(/\[DONE\]|message_stop/);
	});

	it('repeats the end', async () => {
		script({ fault: 'duplicate-finish' });
		const heard = await call(format);
		expect(isOver(format, heard)).toBe(true);
		expect(
			heard.body.match(/"finish_reason":"stop"|event: response\.completed|event: message_stop|"STOP"/g),
		).toHaveLength(2);
	});

	it('pings and trickles for ever', async () => {
		script({ fault: 'pings', everyMs: 10 });
		const pinged = await call(format, true, AbortSignal.timeout(150));
		expect(pinged.body.match(/ping/g)?.length).toBeGreaterThan(4);
		expect(words(pinged)).toBe(0);
		script({ fault: 'slowloris', everyMs: 10 });
		const trickled = await call(format, true, AbortSignal.timeout(150));
		expect(trickled.body.length).toBeGreaterThan(3);
		expect(trickled.body.length).toBeLessThan(40);
	});

	it('breaks whole answers too', async () => {
		for (const fault of ['cut', 'stall', 'reset'] as const) {
			script({ fault, forMs: 20 });
			expect((await call(format, false)).isBroken, fault).toBe(true);
		}
		script({ fault: 'malformed' });
		expect((await call(format, false)).body).toMatch(/"oops$/);
		script({ fault: 'wrong-type' });
		expect((await call(format, false)).headers.get('content-type')).toBe('text/plain');
		script({ fault: 'not-streamed' });
		expect((await call(format)).headers.get('content-type')).toBe('application/json');
	});

	it('writes down what was asked, and when the client went away', async () => {
		script({ fault: 'stall', afterTokens: 2 });
		await call(format, true, AbortSignal.timeout(80));
		await expect.poll(() => simulator.requests[0]?.abortedAt).toBeTypeOf('number');
		expect(simulator.requests[0]).toMatchObject({
			model: 'm',
			met: 'stall',
			tokensSent: 2,
			bodyText: JSON.stringify(bodyOf(format, true)),
			headers: { host: `127.0.0.1:${simulator.port}` },
		});
		await call(format);
		expect(simulator.requests[1]).toMatchObject({ met: 'ok', abortedAt: null, tokensSent: 10 });
	});

	it('tells its limits, holds them, and opens again', async () => {
		script({ fault: 'cut' }, { schedule: [], rateLimit: { requests: 2, windowMs: 150 } });
		const [first, second, third] = [await call(format), await call(format), await call(format)];
		expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
		expect(third.headers.get('retry-after')).toBe('1');
		const remaining = ['anthropic-ratelimit-requests-remaining', 'x-ratelimit-remaining-requests']
			.map((name) => second.headers.get(name))
			.find((value) => value !== null);
		expect(remaining).toBe(format === 'gemini' ? undefined : '0');
		await expect.poll(async () => (await call(format)).status, { interval: 50 }).toBe(200);
	});
});

describe('what a provider looks at closely', () => {
	it('a model that is down comes back after a while', async () => {
		simulator.script({ m: { downForMs: 120 } });
		simulator.reset();
		expect((await call('openai-chat')).status).toBe(503);
		await expect.poll(async () => (await call('openai-chat')).status).toBe(200);
	});

	it('refuses a prefill where the model takes none, goes on from it where it does', async () => {
		const client = new OpenAI({ apiKey: 'x', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
		const messages = [
			{ role: 'user' as const, content: 'Count' },
			{ role: 'assistant' as const, content: 'one two' },
		];
		simulator.script({ strict: { rejectsPrefill: true }, m: { text: TEXT } });
		await expect(client.chat.completions.create({ model: 'strict', messages })).rejects.toMatchObject({ status: 400 });
		const answer = await client.chat.completions.create({ model: 'm', messages });
		expect(answer.choices[0]?.message.content).toBe(' three four five six seven eight nine ten');
	});

	it('refuses what is too long for it, and what its policy forbids', async () => {
		const client = new OpenAI({ apiKey: 'x', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
		const messages = [{ role: 'user' as const, content: 'long '.repeat(100) }];
		simulator.script({ small: { contextWindow: 20 }, strict: { schedule: ['content-policy'] } });
		await expect(client.chat.completions.create({ model: 'small', messages })).rejects.toMatchObject({
			code: 'context_length_exceeded',
		});
		await expect(client.chat.completions.create({ model: 'strict', messages })).rejects.toMatchObject({
			code: 'content_policy_violation',
		});
	});

	it('refuses reasoning that was tampered with or thought by another model', async () => {
		const anthropic = new Anthropic({ apiKey: 'x', baseURL: simulator.url, maxRetries: 0 });
		const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
		const ask = { role: 'user' as const, content: 'Think' };
		const { content } = await anthropic.messages.create({ model: 'm', max_tokens: 2000, thinking, messages: [ask] });
		const again = (model: string, answer: typeof content) =>
			anthropic.messages.create({
				model,
				max_tokens: 2000,
				thinking,
				messages: [ask, { role: 'assistant', content: answer }, ask],
			});
		await expect(again('m', content)).resolves.toMatchObject({ stop_reason: 'end_turn' });
		await expect(again('another', content)).rejects.toMatchObject({ status: 400 });
		const forged = content.map((block) =>
			block.type === 'thinking' ? { ...block, thinking: 'Something else' } : block,
		);
		await expect(again('m', forged)).rejects.toThrow(/Invalid `signature`/);

		const openai = new OpenAI({ apiKey: 'x', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
		const reasoning = { type: 'reasoning' as const, id: 'rs_1', summary: [], encrypted_content: 'Z2FyYmFnZQ==' };
		await expect(
			openai.responses.create({ model: 'm', input: [reasoning, { role: 'user', content: 'On' }] }),
		).rejects.toMatchObject({ code: 'invalid_encrypted_content' });

		const gemini = new GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl: simulator.url } });
		const parts = [{ text: 'Hm', thoughtSignature: 'Z2FyYmFnZQ==' }];
		await expect(gemini.models.generateContent({ model: 'm', contents: [{ role: 'model', parts }] })).rejects.toThrow(
			/signature/,
		);
	});

	it('embeds texts, counts tokens and lists its models as each SDK expects', async () => {
		simulator.script({ listed: {} });
		const openai = new OpenAI({ apiKey: 'x', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
		const { data, usage } = await openai.embeddings.create({ model: 'e', input: ['a', 'b'], dimensions: 8 });
		expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
		expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1);
		expect(data[0]?.embedding).not.toEqual(data[1]?.embedding);
		expect(usage.total_tokens).toBe(2);
		expect((await openai.models.list()).data.map(({ id }) => id)).toContain('listed');
		const anthropic = new Anthropic({ apiKey: 'x', baseURL: simulator.url, maxRetries: 0 });
		expect((await anthropic.models.list()).data.map(({ id }) => id)).toContain('listed');
		const counted = await anthropic.messages.countTokens({
			model: 'm',
			messages: [{ role: 'user', content: 'abcdefgh' }],
		});
		expect(counted.input_tokens).toBe(2);
		const gemini = new GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl: simulator.url } });
		expect(await gemini.models.countTokens({ model: 'm', contents: 'abcdefgh' })).toMatchObject({ totalTokens: 2 });
		const names: Array<string | undefined> = [];
		for await (const { name } of await gemini.models.list()) names.push(name);
		expect(names).toContain('models/listed');
	});

	it('gives as many answers as are asked for', async () => {
		const client = new OpenAI({ apiKey: 'x', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
		const { choices } = await client.chat.completions.create({
			model: 'm',
			n: 3,
			messages: [{ role: 'user', content: 'x' }],
		});
		expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
	});
});
