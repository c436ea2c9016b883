import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
// each with one of its own: a few failures in a row rest a deployment
beforeEach(async () => {
	gateway = await openReplayGateway();
});
afterEach(() => gateway.close());

const CALLERS: readonly CallerFormatName[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'];

/** What an answer means to every caller of another format. */
async function readTranslations(answer: ProviderAnswer): Promise<(AnswerMeaning & { caller: string })[]> {
	const meanings: (AnswerMeaning & { caller: string })[] = [];
	for (const caller of CALLERS.filter((each) => each !== answer.format)) {
		// the deployment of OpenAI itself would be asked in Chat Completions
		if (answer.format === 'openai-responses' && caller === 'openai-chat') continue;
		const { bytes } = await gateway.ask(caller, answer, { tools: ['f'] });
		meanings.push({ caller, ...readMeaning(caller, answer.isStream, bytes) });
	}
	return meanings;
}

async function expectTranslated(answer: ProviderAnswer, meaning: Partial<AnswerMeaning>): Promise<void> {
	for (const each of await readTranslations(answer)) expect(each, each.caller).toMatchObject(meaning);
}

/** A chat answer that ends with a word, streamed and whole. */
const chatAnswers = (said: object, streamed: object, finish: string | null): ProviderAnswer[] => [
	stream('openai-chat', [chunk(streamed), chunk({}, finish, { usage: CHAT_USAGE }), DONE]),
	whole('openai-chat', completion(said, finish)),
];

describe('a client of another format is told how an answer ended', () => {
	it.each([
		['eos', 'stop'],
		['end_turn', 'stop'],
		['STOP', 'stop'],
		['max_tokens', 'length'],
		['model_length', 'length'],
	] as const)('that a server calls %s', async (finish, end) => {
		for (const answer of chatAnswers({ content: 'Hi' }, { content: 'Hi' }, finish))
			await expectTranslated(answer, { text: 'Hi', end, error: null });
	});

	it.each(['eos', 'weird', null])(
		'with a call of a tool, so that it is run, where a server says %s',
		async (finish) => {
			const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } };
			const said = { content: null, tool_calls: [call] };
			for (const answer of chatAnswers(said, { tool_calls: [{ index: 0, ...call }] }, finish))
				await expectTranslated(answer, { calls: [{ name: 'f', input: { x: 1 } }], end: 'tool-calls' });
		},
	);

	it('by an error of its server, and not cleanly', async () => {
		const [streamed] = chatAnswers({ content: 'Hi' }, { content: 'Hi' }, 'error');
		for (const { caller, end, error } of await readTranslations(streamed as ProviderAnswer)) {
			expect(error, caller).toContain('ROUTER_STREAM_INTERRUPTED');
			expect(end, caller).toBeNull();
		}
	});

	it('by its limit, where a server does not say why a response is incomplete', async () => {
		for (const reason of [null, 'max_tokens']) {
			const more = { status: 'incomplete', incomplete_details: { reason } };
			await expectTranslated(whole('openai-responses', response([outputMessage('Hi')], more)), { end: 'length' });
		}
	});

	it('in its own words where a stream is cut', async () => {
		const answer = stream('openai-chat', [chunk({ content: 'Half' })]);
		for (const { caller, error } of await readTranslations(answer))
			expect(error, caller).toContain('ended its stream without saying that the answer is complete');
	});
});

