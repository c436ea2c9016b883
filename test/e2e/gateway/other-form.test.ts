import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
import {
	openReplayGateway,
	type ProviderAnswer,
	type ReceivedAnswer,
	type ReplayGateway,
} from '../../support/recordings/replay-gateway.ts';

let gateway: ReplayGateway;
const open = async () => {
	gateway = await openReplayGateway();
};

const CALLERS: readonly CallerFormatName[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'];
const INPUT = { city: 'Zürich', id: 12 };

const chatCall = { id: 'call_1', type: 'function', function: { name: 'f', arguments: JSON.stringify(INPUT) } };
const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', status: 'completed' };
const block = (index: number, start: object, ...deltas: object[]) => [
	{ type: 'content_block_start', index, content_block: start },
	...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
	{ type: 'content_block_stop', index },
];

const RESPONSE_OUTPUT = [outputMessage('Héllo'), { ...item, arguments: JSON.stringify(INPUT) }];

/** The same answer of each format, whole and as a stream: a text, a call, its usage. */
const ANSWERS: Readonly<Record<CallerFormatName, { whole: ProviderAnswer; streamed: ProviderAnswer }>> = {
	'openai-chat': {
		whole: whole('openai-chat', completion({ content: 'Héllo', tool_calls: [chatCall] }, 'tool_calls')),
		streamed: stream('openai-chat', [
			chunk({ role: 'assistant', content: 'Hé' }),
			chunk({ content: 'llo' }),
			chunk({ tool_calls: [{ index: 0, ...chatCall, function: { name: 'f', arguments: '{"city":"Zü' } }] }),
			chunk({ tool_calls: [{ index: 0, function: { arguments: 'rich","id":12}' } }] }),
			chunk({}, 'tool_calls'),
			{ ...chunk({}), choices: [], usage: CHAT_USAGE },
			DONE,
		]),
	},
	'openai-responses': {
		whole: whole('openai-responses', response(RESPONSE_OUTPUT)),
		streamed: stream('openai-responses', [
			{ type: 'response.created', response: response([], { status: 'in_progress', usage: null }) },
			...RESPONSE_OUTPUT.map((each, output_index) => ({
				type: 'response.output_item.done',
				output_index,
				item: each,
			})),
			{ type: 'response.completed', response: response(RESPONSE_OUTPUT) },
		]),
	},
	'anthropic-messages': {
		whole: whole(
			'anthropic-messages',
			message(
				[
					{ type: 'text', text: 'Héllo' },
					{ type: 'tool_use', id: 'call_1', name: 'f', input: INPUT },
				],
				{ stop_reason: 'tool_use' },
			),
		),
		streamed: stream(
			'anthropic-messages',
			messageEvents(
				[
					...block(
						0,
						{ type: 'text', text: '' },
						{ type: 'text_delta', text: 'Hé' },
						{ type: 'text_delta', text: 'llo' },
					),
					...block(
						1,
						{ type: 'tool_use', id: 'call_1', name: 'f', input: {} },
						{ type: 'input_json_delta', partial_json: '{"city":"Zü' },
						{ type: 'input_json_delta', partial_json: 'rich","id":12}' },
					),
				],
				'tool_use',
			),
		),
	},
	gemini: {
		whole: whole('gemini', content([{ text: 'Héllo' }, { functionCall: { name: 'f', args: INPUT } }], 'STOP')),
		streamed: stream('gemini', [
			content([{ text: 'Hé' }]),
			content([{ text: 'llo' }]),
			content([{ functionCall: { name: 'f', args: INPUT } }], 'STOP'),
		]),
	},
};

const PAIRS = CALLERS.flatMap((provider) => CALLERS.map((caller) => [caller, provider] as const)).filter(
	// the deployment of OpenAI itself is asked in Chat Completions by their callers
	([caller, provider]) => caller !== 'openai-chat' || provider !== 'openai-responses',
);

const USAGE = { input: 1000, cached: 0, output: 100, reasoning: 0 };

/** Asks for one form and gets the other from the provider. */
async function ask(caller: CallerFormatName, provider: CallerFormatName, isStream: boolean): Promise<ReceivedAnswer> {
	const answer = ANSWERS[provider][isStream ? 'whole' : 'streamed'];
	return await gateway.ask(caller, answer, { isStream, tools: ['f'] });
}

async function expectMeaning(caller: CallerFormatName, isStream: boolean, { bytes, headers, status }: ReceivedAnswer) {
	expect(status, bytes.toString()).toBe(200);
	expect(headers.get('content-type')).toMatch(isStream ? /^text\/event-stream/ : /^application\/json/);
	const meaning: AnswerMeaning = readMeaning(caller, isStream, bytes);
	const end = caller === 'gemini' ? expect.stringMatching(/stop|tool-calls/) : 'tool-calls';
	expect(meaning).toMatchObject({
		text: 'Héllo',
		calls: [{ name: 'f', input: INPUT }],
		end,
		usage: USAGE,
		error: null,
	});
	const rows = (await gateway.readLedger()).get(headers.get('x-switchyard-decision') ?? '');
	expect(rows).toEqual([{ costNanoUsd: 1_700_004, isEstimated: false }]);
}

describe('a caller gets the form that it asked for, with its usage and at its cost', () => {
	beforeAll(open);
	afterAll(() => gateway.close());

	it.each(PAIRS)('%s a stream, where a provider of %s answers whole', async (caller, provider) => {
		await expectMeaning(caller, true, await ask(caller, provider, true));
	});

	it.each(PAIRS)('%s a whole answer, where a provider of %s streams', async (caller, provider) => {
		await expectMeaning(caller, false, await ask(caller, provider, false));
	});

	it.each(PAIRS)('%s a stream of %s, also where its content type says otherwise', async (caller, provider) => {
		const answer = { ...ANSWERS[provider].streamed, contentType: 'application/json' };
		await expectMeaning(caller, true, await gateway.ask(caller, answer, { tools: ['f'] }));
	});

	it('a stream, where Google sends its chunks as one list', async () => {
		const chunks = [content([{ text: 'Hé' }]), content([{ text: 'llo' }], 'STOP')];
		for (const caller of CALLERS) {
			const { bytes } = await gateway.ask(caller, whole('gemini', chunks), { isStream: true });
			expect(readMeaning(caller, true, bytes), caller).toMatchObject({ text: 'Héllo', end: 'stop', error: null });
		}
	});
});

describe('official SDKs read a whole answer that they asked for as a stream', () => {
	beforeAll(open);
	afterAll(() => gateway.close());

	const ask = (format: CallerFormatName) => gateway.script(ANSWERS[format].whole);

	it('OpenAI’s, of Chat Completions', async () => {
		const client = new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
		const messages = [{ role: 'user' as const, content: ask('openai-chat') }];
		const answer = await client.chat.completions.stream({ model: 'openai-chat', messages }).finalChatCompletion();
		const [choice] = answer.choices;
		expect(choice?.message.content).toBe('Héllo');
		expect(
			choice?.message.tool_calls?.map((call) => 'function' in call && JSON.parse(call.function.arguments)),
		).toEqual([INPUT]);
	});

	it('OpenAI’s, of Responses', async () => {
		const client = new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
		const input = ask('openai-responses');
		const answer = await client.responses.stream({ model: 'openai-responses', input }).finalResponse();
		expect(answer.output_text).toBe('Héllo');
		expect(answer.output.at(-1)).toMatchObject({ type: 'function_call', arguments: JSON.stringify(INPUT) });
	});

	it('Anthropic’s', async () => {
		const client = new Anthropic({ apiKey: 'none', baseURL: gateway.url, maxRetries: 0 });
		const messages = [{ role: 'user' as const, content: ask('anthropic-messages') }];
		const asked = { model: 'anthropic-messages', max_tokens: 99, messages };
		const answer = await client.messages.stream(asked).finalMessage();
		expect(answer.content).toMatchObject([{ text: 'Héllo' }, { name: 'f', input: INPUT }]);
		expect(answer).toMatchObject({ stop_reason: 'tool_use', usage: { input_tokens: 1000, output_tokens: 100 } });
	});

	it('Google’s', async () => {
		const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: gateway.url } });
		let text = '';
		const asked = { model: 'gemini', contents: ask('gemini') };
		for await (const each of await client.models.generateContentStream(asked)) text += each.text ?? '';
		expect(text).toBe('Héllo');
	});
});

