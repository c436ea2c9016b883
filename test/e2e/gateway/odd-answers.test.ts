import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnswerMeaning, readMeaning } from '../../support/recordings/answer-meaning.ts';
import {
	CHAT_USAGE,
	chunk,
	completion,
	content,
	DONE,
	message,
	messageEvents,
	outputMessage,
	response,
	stream,
	whole,
} from '../../support/recordings/answers.ts';
import type { CallerFormatName } from '../../support/recordings/caller-requests.ts';
import { openReplayGateway, type ProviderAnswer, type ReplayGateway } from '../../support/recordings/replay-gateway.ts';

let gateway: ReplayGateway;
beforeAll(async () => {
	gateway = await openReplayGateway();
});
afterAll(() => gateway.close());

const CALLERS: readonly CallerFormatName[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'];
const TEXT = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
const STOP = { type: 'content_block_stop', index: 0 };
const call = (input: unknown) => ({ id: 'call_1', type: 'function', function: { name: 'f', arguments: input } });

/** What arrives in every other format; in its own the bytes are the provider's. */
async function expectEverywhere(answer: ProviderAnswer, meaning: Partial<AnswerMeaning>): Promise<void> {
	for (const caller of CALLERS) {
		// the deployment of OpenAI itself would be asked in Chat Completions
		if (answer.format === 'openai-responses' && caller === 'openai-chat') continue;
		const received = await gateway.ask(caller, answer, { tools: ['f'] });
		if (caller === answer.format) expect(received.bytes.toString()).toBe(answer.bytes.toString());
		else expect(readMeaning(caller, answer.isStream, received.bytes), caller).toMatchObject(meaning);
	}
}

describe('a stream of chat completions arrives whole', () => {
	it.each([
		[
			'with a chunk without choices',
			[chunk({ content: 'Hi' }), { id: 'c', object: 'x', model: 'm' }, chunk({}, 'stop'), DONE],
		],
		['without its last empty line', [chunk({ content: 'Hi' }), `data: ${JSON.stringify(chunk({}, 'stop'))}`]],
		[
			'with whole messages as chunks',
			[{ ...chunk({}), choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] }, DONE],
		],
	])('%s', async (_name, events) => {
		const answer = stream('openai-chat', events);
		for (const caller of CALLERS.filter((each) => each !== 'openai-chat')) {
			const { bytes } = await gateway.ask(caller, answer);
			expect(readMeaning(caller, true, bytes), caller).toMatchObject({ text: 'Hi', end: 'stop', error: null });
		}
	});
});

describe('a call of a tool arrives with an input that clients can read', () => {
	it.each([
		['without any', undefined],
		['of null', 'null'],
		['of an object in place of its text', {}],
	])('%s', async (_name, input) => {
		const calls: Partial<AnswerMeaning> = { calls: [{ name: 'f', input: {} }], end: 'tool-calls' };
		const body = completion({ content: null, tool_calls: [call(input)] }, 'tool_calls');
		await expectEverywhere(whole('openai-chat', body), calls);
		const streamed = chunk({ tool_calls: [{ index: 0, ...call(input) }] });
		const end = chunk({}, 'tool_calls', { usage: CHAT_USAGE });
		if (input !== undefined) await expectEverywhere(stream('openai-chat', [streamed, end, DONE]), calls);
	});

	it('whose pieces are values of their own: null within an input is no missing input', async () => {
		const inputs = ['{"x":', 'null', '}'];
		const expected: Partial<AnswerMeaning> = { calls: [{ name: 'f', input: { x: null } }], end: 'tool-calls' };
		const pieces = inputs.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
		const end = chunk({}, 'tool_calls', { usage: CHAT_USAGE });
		const begun = chunk({ tool_calls: [{ index: 0, ...call('') }] });
		await expectEverywhere(stream('openai-chat', [begun, ...pieces, end, DONE]), expected);
		const item = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'f', arguments: '' };
		const done = { ...item, arguments: inputs.join(''), status: 'completed' };
		const at = { item_id: 'fc_1', output_index: 0 };
		const events = [
			{ type: 'response.created', response: response([], { status: 'in_progress', usage: null }) },
			{ type: 'response.output_item.added', output_index: 0, item },
			...inputs.map((piece) => ({ type: 'response.function_call_arguments.delta', ...at, delta: piece })),
			{ type: 'response.function_call_arguments.done', ...at, arguments: done.arguments },
			{ type: 'response.output_item.done', output_index: 0, item: done },
			{ type: 'response.completed', response: response([done]) },
		];
		await expectEverywhere(stream('openai-responses', events), expected);
	});

	it('of a custom tool, whose text comes in pieces, one of them with the end', async () => {
		const pieces = ['*** "Be', '', 'gin"\n', 'null', '\ud83d', '\ude00'];
		const custom = (index: number, input: string, more: object = {}) => ({ index, ...more, custom: { input } });
		const head = (index: number) => ({ index, id: `call_${index}`, type: 'custom', custom: { name: 'f', input: '' } });
		const events = [
			chunk({ tool_calls: [head(0)] }),
			...pieces.map((piece) => chunk({ tool_calls: [custom(0, piece)] })),
			chunk({ tool_calls: [head(1)] }),
			chunk({ tool_calls: [custom(1, 'two')] }, 'tool_calls', { usage: CHAT_USAGE }),
			DONE,
		];
		await expectEverywhere(stream('openai-chat', events), {
			calls: [
				{ name: 'f', input: { input: '*** "Begin"\nnull😀' } },
				{ name: 'f', input: { input: 'two' } },
			],
			end: 'tool-calls',
			error: null,
		});
	});

	it('in the earlier form of a function call', async () => {
		const body = completion({ content: null, function_call: { name: 'f', arguments: '{"x":1}' } }, 'function_call');
		await expectEverywhere(whole('openai-chat', body), { calls: [{ name: 'f', input: { x: 1 } }], end: 'tool-calls' });
	});
});

