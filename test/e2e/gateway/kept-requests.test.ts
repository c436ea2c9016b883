import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { askChat, chatAnswer, chatFrame, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

let open: RawGateway | null = null;
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

/** Collects everything that nobody holds. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // the flag above makes it

/** Bytes that are held after so many requests, each with a text of its own of 20,000 characters. */
async function heldAfter(url: string, requests: number, change: object): Promise<number> {
	for (let number = 0; number < requests; number += 1) {
		const content = `${number} `.padEnd(20_000, 'x');
		await (await askChat(url, { messages: [{ role: 'user', content }], ...change })).text();
	}
	collect();
	return process.memoryUsage().heapUsed;
}

describe('a gateway that runs for months', () => {
	it.each([
		['whole', {}],
		['streamed', { stream: true }],
	])('keeps nothing of requests that are over (%s)', async (_kind, change) => {
		open = await openRawGateway((_request, response, body) => {
			if (JSON.parse(body).stream === true) {
				response.writeHead(200, { 'content-type': 'text/event-stream' });
				response.end(`${chatFrame({ content: 'fine' })}${chatFrame({}, 'stop')}data: [DONE]\n\n`);
			} else response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
		});
		const before = await heldAfter(open.url, 100, change);
		const after = await heldAfter(open.url, 200, change);
		// 200 requests that were kept would be 4 MB of text alone, and as much again parsed.
		expect(after - before).toBeLessThan(3_000_000);
	});
});
