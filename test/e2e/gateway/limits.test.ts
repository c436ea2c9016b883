import { afterEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/index.ts';
import { until } from '../../support/open-test-gateway.ts';
import { askChat, chatAnswer, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

let open: RawGateway | null = null;
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

describe('more than the gateway takes on', () => {
	it('waits in turn, and past the queue is told when to come back, in the caller’s format', async () => {
		let running = 0;
		let most = 0;
		const limits = { maxConcurrent: 2, maxQueued: 2, queueTimeoutMs: 60_000 };
		const isHeld = Promise.withResolvers<void>();
		open = await openRawGateway(
			async (_request, response) => {
				running += 1;
				most = Math.max(most, running);
				await isHeld.promise;
				running -= 1;
				response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
			},
			{ gateway: { limits } },
		);
		const { url } = open;
		const asked = Array.from({ length: 8 }, () => askChat(url));
		let refusals = 0;
		for (const one of asked) void one.then(({ status }) => (refusals += status === 503 ? 1 : 0));
		await until(() => refusals === 4 && running === 2, 'two to be served and four to be refused');
		isHeld.resolve();
		const answers = await Promise.all(asked);
		const statuses = answers.map(({ status }) => status).sort();
		expect(statuses).toEqual([200, 200, 200, 200, 503, 503, 503, 503]);
		expect(most).toBe(2);
		const refused = answers.find(({ status }) => status === 503);
		expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
		expect(await refused?.json()).toMatchObject({ error: { code: 'ROUTER_OVERLOADED' } });
	});
});

describe('priority', () => {
	it.each([
		['body', (priority: number) => [{ switchyard: { priority } }, {}] as const],
		['header', (priority: number) => [{}, { 'x-switchyard-priority': String(priority) }] as const],
	])('in the %s decides who is served first of those that wait', async (_place, ask) => {
		const served: string[] = [];
		let release = () => {};
		const isHeld = new Promise<void>((resolve) => {
			release = resolve;
		});
		open = await openRawGateway(
			async (_request, response, body) => {
				served.push(JSON.parse(body).messages[0].content);
				await isHeld;
				response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
			},
			{ gateway: { limits: { maxConcurrent: 1 } } },
		);
		const { gateway, url } = { ...open.gateway, url: open.url };
		const send = (content: string, [change, headers]: readonly [object, Record<string, string>]) =>
			askChat(url, { messages: [{ role: 'user', content }], ...change }, headers);
		const answers = [send('first', [{}, {}])];
		await until(() => served.length > 0, 'the first to be served');
		for (const [index, priority] of [1, 3, 5].entries()) {
			answers.push(send(`priority ${priority}`, ask(priority)));
			await until(() => gateway.queue.waiting > index, 'the next to wait');
		}
		release();
		expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
		expect(served).toEqual(['first', 'priority 5', 'priority 3', 'priority 1']);
	});

	it('that is none is refused like every other hint, in the body and in the header', async () => {
		open = await openRawGateway((_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
		});
		for (const [change, headers, place] of [
			[{ switchyard: { priority: 9 } }, {}, 'switchyard.priority'],
			[{ switchyard: { priority: 'high' } }, {}, 'switchyard.priority'],
			[{}, { 'x-switchyard-priority': '0' }, 'x-switchyard-priority'],
			[{}, { 'x-switchyard-priority': 'high' }, 'x-switchyard-priority'],
		] as const) {
			const refused = await askChat(open.url, change, headers);
			expect(refused.status, place).toBe(400);
			expect(await refused.text()).toContain(`${place} is`);
		}
	});
});

describe('a virtual key', () => {
	it('is held to its own limit with a time to wait; its requests bear its team, tags and session', async () => {
		open = await openRawGateway((_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
		});
		const { gateway } = open.gateway;
		const { keys, ledger } = await gateway.runtime.system.storage();
		const wanted = { name: 'ci', team: 'build', tags: ['nightly'], limits: { requestsPerMinute: 2 } };
		const { key, token } = await createKey(keys, wanted, Date.now());
		const headers = { authorization: `Bearer ${token}`, 'x-switchyard-session': 's-1', 'x-switchyard-tags': 'pr-7' };
		const { url } = open;
		const answers = [await askChat(url, {}, headers), await askChat(url, {}, headers), await askChat(url, {}, headers)];
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
		expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(1);
		await gateway.settled();
		const [row] = await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10);
		expect(row?.attribution).toEqual({
			key: key.id,
			namedBy: key.id,
			team: 'build',
			tags: ['nightly', 'pr-7'],
			session: 's-1',
		});
	});
});

describe('a budget', () => {
	it('refuses at the gateway with what is left, without asking the provider', async () => {
		let calls = 0;
		open = await openRawGateway(
			(_request, response) => {
				calls += 1;
				response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
			},
			{ budget: { dailyLimit: 0.000001 } },
		);
		const refused = await askChat(open.url);
		expect(refused.status).toBe(429);
		expect(JSON.stringify(await refused.json())).toContain('Daily budget exceeded');
		expect(calls).toBe(0);
	});

	it('holds the money of every answer that is asked for, not of one', async () => {
		const held: number[] = [];
		const asked: number[] = [];
		open = await openRawGateway(async (_request, response, body) => {
			asked.push(JSON.parse(body).max_completion_tokens);
			const [day] = (await open?.gateway.gateway.runtime.system.budgetLimits()) ?? [];
			held.push(day?.heldUsd ?? Number.NaN);
			response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
		});
		for (const n of [1, 3]) expect((await askChat(open.url, { n, max_completion_tokens: 1000 })).status).toBe(200);
		expect(asked).toEqual([1000, 1000]);
		// Two more answers of 1000 tokens at $2 a million, at least.
		const [one = Number.NaN, three = Number.NaN] = held;
		expect(three - one).toBeGreaterThanOrEqual(0.003_999);
	});

	it('that allows less output than asked for sets the lower limit on the provider’s call', async () => {
		let asked = 0;
		open = await openRawGateway(
			(_request, response, body) => {
				asked = JSON.parse(body).max_completion_tokens;
				response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('fine'));
			},
			{ budget: { perRequestLimit: 0.001 } },
		);
		const { system } = open.gateway.gateway.runtime;
		const answer = await askChat(open.url, { max_completion_tokens: 100_000 });
		expect(answer.status).toBe(200);
		// $0.001 buys 500 tokens of output at $2 a million, less what the input may cost at most.
		expect(asked).toBeGreaterThan(200);
		expect(asked).toBeLessThan(500);
		const limits = await system.budgetLimits();
		expect(limits.filter(({ heldUsd }) => heldUsd !== null && heldUsd > 0)).toEqual([]);
	});
});