describe('a stream of Anthropic arrives whole', () => {
	it.each<[string, (object | string)[]]>([
		[
			'with events and pings that its library refuses',
			['event: ping\ndata: {}\n\n', { type: 'news', x: 1 }, 'data:\n\n'],
		],
		[
			'with a delta of a new kind',
			[TEXT, delta('Hel'), { type: 'content_block_delta', index: 0, delta: { type: 'mood_delta' } }],
		],
	])('%s', async (_name, odd) => {
		const isOpen = odd.includes(TEXT);
		const blocks = isOpen ? [...odd, delta('lo'), STOP] : [TEXT, delta('Hel'), ...odd, delta('lo'), STOP];
		const [start, ...rest] = messageEvents([]);
		const events = [start ?? '', ...blocks, ...rest];
		await expectEverywhere(stream('anthropic-messages', events), { text: 'Hello', end: 'stop', error: null });
	});

	it('with its text in the start of a block', async () => {
		const start = { ...TEXT, content_block: { type: 'text', text: 'Hel' } };
		const answer = stream('anthropic-messages', messageEvents([start, delta('lo'), STOP]));
		await expectEverywhere(answer, { text: 'Hello', error: null });
	});

	it('with a [DONE] behind its end, as some proxies have it', async () => {
		const events = messageEvents([TEXT, delta('Hello'), STOP]);
		const answer = stream('anthropic-messages', [...events, 'event: data\ndata: [DONE]\n\n']);
		await expectEverywhere(answer, { text: 'Hello', end: 'stop', error: null });
	});

	it('without a block of a new kind', async () => {
		const block = [
			{ type: 'content_block_start', index: 0, content_block: { type: 'hologram', data: 'x' } },
			{ type: 'content_block_delta', index: 0, delta: { type: 'hologram_delta', data: 'y' } },
			STOP,
		];
		const shifted = [TEXT, delta('Hello'), STOP].map((event) => ({ ...event, index: 1 }));
		const answer = stream('anthropic-messages', messageEvents([...block, ...shifted]));
		await expectEverywhere(answer, { text: 'Hello', end: 'stop', error: null });
	});
});

