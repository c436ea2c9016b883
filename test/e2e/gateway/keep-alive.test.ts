import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../support/open-test-gateway.ts';
import { askChat, type ClockedGateway, chatFrame, openClockedGateway } from '../../support/raw-provider.ts';

const SECOND_MS = 1000;
const END = `${chatFrame({}, 'stop')}data: [DONE]\n\n`;

let open: ClockedGateway;
let calls = 0;
/** Lets the provider write, and end where nothing follows. */
let write: (text: string, more?: 'goes on') => void;
afterEach(() => open.close());

/** A provider that writes nothing until a test lets it. */
async function openSilent(options: Parameters<typeof openClockedGateway>[1] = {}, status = 200): Promise<void> {
	calls = 0;
	open = await openClockedGateway(
		(_request, response) => {
			calls += 1;
			const contentType = status === 200 ? 'text/event-stream' : 'application/json';
			write = (text, more) => {
				if (!response.headersSent) response.writeHead(status, { 'content-type': contentType });
				if (more === undefined) response.end(text);
				else response.write(text);
			};
		},
		{ kind: 'openai-compatible', ...options },
	);
}

/** Reads an answer piece by piece. */
function readPieces(response: Response): () => Promise<string> {
	const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
	return async () => (await reader?.read())?.value ?? '';
}

