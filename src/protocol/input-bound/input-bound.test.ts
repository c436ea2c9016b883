import { describe, expect, it } from 'vitest';
import type { ModelProfile } from '../../contracts/index.ts';
import { createInputBound, type InputBoundSource } from './index.ts';

const WINDOW = 200_000;

function profile(provider: string, modelId = 'model'): ModelProfile {
	return { provider, modelId, contextWindow: WINDOW } as ModelProfile;
}

function bound(input: unknown, provider = 'anthropic', source: Omit<InputBoundSource, 'input'> = {}): number {
	return createInputBound({ input, ...source }).tokens(profile(provider));
}

function ask(...content: unknown[]): object {
	return { messages: [{ role: 'user', content }] };
}

const charges = (input: unknown, source: Omit<InputBoundSource, 'input'> = {}) =>
	createInputBound({ input, ...source }).charges;

/** What a part adds to a request without it, beside its text. */
function added(part: unknown, provider = 'anthropic'): number {
	return bound(ask(part), provider) - bound(ask({ type: 'text', text: '' }), provider);
}

function png(width: number, height: number): string {
	const header = Buffer.alloc(33);
	header.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
	header.writeUInt32BE(width, 16);
	header.writeUInt32BE(height, 20);
	return header.toString('base64');
}

/** With a thumbnail of 8 KB before the frame that has the size. */
function jpeg(width: number, height: number): string {
	const size = Buffer.from([0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1]);
	const thumbnail = Buffer.alloc(8194, 1);
	thumbnail.writeUInt16BE(8194, 0);
	return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe1]), thumbnail, size]).toString('base64');
}

const image = (data: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } });

describe('an image is held by its size, not by its bytes', () => {
	it.each([
		['a PNG', png(1000, 1000), 1334],
		['a JPEG behind its thumbnail', jpeg(1000, 1000), 1334],
		['a GIF', Buffer.from('GIF89a\xe8\x03\xe8\x03', 'latin1').toString('base64'), 1334],
		['WebP, lossy', Buffer.from('RIFF....WEBPVP8 ..........\xe8\x03\xe8\x03', 'latin1').toString('base64'), 1334],
		['WebP, extended', Buffer.from('RIFF....WEBPVP8X........\xe7\x03\0\xe7\x03\0', 'latin1').toString('base64'), 1334],
	])('%s of 1000 × 1000 takes at least width × height / 750 tokens at Anthropic', (_name, data, least) => {
		expect(added(image(data))).toBeGreaterThanOrEqual(least);
		expect(added(image(data))).toBeLessThan(least * 1.2);
	});

	it('the largest that a provider takes is held where the size is not known, or larger', () => {
		const unknown = added(image(Buffer.from('BM a bitmap').toString('base64')));
		expect(unknown).toBeGreaterThanOrEqual(4784);
		expect(added(image(png(8000, 8000)))).toBe(unknown);
		expect(added({ type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } })).toBeGreaterThanOrEqual(4784);
	});

	it.each([
		['chat completions', { type: 'image_url', image_url: { url: 'https://x.test/a.png' } }, 'openai', 10_000],
		['responses', { type: 'input_image', image_url: `data:image/png;base64,${png(2000, 2000)}` }, 'openai', 1445],
		['responses, by its id', { type: 'input_image', file_id: 'file-1' }, 'openai', 10_000],
		['gemini', { inlineData: { mimeType: 'image/png', data: png(3072, 3072) } }, 'google', 4128],
		['gemini, by its address', { fileData: { mimeType: 'image/png', fileUri: 'gs://a/b.png' } }, 'google', 4128],
		[
			'the AI SDK',
			{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: png(3000, 3000) } },
			'openai',
			1445,
		],
		['a tool result', { type: 'tool_result', content: [image(png(2000, 2000))] }, 'anthropic', 4784],
	])('%s', (_format, part, provider, least) => {
		expect(added(part, provider)).toBeGreaterThanOrEqual(least);
		expect(added(part, provider)).toBeLessThan(WINDOW / 4);
	});

	it('a picture of 3 MB holds its tokens, not a token for each byte', () => {
		const body = ask(image(`${png(1000, 1000)}${'A'.repeat(3_000_000)}`));
		const bodyBytes = Buffer.byteLength(JSON.stringify(body));
		expect(bound(body, 'anthropic', { bodyBytes })).toBeLessThan(5000);
	});
});

