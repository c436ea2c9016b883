import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../support/open-test-gateway.ts';
import { askChat, chatFrame, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

/** Many bytes of one token: an answer beyond the model's limit would be ended. */
const PIECE = chatFrame({ content: 'x', note: 'x'.repeat(60_000) });
/** Far more than sockets and pipes hold between provider and caller. */
const PIECES = 1500;
/** So many looks in a row at which a provider has written nothing more say that it is held up. */
const STILL_LOOKS = 25;

let open: RawGateway | null = null;
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

function request(url: string): string {
	const body = JSON.stringify({ model: 'gpt-5-mini', stream: true, messages: [{ role: 'user', content: 'hello' }] });
	return `POST /v1/chat/completions HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

describe('a caller that reads slowly does not fill the gateway’s memory', () => {
	it('the provider is read only as fast as the caller reads, and nothing is lost', { timeout: 60_000 }, async () => {
		let written = 0;
		let isPaused = false;
		open = await openRawGateway((_request, response) => {
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			const more = () => {
				while (written < PIECES) {
					written += 1;
					if (!response.write(PIECE)) {
						isPaused = true;
						response.once('drain', more);
						return;
					}
				}
				response.end(`${chatFrame({}, 'stop')}data: [DONE]\n\n`);
			};
			more();
		});
		const socket = connect(Number(new URL(open.url).port), '127.0.0.1');
		socket.write(request(open.url));
		socket.once('data', () => socket.pause());
		const looks: number[] = [];
		await until(() => {
			looks.unshift(written);
			return isPaused && looks.length > STILL_LOOKS && looks[STILL_LOOKS] === written;
		}, 'the provider to be held up');
		expect(written).toBeLessThan(PIECES / 2);
		let bytes = 0;
		let tail = '';
		socket.on('data', (chunk: Buffer) => {
			bytes += chunk.length;
			tail = (tail + chunk.toString('latin1')).slice(-2000);
		});
		socket.resume();
		await until(() => tail.includes('switchyard decision'), 'the end of the answer');
		socket.destroy();
		expect(written).toBe(PIECES);
		expect(bytes).toBeGreaterThan((PIECES - 5) * PIECE.length);
		expect(tail).toContain('[DONE]');
	});
});

describe('a caller that leaves', () => {
	it('ends the call to the provider at once, and pays for what was produced and may have been', async () => {
		const closed = Promise.withResolvers<void>();
		open = await openRawGateway((_request, response) => {
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			response.write(chatFrame({ content: 'y'.repeat(400) }));
			response.once('close', () => closed.resolve());
		});
		const answer = await askChat(open.url, { stream: true });
		const reader = answer.body?.getReader();
		await reader?.read();
		await reader?.cancel();
		await closed.promise;
		await open.gateway.gateway.settled();
		const { system } = open.gateway.gateway.runtime;
		const { entries } = (await system.storage()).ledger;
		const [row] = await entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10);
		expect(row).toMatchObject({ model: 'gpt-5-mini', usage: { isEstimated: true } });
		// what was read, and 512 tokens that may have been under way
		expect(row?.usage.outputTokens).toBeGreaterThanOrEqual(100 + 512);
		expect(row?.usage.outputTokens).toBeLessThan(100 + 512 + 100);
		const limits = await system.budgetLimits();
		expect(limits.filter(({ heldUsd }) => heldUsd !== null && heldUsd > 0)).toEqual([]);
	});
});