/** A turn of the event loop, for what a socket has to deliver. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('a balancer that cuts silent connections after a minute has no reason to', () => {
	it('while a model thinks: first a head with the decision, then comments; the end says what the head could not', async () => {
		await openSilent();
		const asked = askChat(open.url, { stream: true });
		await until(() => calls === 1, 'the call');
		await open.clock.advance(10 * SECOND_MS);
		const response = await asked;
		const own = [...response.headers.keys()].filter((name) => name.startsWith('x-switchyard-'));
		expect([response.status, own]).toEqual([200, ['x-switchyard-decision']]);
		const next = readPieces(response);
		expect(await next()).toBe(': keep-alive\n\n');
		await open.clock.advance(10 * SECOND_MS);
		expect(await next()).toBe(': keep-alive\n\n');
		write(chatFrame({ content: 'Well thought.' }) + END);
		let rest = '';
		for (let piece = await next(); piece !== ''; piece = await next()) rest += piece;
		expect(rest).toContain('Well thought.');
		expect(rest).toMatch(/: switchyard decision=\S+ model=gpt-5-mini attempts=1 .*deployment="raw".* cost=/);
	});

	it('in the middle of an answer, between two events', async () => {
		await openSilent();
		const asked = askChat(open.url, { stream: true });
		await until(() => calls === 1, 'the call');
		write(chatFrame({ content: 'Well' }), 'goes on');
		const response = await asked;
		expect(response.headers.get('x-switchyard-model')).toBe('gpt-5-mini');
		const next = readPieces(response);
		expect(await next()).toBe(chatFrame({ content: 'Well' }));
		await open.clock.advance(10 * SECOND_MS);
		expect(await next()).toBe(': keep-alive\n\n');
		write(END);
		expect(await next()).toContain('[DONE]');
	});

	it('unless who runs the gateway wants none', async () => {
		await openSilent({ keepAliveMs: 0 });
		let hasHead = false;
		const asked = askChat(open.url, { stream: true }).then((response) => {
			hasHead = true;
			return response;
		});
		await until(() => calls === 1, 'the call');
		await open.clock.advance(30 * SECOND_MS);
		await settle();
		expect(hasHead).toBe(false);
		write(chatFrame({ content: 'Late.' }) + END);
		expect((await asked).headers.get('x-switchyard-model')).toBe('gpt-5-mini');
	});
});

describe('what an early head lacks is told at the end, in every format', () => {
	/** One that thinks for twelve seconds; the head, and all that follows it. */
	async function askThinker(path: string, body: object): Promise<{ response: Response; rest: string }> {
		await openSilent();
		const asked = fetch(`${open.url}${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'user-agent': 'codex_cli_rs/0.171.0' },
			body: JSON.stringify(body),
		});
		await until(() => calls === 1, 'the call');
		await open.clock.advance(12 * SECOND_MS);
		const response = await asked;
		write(chatFrame({ content: 'Well thought.' }) + END);
		return { response, rest: await response.text() };
	}

	const messages = [{ role: 'user', content: 'Think.' }];
	it.each([
		['Chat Completions', '/v1/chat/completions', { messages, stream: true }, ': keep-alive'],
		['Responses, as Codex asks', '/v1/responses', { input: 'Think.', stream: true }, ': keep-alive'],
		['Anthropic', '/v1/messages', { messages, max_tokens: 99, stream: true }, 'event: ping'],
	])('%s: in the last comment', async (_name, path, body, frame) => {
		const { response, rest } = await askThinker(path, { model: 'gpt-5-mini', ...body });
		const id = response.headers.get('x-switchyard-decision');
		const own = [...response.headers].filter(([name]) => name.startsWith('x-switchyard-'));
		expect(own).toEqual([['x-switchyard-decision', expect.any(String)]]);
		expect([response.headers.get('request-id'), response.headers.get('x-request-id')]).toContain(id);
		expect(rest).toContain(`${frame}\n`);
		expect(rest).toContain('Well thought.');
		expect(rest).toMatch(new RegExp(`: switchyard decision=${id} model=gpt-5-mini .*deployment="raw".* cost=`));
	});

	it('Gemini: under the decision of the head', async () => {
		const contents = [{ role: 'user', parts: [{ text: 'Think.' }] }];
		const path = '/v1beta/models/gpt-5-mini:streamGenerateContent?alt=sse';
		const { response, rest } = await askThinker(path, { contents });
		expect(rest).toMatch(/^data: \{[^\n]*Well thought\./);
		expect(rest).not.toContain('switchyard');
		const id = response.headers.get('x-switchyard-decision');
		const decision = await (await fetch(`${open.url}/v1/decisions/${id}`)).json();
		expect(decision).toMatchObject({ attempts: [{ model: 'gpt-5-mini', outcome: 'success' }], ledger: [{}] });
	});
});

it('an early head commits to nothing: another attempt may answer, and a failure is the format’s error', async () => {
	await openSilent({ maxAttempts: 1 }, 400);
	const client = new OpenAI({ apiKey: 'none', baseURL: `${open.url}/v1`, maxRetries: 0 });
	const messages = [{ role: 'user' as const, content: 'Say hello.' }];
	const asked = client.chat.completions.create({ model: 'gpt-5-mini', stream: true, messages });
	await until(() => calls === 1, 'the call');
	await open.clock.advance(10 * SECOND_MS);
	const stream = await asked;
	write(JSON.stringify({ error: { message: 'temperature is wrong', type: 'invalid_request_error', code: 'bad' } }));
	const read = async () => {
		for await (const chunk of stream) expect(chunk).toBeUndefined();
	};
	await expect(read()).rejects.toThrow('temperature is wrong');
});

describe('unchanged SDKs read an answer that was kept alive as any other', () => {
	async function keepAlive(): Promise<void> {
		await until(() => calls === 1, 'the call');
		for (let count = 0; count < 3; count += 1) await open.clock.advance(10 * SECOND_MS);
		await settle();
		write(chatFrame({ content: 'Well' }), 'goes on');
		await settle();
		await open.clock.advance(10 * SECOND_MS);
		await settle();
		write(chatFrame({ content: ' thought.' }) + END);
	}

	it('OpenAI’s', async () => {
		await openSilent();
		const client = new OpenAI({ apiKey: 'none', baseURL: `${open.url}/v1`, maxRetries: 0 });
		const messages = [{ role: 'user' as const, content: 'Think.' }];
		const asked = client.chat.completions.create({ model: 'gpt-5-mini', stream: true, messages });
		await keepAlive();
		let text = '';
		for await (const chunk of await asked) text += chunk.choices[0]?.delta.content ?? '';
		expect(text).toBe('Well thought.');
	});

	it('OpenAI’s, of Responses', async () => {
		await openSilent();
		const client = new OpenAI({ apiKey: 'none', baseURL: `${open.url}/v1`, maxRetries: 0 });
		const asked = client.responses.stream({ model: 'gpt-5-mini', input: 'Think.' }).finalResponse();
		await keepAlive();
		expect((await asked).output_text).toBe('Well thought.');
	});

	it('Anthropic’s, by pings before the message begins', async () => {
		await openSilent();
		const client = new Anthropic({ apiKey: 'none', baseURL: open.url, maxRetries: 0 });
		const messages = [{ role: 'user' as const, content: 'Think.' }];
		const asked = client.messages.stream({ model: 'gpt-5-mini', max_tokens: 99, messages }).finalText();
		await keepAlive();
		expect(await asked).toBe('Well thought.');
	});

	it('Google’s, which gets a head and no comments', async () => {
		await openSilent();
		const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: open.url } });
		const asked = client.models.generateContentStream({ model: 'gpt-5-mini', contents: 'Think.' });
		await keepAlive();
		let text = '';
		for await (const chunk of await asked) text += chunk.text ?? '';
		expect(text).toBe('Well thought.');
	});
});
