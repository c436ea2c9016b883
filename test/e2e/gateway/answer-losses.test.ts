import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, messageEvents, stream, whole } from '../../support/recordings/answers.ts';
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