describe('what only the provider can read takes no more than the context window, and is held at that', () => {
	it.each([
		['an earlier response', { previous_response_id: 'resp_1', input: 'go on' }],
		['a conversation', { conversation: 'conv_1', input: 'go on' }],
		['a template', { prompt: { id: 'pmpt_1' }, input: 'go on' }],
		['a cache', { cachedContent: 'cachedContents/1', contents: [] }],
		['a file by its id', ask({ type: 'document', source: { type: 'file', file_id: 'file_1' } })],
		['a document by its address', ask({ type: 'document_url', document_url: 'https://x.test/a.pdf' })],
		['a film', ask({ inlineData: { mimeType: 'video/mp4', data: 'AAAA' } })],
		['an item of an earlier response', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
		['an item by its id alone', { input: [{ id: 'msg_1' }] }],
		[
			'a file by its address, beside a small one',
			ask({ type: 'input_file', file_data: 'data:text/plain;base64,AAAA', file_url: 'https://x.test/a.pdf' }),
		],
		['a spoken answer by its id', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }],
	])('%s', (_name, body) => {
		expect(bound(body)).toBeGreaterThanOrEqual(WINDOW);
		expect(bound(body)).toBeLessThan(WINDOW + 2000);
	});

	it('the larger window is held that the request asks for', () => {
		expect(bound({ previous_response_id: 'r' }, 'anthropic', { contextWindow: 1_000_000 })).toBeGreaterThanOrEqual(1e6);
	});

	it('a name in the caller’s own JSON is no file: a tool may well take a file_id', () => {
		const call = { type: 'tool_use', name: 'read', input: { file_id: 'f', image_url: 'u' } };
		expect(bound({ ...ask(call), tools: [{ name: 'read', input_schema: { file_id: 'x' } }] })).toBeLessThan(3000);
	});
});

describe('documents and sound', () => {
	const pdf = (pages: number) =>
		Buffer.from(`%PDF-1.4 /Type /Pages /Count ${pages} ${'/Type /Page '.repeat(pages)}`).toString('base64');
	const document = (data: string) =>
		ask({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } });
	const count = async (input: unknown) =>
		await createInputBound({ input }).countTokens(profile('anthropic'), async () => ({
			tokens: 0,
			asciiTokens: 0,
			asciiCharacters: 0,
			otherBytes: 0,
		}));

	it('a PDF is held by its pages where the money is short, and at the window where they are not known', async () => {
		expect(bound(document(pdf(3)))).toBeGreaterThanOrEqual(WINDOW);
		// at least 3,000 tokens of text and an image of 4,784 for each page
		expect(await count(document(pdf(3)))).toBeGreaterThanOrEqual(3 * 7784);
		expect(await count(document(pdf(3)))).toBeLessThan(50_000);
		expect(await count(document(Buffer.from('%PDF-1.7 /ObjStm').toString('base64')))).toBeGreaterThanOrEqual(WINDOW);
	});

	it('sound is held by the seconds that its bytes can last', () => {
		// a minute of MP3 at 64 kbit/s: 480,000 bytes
		const data = 'A'.repeat(640_000);
		const tokens = added({ type: 'input_audio', input_audio: { data, format: 'mp3' } }, 'openai');
		expect(tokens).toBeGreaterThanOrEqual(60 * 32);
		expect(tokens).toBeLessThan(60 * 32 * 10);
	});
});