describe('an answer arrives whole in another format', () => {
	it('where a response’s items come when they are done only', async () => {
		const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"x":1}' };
		const items = [outputMessage('Hi'), { ...call, status: 'completed' }];
		const done = items.map((item, index) => ({ type: 'response.output_item.done', output_index: index, item }));
		const created = { type: 'response.created', response: response([], { status: 'in_progress', usage: null }) };
		const completed = { type: 'response.completed', response: response(items) };
		for (const events of [
			[created, ...done, completed],
			[created, completed],
		]) {
			const meaning = { text: 'Hi', calls: [{ name: 'f', input: { x: 1 } }], error: null };
			await expectTranslated(stream('openai-responses', events), meaning);
		}
	});

	it('with a call whose input is null', async () => {
		const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', status: 'completed' };
		const item = { ...call, arguments: 'null' };
		const at = { item_id: 'fc_1', output_index: 0 };
		const events = [
			{ type: 'response.created', response: response([], { status: 'in_progress', usage: null }) },
			{ type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } },
			{ type: 'response.function_call_arguments.delta', ...at, delta: 'null' },
			{ type: 'response.function_call_arguments.done', ...at, arguments: 'null' },
			{ type: 'response.output_item.done', output_index: 0, item },
			{ type: 'response.completed', response: response([item]) },
		];
		for (const answer of [stream('openai-responses', events), whole('openai-responses', response([item]))])
			for (const { caller, calls } of await readTranslations(answer))
				expect(JSON.stringify(calls), caller).toBe('[{"name":"f","input":{}}]');
	});

	it('without a block of a new kind beside it', async () => {
		const blocks = [
			{ type: 'hologram', data: 'x' },
			{ type: 'text', text: 'Hi' },
		];
		await expectTranslated(whole('anthropic-messages', message(blocks)), { text: 'Hi', end: 'stop' });
	});

	it('where its stop reason is the last that a server of Anthropic’s format sends', async () => {
		const text = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } };
		const events = messageEvents([text, { type: 'content_block_stop', index: 0 }]).slice(0, -1);
		await expectTranslated(stream('anthropic-messages', events), { text: 'Hi', end: 'stop', error: null });
	});
});