describe('what is no answer in the other form either is a failure that says so', () => {
	// each with one of its own: a few failures in a row rest a deployment
	beforeEach(open);
	afterEach(() => gateway.close());

	const CUT: Readonly<Record<CallerFormatName, ProviderAnswer>> = {
		'openai-chat': stream('openai-chat', [chunk({ content: 'Half' })]),
		'openai-responses': stream('openai-responses', [
			{ type: 'response.created', response: response([], { status: 'in_progress' }) },
			{ type: 'response.output_item.done', output_index: 0, item: outputMessage('Half') },
		]),
		'anthropic-messages': stream(
			'anthropic-messages',
			messageEvents(block(0, { type: 'text', text: 'Half' })).slice(0, -2),
		),
		gemini: stream('gemini', [content([{ text: 'Half' }])]),
	};

	/** Asks in every format for what a provider does not answer in the form asked for. */
	async function expectFailure(answer: ProviderAnswer, isStream: boolean, words: string): Promise<void> {
		for (const [caller, provider] of PAIRS) {
			if (provider !== answer.format) continue;
			const { bytes, status } = await gateway.ask(caller, answer, { isStream });
			expect([caller, status >= 500]).toEqual([caller, true]);
			expect(bytes.toString(), caller).toContain(words);
		}
	}

	it.each(CALLERS)('a stream of %s that is cut', async (provider) => {
		await expectFailure(CUT[provider], false, 'without saying that the answer is complete');
	});

	it.each(CALLERS)('a stream of %s that reports an error', async (provider) => {
		const event = `event: error\ndata: ${JSON.stringify({ type: 'error', error: { message: 'engine fell over' } })}\n\n`;
		await expectFailure(stream(provider, [event]), false, 'engine fell over');
	});

	it.each(CALLERS)('an error of %s under 200', async (provider) => {
		await expectFailure(whole(provider, { error: { message: 'engine fell over' } }), true, 'engine fell over');
	});

	it.each(CALLERS)('JSON of %s that is no answer', async (provider) => {
		await expectFailure(whole(provider, { hello: 'world' }), true, provider);
	});
});

describe('numbers that no double holds', () => {
	beforeAll(open);
	afterAll(() => gateway.close());

	it('keep their digits', async () => {
		const id = '12345678901234567890';
		const call = `{"type":"tool_use","id":"call_1","name":"f","input":{"id":${id}}}`;
		const body = JSON.stringify(message([], { stop_reason: 'tool_use' })).replace(
			'"content":[]',
			`"content":[${call}]`,
		);
		const answer = { format: 'anthropic-messages', isStream: false, bytes: Buffer.from(body) } as const;
		for (const caller of CALLERS) {
			const { bytes } = await gateway.ask(caller, answer, { isStream: true, tools: ['f'] });
			expect(bytes.toString(), caller).toContain(id);
		}
	});
});
