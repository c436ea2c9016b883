import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, messageEvents, outputMessage, response, stream, whole } from '../../support/recordings/answers.ts';
import type { CallerFormatName } from '../../support/recordings/caller-requests.ts';
import { openReplayGateway, type ProviderAnswer, type ReplayGateway } from '../../support/recordings/replay-gateway.ts';

let gateway: ReplayGateway;
beforeAll(async () => {
	gateway = await openReplayGateway();
});
afterAll(() => gateway.close());

const START = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: [] } };
const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
const STOP = { type: 'content_block_stop', index: 0 };
const PAGE = { type: 'web_search_result_location', url: 'https://example.org/1', title: 'One', encrypted_index: 'x' };

const PLACE = { type: 'char_location', document_index: 0, document_title: 'D', start_char_index: 0, end_char_index: 1 };

const toPage = (name: string) => ({
	type: 'url_citation',
	start_index: 0,
	end_index: 2,
	url: `https://example.org/${name}`,
	title: name,
});

/** A text with a citation, whole and streamed. */
function cited(citation: object): ProviderAnswer[] {
	const full = { ...citation, cited_text: 'so' };
	const delta = { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: full } };
	return [
		whole('anthropic-messages', message([{ type: 'text', text: 'Hi', citations: [full] }])),
		stream('anthropic-messages', messageEvents([START, DELTA, delta, STOP])),
	];
}

describe('a page that a text cites', () => {
	it.each(['openai-chat', 'openai-responses'] as const)('is told once to a caller of %s', async (caller) => {
		for (const answer of cited(PAGE)) {
			const { bytes } = await gateway.ask(caller, answer);
			// a stream of responses tells it in the events of its parts too
			const text = bytes.toString().split('event: response.completed').at(-1) ?? '';
			expect(text.match(/https:\/\/example\.org\/1/g)).toHaveLength(1);
		}
	});
});

describe('what an answer loses in a translation is named', () => {
	const hologram = { type: 'hologram', x: 1 };
	const text = { type: 'text', text: 'Hi' };
	const newBlock: object[] = [
		{ type: 'content_block_start', index: 1, content_block: hologram },
		{ ...STOP, index: 1 },
	];
	const newItem = { id: 'n', type: 'hologram_call' };
	const items = [newItem, outputMessage('Hi')];
	const itemEvents = [
		{ type: 'response.created', response: response([], { status: 'in_progress', usage: null }) },
		{ type: 'response.output_item.added', output_index: 0, item: newItem },
		{ type: 'response.output_item.done', output_index: 0, item: newItem },
		{ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, content_index: 0, delta: 'Hi' },
		{ type: 'response.completed', response: response(items) },
	];
	const source = { ...outputMessage('Hi'), content: [{ type: 'output_text', text: 'Hi', annotations: [toPage('a')] }] };

	const others = ['openai-chat', 'openai-responses', 'gemini'] as const;
	it.each<[string, string, ProviderAnswer[], readonly CallerFormatName[]]>([
		['a place in a document', 'citations', cited(PLACE), others],
		[
			'a block of a new kind',
			'hologram',
			[
				whole('anthropic-messages', message([hologram, text])),
				stream('anthropic-messages', messageEvents([START, DELTA, STOP, ...newBlock])),
			],
			others,
		],
		[
			'a turn that is to go on',
			'stop_reason.pause_turn',
			[
				whole('anthropic-messages', message([text], { stop_reason: 'pause_turn' })),
				stream('anthropic-messages', messageEvents([START, DELTA, STOP], 'pause_turn')),
			],
			others,
		],
		[
			'an item of a new kind',
			'hologram_call',
			[whole('openai-responses', response(items)), stream('openai-responses', itemEvents)],
			['anthropic-messages', 'gemini'],
		],
		['a page that a text cites', 'source', [whole('openai-responses', response([source]))], ['anthropic-messages']],
	])('%s', async (_what, name, answers, callers) => {
		for (const answer of answers) {
			for (const caller of callers) {
				const { bytes, comment, headers, status } = await gateway.ask(caller, answer);
				expect([status, bytes.toString().includes('Hi')], caller).toEqual([200, true]);
				const told = answer.isStream ? comment : headers.get('x-switchyard-dropped');
				// a stream of Gemini's ends without a comment: the decision tells what was lost
				if (caller !== 'gemini' || !answer.isStream) expect(told, caller).toMatch(new RegExp(`\\b${name}\\b`));
				const decision = await fetch(`${gateway.url}/v1/decisions/${headers.get('x-switchyard-decision')}`);
				expect(await decision.text(), caller).toMatch(new RegExp(`Not carried: [^"]*\\b${name}\\b`));
			}
		}
	});

	it('and nothing is where nothing is lost', async () => {
		const answer = stream('anthropic-messages', messageEvents([START, DELTA, STOP]));
		for (const caller of others) {
			const { comment, headers } = await gateway.ask(caller, answer);
			// what the model was asked for is fitted to it, and named
			const told = ['max_tokens', caller === 'gemini' ? undefined : 'max_tokens'];
			expect([headers.get('x-switchyard-dropped'), /dropped="(.*?)"/.exec(comment)?.[1]], caller).toEqual(told);
		}
	});
});