describe('an error keeps its provider’s words', () => {
	const half = [chunk({ content: 'Hel' })];
	it.each<[string, ProviderAnswer]>([
		['in bare words of an error event', stream('openai-chat', [...half, 'event: error\ndata: engine fell over\n\n'])],
		[
			'in an error event without a type',
			stream('anthropic-messages', [
				...messageEvents([]).slice(0, 1),
				{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hel' } },
				'event: error\ndata: {"error":{"message":"engine fell over"}}\n\n',
			]),
		],
		[
			'in a list, as Google’s are',
			stream('gemini', [content([{ text: 'Hel' }]), '[{"error":{"code":503,"message":"engine fell over"}}]\n\n']),
		],
		[
			'on a line of its own before [DONE], in one event with it',
			stream('openai-chat', [...half, `{"error":{"message":"engine fell over","code":503}}\n${DONE}`]),
		],
		[
			'on a line of its own behind a piece, in one event with it',
			stream('gemini', [
				`data: ${JSON.stringify(content([{ text: 'Hel' }]))}\n\n`,
				`data: ${JSON.stringify(content([{ text: 'lo' }]))}\n{"error":{"code":503,"message":"engine fell over"}}\n\n`,
			]),
		],
	])('%s', async (_name, answer) => {
		for (const caller of CALLERS) {
			const { bytes, isBroken } = await gateway.ask(caller, answer);
			// clients read what stands behind `data:` only: an error alone in its event is passed on as it came, and the connection reset
			if (/^data: .*engine fell over/m.test(bytes.toString())) expect(isBroken, caller).toBe(caller === 'gemini');
			else expect([caller, bytes.toString(), isBroken]).toEqual([caller, answer.bytes.toString(), true]);
			expect(bytes.toString(), caller).not.toMatch(/error.*\[DONE\]/s);
		}
	});

	it('on two lines, of which each is an error', async () => {
		const lines = '{"error":{"message":"engine fell over"}}\n{"error":{"message":"again"}}\n\n';
		for (const caller of CALLERS) {
			const { bytes } = await gateway.ask(caller, stream('openai-chat', [...half, lines]));
			expect(bytes.toString(), caller).toContain('engine fell over');
		}
	});

	it('is not asked for again without what it refuses, once there was output: that is billed', async () => {
		const message = "Unsupported parameter: 'reasoning_effort' is not supported with this model.";
		const error = { message, type: 'invalid_request_error', param: 'reasoning_effort', code: 'unsupported_parameter' };
		const answer = stream('openai-chat', [...half, { error }]);
		for (const commit of ['first-output', 'whole-answer']) {
			for (const caller of CALLERS) {
				const headers = { 'x-switchyard-commit': commit };
				const { bytes, calls } = await gateway.ask(caller, answer, { headers });
				expect([caller, commit, calls]).toEqual([caller, commit, 1]);
				expect(bytes.toString()).toContain('is not supported');
			}
		}
	});
});

describe('the last event of a stream stays apart from the gateway’s comment', () => {
	it.each([
		['[DONE]', [chunk({ content: 'Hi' }), chunk({}, 'stop'), 'data: [DONE]']],
		['finish reason', [chunk({ content: 'Hi' }), `data: ${JSON.stringify(chunk({}, 'stop'))}\n`]],
	])('where its %s lacks the empty line', async (_name, events) => {
		const { bytes } = await gateway.ask('openai-chat', stream('openai-chat', events));
		expect(bytes.toString()).toMatch(/\n\n$/);
		expect(readMeaning('openai-chat', true, bytes)).toMatchObject({ text: 'Hi', end: 'stop' });
	});
});

describe('what an answer without output costs', () => {
	const usageMetadata = { promptTokenCount: 1000, totalTokenCount: 1000 };
	const blocked = ['SAFETY', 'PROHIBITED_CONTENT', 'MODEL_ARMOR', 'OTHER'].flatMap((blockReason) => {
		const body = { promptFeedback: { blockReason }, usageMetadata, modelVersion: 'm' };
		return [whole('gemini', body), stream('gemini', [body])].map((answer) => [blockReason, answer] as const);
	});

	it.each(blocked)(
		'is its prompt where Google refused that for %s: a refusal in every format',
		async (_name, answer) => {
			for (const caller of CALLERS) {
				const { bytes, headers, status } = await gateway.ask(caller, answer);
				expect(status, caller).toBe(200);
				const meaning = readMeaning(caller, answer.isStream, bytes);
				if (caller !== 'gemini') expect(meaning, caller).toMatchObject({ end: 'content-filter', error: null });
				const rows = (await gateway.readLedger()).get(headers.get('x-switchyard-decision') ?? '');
				expect(rows, caller).toEqual([{ costNanoUsd: 1_000_003, isEstimated: false }]);
			}
		},
	);

	it('is what Google reports where it says that a call was malformed', async () => {
		const answer = stream('gemini', [content([{ text: 'Hel' }]), content([], 'MALFORMED_FUNCTION_CALL')]);
		const { headers } = await gateway.ask('openai-chat', answer);
		const rows = (await gateway.readLedger()).get(headers.get('x-switchyard-decision') ?? '');
		expect(rows).toEqual([{ costNanoUsd: 1_700_004, isEstimated: false }]);
	});
});

describe('an answer that its provider ends with an error of its own, without any output', () => {
	const failed = {
		content: {},
		finishReason: 'MALFORMED_FUNCTION_CALL',
		finishMessage: 'print(x) is no call',
		index: 0,
	};
	const usageMetadata = { promptTokenCount: 1000, totalTokenCount: 1000 };
	const body = { candidates: [failed], usageMetadata, modelVersion: 'm' };

	it.each([
		['streamed', stream('gemini', [body])],
		['streamed behind an empty text', stream('gemini', [content([{ text: '' }]), body])],
		['whole', whole('gemini', body)],
	])(
		'%s: is asked for once more, and then told as it ended',
		async (_name, answer) => {
			const patient = await openReplayGateway({ maxAttempts: 3 });
			// two of the four: the fifth failure opens the circuit
			for (const caller of ['gemini', 'openai-chat'] as const) {
				const { bytes, calls, status } = await patient.ask(caller, answer);
				expect([caller, status, calls]).toEqual([caller, 502, 2]);
				expect(bytes.toString(), caller).toContain(
					'ended its answer with MALFORMED_FUNCTION_CALL: print(x) is no call',
				);
			}
			await patient.close();
		},
		60_000,
	);
});

describe('an error that comes in place of an answer', () => {
	const error = { message: 'Quota exceeded', type: 'invalid_request_error', code: 400 };
	it.each([
		['a chat', stream('openai-chat', [{ error }])],
		['a message', stream('anthropic-messages', [{ type: 'error', error }])],
		['generated content', stream('gemini', [{ error: { ...error, status: 'INVALID_ARGUMENT' } }])],
	])('costs nothing, also as the first event of a stream: %s', async (_name, answer) => {
		const decisions: (string | null)[] = [];
		for (const caller of CALLERS) {
			const { headers, status } = await gateway.ask(caller, answer);
			expect(status, caller).toBe(400);
			decisions.push(headers.get('x-switchyard-decision'));
		}
		const ledger = await gateway.readLedger();
		expect(decisions.map((decision) => ledger.get(decision ?? '') ?? [])).toEqual(CALLERS.map(() => []));
	});
});
