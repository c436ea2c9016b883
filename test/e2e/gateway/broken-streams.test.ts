import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { GoogleGenerativeAI } from '@google/generative-ai';
import { streamText } from 'ai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunk, content, stream } from '../../support/recordings/answers.ts';
import { openReplayGateway, type ProviderAnswer, type ReplayGateway } from '../../support/recordings/replay-gateway.ts';

let gateway: ReplayGateway;
beforeEach(async () => {
	gateway = await openReplayGateway();
});
afterEach(() => gateway.close());

/** What a client library made of a stream. */
interface Reading {
	text: string;
	/** `null`: it took the answer for whole. */
	failure: string | null;
}

type Client = (prompt: string, model: string) => Promise<AsyncIterable<{ text: string }>>;

async function* listTexts<Chunk>(chunks: AsyncIterable<Chunk>, getText: (chunk: Chunk) => string | undefined) {
	for await (const each of chunks) yield { text: getText(each) ?? '' };
}

const CLIENTS: ReadonlyArray<[name: string, client: Client]> = [
	[
		'@google/genai',
		async (contents, model) => {
			const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: gateway.url } });
			return listTexts(await client.models.generateContentStream({ model, contents }), ({ text }) => text);
		},
	],
	[
		'@google/generative-ai',
		async (prompt, model) => {
			const client = new GoogleGenerativeAI('none').getGenerativeModel({ model }, { baseUrl: gateway.url });
			const { response, stream: chunks } = await client.generateContentStream(prompt);
			// it fails with the stream; nobody here asks for it
			response.catch(() => {});
			return listTexts(chunks, (each) => each.text());
		},
	],
	[
		'openai, in chat completions',
		async (content, model) => {
			const client = new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}/v1` });
			const messages = [{ role: 'user' as const, content }];
			const chunks = await client.chat.completions.create({ model, messages, stream: true });
			return listTexts(chunks, ({ choices }) => choices[0]?.delta.content ?? '');
		},
	],
	[
		'openai, in responses',
		async (input, model) => {
			const client = new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}/v1` });
			const events = client.responses.stream({ model, input });
			return listTexts(events, (event) => (event.type === 'response.output_text.delta' ? event.delta : ''));
		},
	],
	[
		'@anthropic-ai/sdk',
		async (content, model) => {
			const client = new Anthropic({ apiKey: 'none', baseURL: gateway.url });
			const events = client.messages.stream({ model, max_tokens: 100, messages: [{ role: 'user', content }] });
			return listTexts(events, (event) =>
				event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
			);
		},
	],
	[
		// cline and opencode stand on it
		'@ai-sdk/openai-compatible',
		async (prompt, model) => {
			const provider = createOpenAICompatible({ name: 'gateway', baseURL: `${gateway.url}/v1` });
			const { fullStream } = streamText({ model: provider(model), prompt, onError: () => {} });
			return listTexts(fullStream, (part) => {
				if (part.type === 'error') throw part.error;
				return part.type === 'text-delta' ? part.text : '';
			});
		},
	],
];

async function read(client: Client, answer: ProviderAnswer): Promise<Reading> {
	const reading: Reading = { text: '', failure: null };
	try {
		for await (const { text } of await client(gateway.script(answer), answer.format)) reading.text += text;
	} catch (error) {
		reading.failure = String(error);
	}
	return reading;
}

const ERROR = { error: { code: 503, message: 'engine fell over', status: 'UNAVAILABLE' } };
const BROKEN: ReadonlyArray<[how: string, answer: ProviderAnswer]> = [
	['is cut', stream('gemini', [content([{ text: 'Half' }])])],
	['is cut, translated', stream('openai-chat', [chunk({ content: 'Half' })])],
	['ends with an error of its provider', stream('gemini', [content([{ text: 'Half' }]), ERROR])],
];

describe.each(CLIENTS)('%s takes no half answer for whole', (_name, client) => {
	it.each(BROKEN)('where a stream %s', async (_how, answer) => {
		expect(await read(client, answer)).toEqual({ text: 'Half', failure: expect.any(String) });
	});
});

describe('a Gemini stream that fails', () => {
	it.each(BROKEN)('has said why before its connection breaks, where it %s', async (_how, answer) => {
		const { bytes, isBroken } = await gateway.ask('gemini', answer);
		expect(bytes.toString()).toMatch(/Half.*"error":\{"code":50\d,"message":".{10}/s);
		expect(isBroken).toBe(true);
	});

	it('breaks off as a list too, by a reset: gemini-cli asks again at that, and shows other failures', async () => {
		const prompt = gateway.script(BROKEN[0]?.[1] as ProviderAnswer);
		const contents = [{ role: 'user', parts: [{ text: prompt }] }];
		const response = await fetch(`${gateway.url}/v1beta/models/gemini:streamGenerateContent`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ contents }),
		});
		await expect(response.text()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
	});
});

it.each([
	['Bun/1.3.13', 'close'],
	['ai-sdk/openai-compatible/3.0.92 ai-sdk/provider-utils/5.0.0 runtime/bun/1.3.13', 'close'],
	['opencode/1.18.33 ai-sdk/provider-utils/4.0.40 runtime/bun/1.3.14', 'keep-alive'],
])('%s never joins two answers, as some do on a kept connection that breaks: %s', async (agent, connection) => {
	const answer = BROKEN[0]?.[1] as ProviderAnswer;
	const { headers } = await gateway.ask('gemini', answer, { headers: { 'user-agent': agent } });
	expect(headers.get('connection')).toBe(connection);
});

it('a stream that fails in another format ends behind its error: those clients read it', async () => {
	const answer = BROKEN[1]?.[1] as ProviderAnswer;
	for (const caller of ['anthropic-messages', 'openai-chat', 'openai-responses'] as const)
		expect(await gateway.ask(caller, answer), caller).toMatchObject({ isBroken: false });
});