describe('a response arrives whole', () => {
	const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };

	it('with reasoning that is told in full', async () => {
		const answer = whole('openai-responses', response([reasoning, outputMessage('Hi')]));
		await expectEverywhere(answer, { text: 'Hi', reasoning: 'Hm.' });
		const at = { item_id: 'rs_1', output_index: 0, content_index: 0 };
		const events = [
			{ type: 'response.created', response: response([], { status: 'in_progress', usage: null }) },
			{ type: 'response.output_item.added', output_index: 0, item: { ...reasoning, content: [] } },
			{ type: 'response.reasoning_text.delta', ...at, delta: 'Hm.' },
			{ type: 'response.reasoning_text.done', ...at, text: 'Hm.' },
			{ type: 'response.output_item.done', output_index: 0, item: reasoning },
			{ type: 'response.completed', response: response([reasoning]) },
		];
		await expectEverywhere(stream('openai-responses', events), { reasoning: 'Hm.', error: null });
	});

	it('with items of new kinds, and sources of no part of the text', async () => {
		const annotations = [{ type: 'url_citation', url: 'https://x.com/1' }];
		const part = { type: 'output_text', text: 'Hi', annotations };
		const item = { type: 'message', id: 'msg_1', role: 'assistant', content: [part] };
		const search = { type: 'x_search_call', id: 'fc_1', name: 'x_search', arguments: '{}', status: 'completed' };
		await expectEverywhere(whole('openai-responses', response([search, item])), { text: 'Hi', end: 'stop' });
	});

	it('without annotations and dates', async () => {
		const part = { type: 'output_text', text: 'Hi' };
		const item = { type: 'message', id: 'msg_1', role: 'assistant', content: [part] };
		const { created_at: _, ...body } = response([item]) as Record<string, unknown>;
		await expectEverywhere(whole('openai-responses', body), { text: 'Hi', end: 'stop' });
		const events = [
			{ type: 'response.created', response: { ...body, output: [], status: 'in_progress', usage: null } },
			{ type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
			{ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Hi' },
			{ type: 'response.output_item.done', output_index: 0, item },
			{ type: 'response.completed', response: body },
		];
		await expectEverywhere(stream('openai-responses', events), { text: 'Hi', end: 'stop', error: null });
	});
});

describe('generated content', () => {
	const details = { promptTokensDetails: [{ modality: 'AUDIO' }, { modality: 'TEXT', tokenCount: 1000 }] };
	const usageMetadata = { promptTokenCount: 1000, candidatesTokenCount: 100, totalTokenCount: 1100, ...details };

	it('arrives whole where counts that are 0 are left out', async () => {
		const body = content([{ text: 'Hi' }], 'STOP', { usageMetadata });
		for (const answer of [whole('gemini', body), stream('gemini', [body])])
			await expectEverywhere(answer, { text: 'Hi', end: 'stop', error: null });
	});

	it('with a call that was not expected is run by its caller', async () => {
		const body = content([{ functionCall: { name: 'f', args: { x: 1 } } }], 'UNEXPECTED_TOOL_CALL');
		for (const answer of [whole('gemini', body), stream('gemini', [body])])
			await expectEverywhere(answer, { calls: [{ name: 'f', input: { x: 1 } }], end: 'tool-calls', error: null });
	});

	it('is what callers of Gemini get of an end that only its provider has a word for: not one of a failure', async () => {
		const ends = [chunk({ content: 'Hi' }), chunk({}, 'eos', { usage: CHAT_USAGE }), DONE];
		for (const answer of [whole('openai-chat', completion({ content: 'Hi' }, 'eos')), stream('openai-chat', ends)]) {
			const { bytes } = await gateway.ask('gemini', answer);
			expect(bytes.toString()).toContain('"finishReason":"STOP"');
		}
	});

	it('that a policy of the project blocks is refused, and no other model is asked', async () => {
		const body = content([], 'MODEL_ARMOR');
		for (const answer of [whole('gemini', body), stream('gemini', [body])]) {
			await expectEverywhere(answer, { text: '', end: 'content-filter' });
			expect(await gateway.ask('gemini', answer)).toMatchObject({ calls: 1 });
		}
	});
});

describe('an error in the middle of a stream keeps the provider’s words', () => {
	const error = { message: 'Tool call validation failed', type: 'invalid_request_error', code: 'tool_use_failed' };
	it.each([
		['in an event', { error }, false],
		[
			'written without data:, which clients read past: the connection is reset',
			`${JSON.stringify({ error })}\n\n`,
			true,
		],
	])('%s', async (_name, event, isReset) => {
		const answer = stream('openai-chat', [chunk({ content: 'Hel' }), event]);
		const { bytes: passed, isBroken } = await gateway.ask('openai-chat', answer);
		expect([passed.toString(), isBroken]).toEqual([answer.bytes.toString(), isReset]);
		for (const caller of CALLERS) {
			const { bytes } = await gateway.ask(caller, answer);
			expect(bytes.toString(), caller).toContain('Tool call validation failed');
			expect(bytes.toString(), caller).toContain('tool_use_failed');
		}
	});
});

describe('an answer that a client library fails on', () => {
	it('is charged as it reports, for the provider has billed it', async () => {
		const result = { type: 'mcp_tool_result', tool_use_id: 'never-called', content: [{ type: 'text', text: 'x' }] };
		const { headers, status } = await gateway.ask('gemini', whole('anthropic-messages', message([result])));
		expect(status).toBe(502);
		const ledger = await gateway.readLedger();
		const rows = ledger.get(headers.get('x-switchyard-decision') ?? '');
		expect(rows).toEqual([{ costNanoUsd: 1_700_004, isEstimated: false }]);
	});
});
