import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerStream, carriedContent, SAMPLE_USAGE, streamOf } from '../../../test/support/stream-parts.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { createUsage } from '../shared/usage.ts';
import {
	createGeminiStreamEncoder,
	createJsonArrayWriter,
	encodeGeminiAnswer,
	encodeGeminiStreamError,
} from './encode.ts';

const FACTS: AnswerMetadata = {
	id: 'abc',
	model: 'claude-x',
	createdAt: 0,
	wantsUsage: true,
	request: { generationConfig: { thinkingConfig: { includeThoughts: true } } },
};

let answer = '';
let client: GoogleGenAI;
const server = createServer((_request, response) => {
	const type = answer.startsWith('data') ? 'text/event-stream' : 'application/json';
	response.writeHead(200, { 'content-type': type }).end(answer);
});

beforeAll(async () => {
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	// a listening server has an address
	const { port } = server.address() as AddressInfo;
	client = new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } });
});
afterAll(() => server.close());

async function chunksOf(body: string): Promise<GenerateContentResponse[]> {
	answer = body;
	const chunks: GenerateContentResponse[] = [];
	for await (const chunk of await client.models.generateContentStream({ model: 'm', contents: 'hi' }))
		chunks.push(chunk);
	return chunks;
}

/** All parts of a stream, texts that follow each other joined. */
function joined(chunks: readonly GenerateContentResponse[]): unknown[] {
	const parts: Record<string, unknown>[] = [];
	for (const part of chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])) {
		const last = parts.at(-1);
		if (part.text === '' && part.thoughtSignature === undefined) continue;
		if (
			last !== undefined &&
			typeof part.text === 'string' &&
			typeof last['text'] === 'string' &&
			part.thought === last['thought']
		) {
			last['text'] += part.text;
		} else parts.push({ ...part });
	}
	return parts;
}

function encode(parts: ReturnType<typeof answerStream>): string {
	const encoder = createGeminiStreamEncoder(FACTS);
	return parts.map((part) => encoder.push(part)).join('');
}

describe('a neutral stream as Google’s client reads it', () => {
	it('is the same content as the whole answer: texts, thoughts, calls, reason, usage', async () => {
		await fc.assert(
			fc.asyncProperty(carriedContent, fc.integer({ min: 1, max: 9 }), async (content, size) => {
				const chunks = await chunksOf(encode(answerStream(content, size)));
				const finishReason = { unified: 'stop' as const, raw: undefined };
				const { body } = encodeGeminiAnswer({ content, finishReason, usage: SAMPLE_USAGE, warnings: [] }, FACTS);
				answer = JSON.stringify(body);
				const whole = await client.models.generateContent({ model: 'm', contents: 'hi' });
				expect(joined(chunks)).toEqual(joined([whole]));
				expect(chunks.at(-1)).toMatchObject({
					candidates: [{ finishReason: 'STOP' }],
					usageMetadata: {
						promptTokenCount: 40,
						candidatesTokenCount: 20,
						thoughtsTokenCount: 10,
						totalTokenCount: 70,
					},
				});
				expect(whole.usageMetadata).toEqual(chunks.at(-1)?.usageMetadata);
			}),
			{ numRuns: 60 },
		);
	});

	it('keeps thoughts from a caller who did not ask for them', () => {
		const encoder = createGeminiStreamEncoder({ ...FACTS, request: {} });
		const parts = streamOf({ type: 'reasoning', text: 'secretly' }, 'r', 3);
		expect(parts.map((part) => encoder.push(part)).join('')).toBe('');
	});

	it('never ends cleanly when the provider broke off', async () => {
		const finish = {
			type: 'finish',
			usage: SAMPLE_USAGE,
			finishReason: { unified: 'interrupted', raw: undefined },
		} as const;
		const body = encode([...streamOf({ type: 'text', text: 'half' }, 't', 4), finish]);
		await expect(chunksOf(body)).rejects.toThrow('did not finish');
	});

	it('tells an error in the middle of a stream so that the client throws it', async () => {
		const error = { status: 503, message: 'The provider is overloaded.', code: null };
		const body = encode(streamOf({ type: 'text', text: 'half' }, 't', 2)) + encodeGeminiStreamError(error);
		await expect(chunksOf(body)).rejects.toThrow('The provider is overloaded.');
	});

	it('ends early with the reason that was met', async () => {
		const encoder = createGeminiStreamEncoder(FACTS);
		const begun = streamOf({ type: 'text', text: 'half' }, 't', 2).map((part) => encoder.push(part));
		const chunks = await chunksOf(
			begun.join('') + encoder.endEarly('length', createUsage({ inputTokens: 3, outputTokens: 2 })),
		);
		expect(chunks.at(-1)).toMatchObject({
			candidates: [{ finishReason: 'MAX_TOKENS' }],
			usageMetadata: { totalTokenCount: 5 },
		});
	});

	it('is one JSON list for a caller who did not ask for events', () => {
		fc.assert(
			fc.property(carriedContent, fc.integer({ min: 1, max: 9 }), (content, size) => {
				const encoder = createGeminiStreamEncoder(FACTS);
				const writer = createJsonArrayWriter();
				const events = answerStream(content, size).map((part) => encoder.push(part));
				const list = JSON.parse(events.map((event) => writer.push(event)).join('') + writer.end());
				expect(list).toHaveLength(events.filter((event) => event !== '').length);
				expect(list.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }] });
			}),
		);
		expect(JSON.parse(createJsonArrayWriter().end())).toEqual([]);
	});
});
