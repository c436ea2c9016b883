import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { dataOf, recordedStream } from '../../test/support/recorded-stream.ts';
import { anthropicMessagesFormat, type CallerFormat, geminiFormat, type StreamEncoder } from './index.ts';
import { createUsageReader } from './read-neutral-usage.ts';
import { toNeutralUsage } from './shared/neutral-usage.ts';

function answering(name: string): typeof fetch {
	return async () =>
		new Response(new Uint8Array(recordedStream(name)), { headers: { 'content-type': 'text/event-stream' } });
}

function encoderOf(format: CallerFormat): StreamEncoder {
	const request = { generationConfig: { thinkingConfig: { includeThoughts: true } } };
	const model = format.name === 'gemini' ? 'gemini-3-pro-preview' : 'claude';
	return format.createStreamEncoder({ id: 'abc', model, createdAt: 0, wantsUsage: true, request });
}

/** A recorded stream through the AI SDK's provider and back into a caller's format. */
async function translate(
	model: LanguageModelV4,
	format: CallerFormat,
	options: Partial<LanguageModelV4CallOptions> = {},
) {
	const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
	const { stream } = await model.doStream({ prompt, includeRawChunks: true, ...options });
	const encoder = encoderOf(format);
	const parts: LanguageModelV4StreamPart[] = [];
	const reader = createUsageReader(model.provider.startsWith('google') ? 'gemini' : 'anthropic-messages');
	let text = '';
	for await (const part of stream) {
		if (part.type === 'raw') reader.push(part.rawValue);
		else parts.push(part);
		const usage = part.type === 'finish' ? reader.usage() : null;
		text += encoder.push(part.type === 'finish' && usage !== null ? { ...part, usage: toNeutralUsage(usage) } : part);
	}
	return { text, parts, dropped: encoder.dropped };
}

function anthropicModel(name: string): LanguageModelV4 {
	return createAnthropic({ apiKey: 'key', fetch: answering(name) }).languageModel('claude-sonnet-4-5');
}

function geminiModel(name: string): LanguageModelV4 {
	return createGoogle({ apiKey: 'key', fetch: answering(name) }).languageModel('gemini-3-pro-preview');
}

async function messageOf(body: string): Promise<Anthropic.Message> {
	const client = new Anthropic({
		apiKey: 'key',
		fetch: async () =>
			new Response(new TextDecoder().decode(typeof body === 'string' ? new TextEncoder().encode(body) : body)),
	});
	const ask = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'hi' }] };
	return await client.messages.stream(ask).finalMessage();
}

const webSearch = {
	tools: [{ type: 'provider' as const, id: 'anthropic.web_search_20250305' as const, name: 'web_search', args: {} }],
};

describe('what a provider really sent, through the neutral form and back into its own format', () => {
	it.each(['anthropic-text', 'anthropic-thinking', 'anthropic-tool-use', 'anthropic-refusal', 'anthropic-web-search'])(
		'%s is the same message for Anthropic’s client',
		async (name) => {
			const { text, dropped } = await translate(anthropicModel(name), anthropicMessagesFormat, webSearch);
			const [mine, theirs] = [await messageOf(text), await messageOf(recordedStream(name).toString())];
			const told = (said: unknown) => JSON.parse(JSON.stringify(said));
			expect(told(mine.content)).toEqual(told(theirs.content));
			expect(mine.stop_reason).toBe(theirs.stop_reason);
			expect(mine.usage).toMatchObject({
				input_tokens: theirs.usage.input_tokens,
				output_tokens: theirs.usage.output_tokens,
				cache_creation: theirs.usage.cache_creation,
				server_tool_use: theirs.usage.server_tool_use ?? null,
			});
			expect(dropped).toEqual([]);
		},
	);

	it.each(['gemini-text', 'gemini-tool-call'])('%s is the same content for Google’s client', async (name) => {
		const { text } = await translate(geminiModel(name), geminiFormat);
		const partsOf = (events: Record<string, unknown>[]) =>
			JSON.parse(JSON.stringify(events)).flatMap(
				(event: { candidates: { content: { parts: object[] } }[] }) => event.candidates[0]?.content.parts ?? [],
			);
		const mine = partsOf(dataOf(text));
		const theirs = partsOf(dataOf(recordedStream(name).toString()));
		const told = (parts: { text?: string; functionCall?: { id?: string } }[]) =>
			parts
				.filter((part) => JSON.stringify(part) !== '{"text":""}')
				.map(({ functionCall, ...part }) =>
					functionCall === undefined ? part : { ...part, functionCall: { ...functionCall, id: 'any' } },
				);
		expect(told(mine)).toEqual(told(theirs));
		expect(dataOf(text).at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }] });
	});

	it('tells a blocked prompt as a refusal in both formats', async () => {
		const own = await translate(geminiModel('gemini-prompt-block'), geminiFormat);
		expect(dataOf(own.text).at(-1)).toMatchObject({ candidates: [{ finishReason: 'PROHIBITED_CONTENT' }] });
		const other = await translate(geminiModel('gemini-prompt-block'), anthropicMessagesFormat);
		expect(await messageOf(other.text)).toMatchObject({ content: [], stop_reason: 'refusal' });
	});

	it('gives a call of Gemini’s to Anthropic’s caller as a tool use, and names the proof it has no place for', async () => {
		const { text, dropped } = await translate(geminiModel('gemini-tool-call'), anthropicMessagesFormat);
		expect(await messageOf(text)).toMatchObject({
			stop_reason: 'tool_use',
			content: [{ type: 'tool_use', name: 'weather', input: { location: 'San Francisco' } }],
		});
		expect(dropped).toEqual(['tool-call.thoughtSignature']);
	});

	it('gives Anthropic’s thinking and text to Google’s caller, with nothing lost but the search', async () => {
		const thinking = await translate(anthropicModel('anthropic-thinking'), geminiFormat);
		const parts = dataOf(thinking.text).map((event) => JSON.stringify(event['candidates']));
		expect(parts[0]).toContain('"thought":true');
		expect(thinking.dropped).toEqual([]);
		const search = await translate(anthropicModel('anthropic-web-search'), geminiFormat, webSearch);
		expect(search.dropped).toEqual(['tool-call', 'tool-result']);
		expect(JSON.stringify(dataOf(search.text).at(-1))).toContain('crescendo.ai');
	});
});