describe('tools that run at the provider read everything again with each use', () => {
	it.each([
		['five searches', { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }] }, 5],
		[
			'two tools',
			{
				tools: [
					{ type: 'web_fetch_20250910', max_uses: 2 },
					{ type: 'web_search_20250305', max_uses: 1 },
				],
			},
			3,
		],
		['a limit for all calls', { tools: [{ type: 'web_search' }], max_tool_calls: 3 }, 3],
		['the AI SDK', { tools: [{ type: 'provider', id: 'anthropic.web_search_20250305', args: { maxUses: 4 } }] }, 4],
	])('%s', (_name, body, uses) => {
		expect(charges(body).serverToolUses).toBe(uses);
		expect(bound(body)).toBe(WINDOW * (uses + 1));
	});

	it.each([
		['OpenAI’s search', { tools: [{ type: 'web_search' }] }],
		['a server', { tools: [{ type: 'mcp', server_url: 'https://x.test' }] }],
		['servers of Anthropic’s connector', { mcp_servers: [{ type: 'url' }] }],
		['Gemini’s search', { tools: [{ googleSearch: {} }] }],
		['Gemini’s interpreter', { tools: [{ functionDeclarations: [] }, { codeExecution: {} }] }],
		['search models', { web_search_options: {} }],
		['several answers that are made and read again', { reasoning: { mode: 'pro' } }],
		[
			'a limit of calls that Anthropic does not know',
			{ messages: [], tools: [{ type: 'web_search_20250305' }], max_tool_calls: 0 },
		],
		['a limit of uses that OpenAI does not know', { tools: [{ type: 'web_search', max_uses: 0 }] }],
	])('any number of times where nothing limits them: %s', (_name, body) => {
		expect(charges(body).serverToolUses).toBe(Number.POSITIVE_INFINITY);
		expect(bound(body)).toBe(2 * WINDOW);
	});

	it.each([
		['a function', { type: 'function', function: { name: 'f' } }],
		['Anthropic’s function', { name: 'f', input_schema: {} }],
		['Gemini’s functions', { functionDeclarations: [{ name: 'f' }] }],
		['a custom tool', { type: 'custom', name: 'f' }],
		['a shell of the caller’s', { type: 'bash_20250124', name: 'bash' }],
		['memory of the caller’s', { type: 'memory_20250818', name: 'memory' }],
	])('and those that the caller runs do not: %s', (_name, tool) => {
		expect(charges({ tools: [tool] }).serverToolUses).toBe(0);
		expect(bound({ tools: [tool] })).toBeLessThan(5000);
	});
});

describe('the dearest that may be billed', () => {
	it.each([
		[undefined, ['standard', 'priority']],
		['auto', ['standard', 'priority']],
		['priority', ['standard', 'priority']],
		['flex', ['standard', 'flex']],
		['default', ['standard']],
		['standard_only', ['standard']],
		['constructor', ['standard', 'priority']],
	])('service tier %s', (service_tier, expected) => {
		expect(charges({ service_tier }).serviceTiers).toEqual(expected);
	});

	const marked = (ttl?: string) => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl } });
	it.each([
		['an hour is asked for', ask(marked('5m'), marked('1h')), true],
		['in a tool', { tools: [{ name: 'f', cache_control: { ttl: '1h' } }] }, true],
		['five minutes are', ask(marked()), false],
		['the caller says nothing, and breakpoints may be set for it', ask(), true],
	])('cache writes: %s', (_name, body, mayCacheForHour) => {
		expect(charges(body).mayCacheForHour).toBe(mayCacheForHour);
	});

	it('cache writes for an hour are not held where nobody sets breakpoints', () => {
		expect(charges(ask(), { mayPlanCache: false }).mayCacheForHour).toBe(false);
	});
});

it('a conversation nested ten thousand deep is bounded, not a crash', () => {
	let content: unknown = 'x'.repeat(100);
	for (let depth = 0; depth < 10_000; depth += 1) content = [{ content }];
	expect(bound({ messages: [{ role: 'user', content }] })).toBeGreaterThan(10_000);
});
