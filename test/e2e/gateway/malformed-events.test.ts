import { afterEach, describe, expect, it } from 'vitest';
import { askChat, chatFrame, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

let open: RawGateway | null = null;
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

async function answerOf(pieces: readonly string[]): Promise<string> {
	open = await openRawGateway((_request, response) => {
		response.writeHead(200, { 'content-type': 'text/event-stream' });
		for (const piece of pieces) response.write(piece);
		response.end();
	});
	return await (await askChat(open.url, { stream: true })).text();
}

const END = `${chatFrame({}, 'stop')}data: [DONE]\n\n`;

describe('an event that cannot be read', () => {
	it('in the shape of a piece of the answer ends the stream with an error: the answer would have a hole', async () => {
		const text = await answerOf([
			chatFrame({ content: 'Do ' }),
			'data: {"choices":[{"index":0,"delta":{"content":"NOT \n\n',
			chatFrame({ content: 'delete it.' }),
			END,
		]);
		expect(text).toContain('"error"');
		expect(text).not.toContain('delete it.');
		expect(text).not.toContain('[DONE]');
	});

	it('that is only noise is left out, and the answer is whole', async () => {
		const text = await answerOf([
			chatFrame({ content: 'All ' }),
			'data: ???\n\n',
			chatFrame({ content: 'well.' }),
			END,
		]);
		expect(text).toContain('[DONE]');
		expect(text).not.toContain('???');
		expect(text).not.toContain('"error"');
	});
});

describe('a large event in a stream, which is read while nothing else of it is', () => {
	const LARGE = chatFrame({ content: 'x'.repeat(80_000) });
	const before = chatFrame({ content: 'First. ' });
	const after = chatFrame({ content: 'Last.' });

	it('reaches the caller at its place, byte for byte', async () => {
		const text = await answerOf([`${before}${LARGE}${after}${LARGE}`, END]);
		expect(text.startsWith(`${before}${LARGE}${after}${LARGE}${END}`)).toBe(true);
	});

	it('is followed by the end of its stream, and by what its provider broke off with', async () => {
		expect((await answerOf([`${before}${LARGE}${END}`.trimEnd()])).includes('data: [DONE]')).toBe(true);
		await open?.close();
		const broken = await answerOf([`${before}${LARGE}`]);
		expect(broken.startsWith(before + LARGE)).toBe(true);
		expect(broken.slice(-1000)).toContain('"error"');
	});
});
