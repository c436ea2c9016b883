import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../support/open-test-gateway.ts';
import { askChat, chatAnswer, chatFrame, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

const opened: RawGateway[] = [];
afterEach(async () => {
	for (const one of opened.splice(0)) {
		await one.close();
		one.project.remove();
	}
});

async function open(...given: Parameters<typeof openRawGateway>): Promise<RawGateway> {
	const one = await openRawGateway(...given);
	opened.push(one);
	return one;
}

async function charges({ gateway }: RawGateway): Promise<number> {
	await gateway.gateway.settled();
	const { ledger } = await gateway.gateway.runtime.system.flush();
	return (await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 100)).length;
}

describe('a request sent twice under one Idempotency-Key', () => {
	const key = { 'idempotency-key': 'order-17' };

	it('is called and charged once while the first is under way, and both get the same answer', async () => {
		let calls = 0;
		const areAllAsked = Promise.withResolvers<void>();
		const gateway = await open(async (_request, response) => {
			calls += 1;
			await areAllAsked.promise;
			response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer(`answer ${calls}`));
		});
		const asked = [1, 2, 3].map(() => askChat(gateway.url, {}, key));
		await until(() => gateway.gateway.gateway.queue.running === asked.length, 'all three to be under way');
		areAllAsked.resolve();
		const answers = await Promise.all(asked);
		const bodies = await Promise.all(answers.map((answer) => answer.text()));
		expect(new Set(bodies).size).toBe(1);
		expect([calls, await charges(gateway)]).toEqual([1, 1]);
		const repeated = answers.map((answer) => answer.headers.get('x-switchyard-idempotency'));
		expect(repeated.filter((header) => header === 'repeated')).toHaveLength(2);
	});

	it('gives the first answer again after a restart, a stream with every frame', async () => {
		let calls = 0;
		const answer = (_request: unknown, response: import('node:http').ServerResponse) => {
			calls += 1;
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			response.write(chatFrame({ content: `call ${calls}` }));
			response.end(`${chatFrame({}, 'stop')}data: [DONE]\n\n`);
		};
		const before = await open(answer);
		const first = await (await askChat(before.url, { stream: true }, key)).text();
		await before.close();
		const after = await open(answer, {}, before.project);
		const again = await (await askChat(after.url, { stream: true }, key)).text();
		expect([again, calls]).toEqual([first, 1]);
	});

	it('is refused when it is another request, and executed anew when the first failed', async () => {
		let calls = 0;
		const gateway = await open((_request, response) => {
			calls += 1;
			if (calls === 1) response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"x"}}');
			else response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
		});
		expect((await askChat(gateway.url, {}, key)).status).toBeGreaterThanOrEqual(500);
		expect((await askChat(gateway.url, {}, key)).status).toBe(200);
		const other = await askChat(gateway.url, { temperature: 0.5 }, key);
		expect(other.status).toBe(422);
		expect(calls).toBe(2);
	});
});

describe('the response cache', () => {
	it('is off unless it is turned on, gives only the very same request its answer, and charges nothing for it', async () => {
		let calls = 0;
		const answer = (_request: unknown, response: import('node:http').ServerResponse) => {
			calls += 1;
			response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer(`answer ${calls}`));
		};
		const off = await open(answer);
		await askChat(off.url);
		await askChat(off.url);
		expect(calls).toBe(2);
		calls = 0;
		const cache = { enabled: true, ttl: 60, maxEntries: 10, maxEntryBytes: 10_000 };
		const on = await open(answer, { gateway: { cache } });
		const first = await askChat(on.url);
		const second = await askChat(on.url);
		expect([await first.text(), second.headers.get('x-switchyard-cache')]).toEqual([await second.text(), 'hit']);
		await askChat(on.url, { temperature: 0.1 });
		await askChat(on.url, {}, { 'x-switchyard-no-cache': 'true' });
		expect([calls, await charges(on)]).toEqual([3, 3]);
	});
});
