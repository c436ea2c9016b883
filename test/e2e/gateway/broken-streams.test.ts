import { GoogleGenAI } from '@google/genai';
import { GoogleGenerativeAI } from '@google/generative-ai';
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

it('a stream that fails in another format ends behind its error: those clients read it', async () => {
	const answer = BROKEN[1]?.[1] as ProviderAnswer;
	for (const caller of ['anthropic-messages', 'openai-chat', 'openai-responses'] as const)
		expect(await gateway.ask(caller, answer), caller).toMatchObject({ isBroken: false });
});
