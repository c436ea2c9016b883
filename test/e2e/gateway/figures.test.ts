import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../support/open-test-gateway.ts';
import {
	askChat,
	type ClockedGateway,
	chatAnswer,
	chatFrame,
	openClockedGateway,
	openRawGateway,
	type RawGateway,
} from '../../support/raw-provider.ts';

let open: RawGateway | null = null;
let clocked: ClockedGateway | null = null;
afterEach(async () => {
	await clocked?.close();
	clocked = null;
	await open?.close();
	open?.project.remove();
	open = null;
});

async function ledger() {
	await open?.gateway.gateway.settled();
	const storage = await open?.gateway.gateway.runtime.system.storage();
	return (await storage?.ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10)) ?? [];
}

function withUsage(usage: object): string {
	return JSON.stringify({ ...JSON.parse(chatAnswer('Hello.')), usage });
}

const EVENTS = { 'content-type': 'text/event-stream' };
const usageFrame = (usage: object) =>
	`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage })}\n\n`;
const BESIDE = {
	prompt_tokens: 1000,
	completion_tokens: 10,
	total_tokens: 1310,
	completion_tokens_details: { reasoning_tokens: 300 },
};
const IMPOSSIBLE = { prompt_tokens: 1000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 2000 } };

describe('an answer whose figures are odd still reaches its caller, and is paid', () => {
	it.each([
		[
			'reasoning beside the output, as xAI counts it',
			BESIDE,
			{ inputTokens: 1000, outputTokens: 10, reasoningTokens: 300 },
		],
		['more cached than there was', IMPOSSIBLE, { isEstimated: true }],
	])('%s', async (_, usage, booked) => {
		open = await openRawGateway((_request, response, body) => {
			if (body.includes('"stream":true')) {
				response.writeHead(200, EVENTS);
				response.end(`${chatFrame({ content: 'Hello.' }, 'stop')}${usageFrame(usage)}data: [DONE]\n\n`);
			} else response.end(withUsage(usage));
		});
		const whole = await askChat(open.url);
		expect([whole.status, await whole.text()]).toEqual([200, expect.stringContaining('Hello.')]);
		const stream = await (await askChat(open.url, { stream: true })).text();
		expect(stream).toContain('[DONE]');
		expect(stream).not.toContain('"error"');
		expect(await ledger()).toMatchObject([{ usage: booked }, { usage: booked }]);
	});
});

describe('what a provider was paid for is booked, of use or not', () => {
	it('an answer of reasoning alone, which is passed on', async () => {
		const usage = { prompt_tokens: 1000, completion_tokens: 400, completion_tokens_details: { reasoning_tokens: 400 } };
		open = await openRawGateway((_request, response) => response.end(withUsage(usage).replace('Hello.', '')));
		expect((await askChat(open.url)).status).toBe(200);
		expect(await ledger()).toMatchObject([{ usage: { inputTokens: 1000, reasoningTokens: 400 } }]);
	});

	it('a whole answer that breaks off', async () => {
		open = await openRawGateway((_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5000 });
			response.write('{"id":');
			setTimeout(() => response.destroy(), 50);
		});
		expect((await askChat(open.url)).status).toBe(502);
		expect(await ledger()).toMatchObject([{ usage: { isEstimated: true } }]);
	});

	it('once: an attempt that ends before it is made is not charged what the one before it used', async () => {
		let calls = 0;
		clocked = await openClockedGateway(
			(_request, response) => {
				calls += 1;
				response.writeHead(200, EVENTS);
				response.write(': begun\n\n');
				setImmediate(() => response.destroy());
			},
			{ maxAttempts: 3, keepAliveMs: 0 },
		);
		const { clock, running, system, url } = clocked;
		const storage = await system.storage();
		const { budgets, ledger: rows } = storage;
		let holds = 0;
		const reserve: typeof budgets.reserve = async (reservation) => {
			holds += 1;
			// The deadline passes while the second attempt's money is being held.
			if (holds > 1) await clock.advance(600_000);
			return await budgets.reserve(reservation);
		};
		const get = (_: unknown, name: keyof typeof budgets) => (name === 'reserve' ? reserve : budgets[name]);
		Object.assign(storage, { budgets: new Proxy({}, { get: get as ProxyHandler<object>['get'] & object }) });
		const asked = askChat(url, { stream: true }, { 'x-switchyard-timeout-ms': '600000' });
		// The wait before the second attempt, once there is one.
		await until(async () => {
			await clock.advance(100);
			return holds > 1;
		}, 'a second attempt');
		expect([(await asked).status, calls, holds]).toEqual([504, 1, 2]);
		await running.gateway.settled();
		expect(await rows.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10)).toHaveLength(1);
	});
});

describe('several answers in one stream', () => {
	const choice = (index: number, delta: object, finish_reason: string | null = null) =>
		`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta, finish_reason }] })}\n\n`;

	it('the second may take its time when the first has ended', async () => {
		const later = Promise.withResolvers<void>();
		clocked = await openClockedGateway(async (_request, response) => {
			response.writeHead(200, EVENTS);
			response.write(choice(0, { content: 'One.' }) + choice(1, { content: 'Two' }) + choice(0, {}, 'stop'));
			await later.promise;
			response.end(`${choice(1, { content: ' more.' }, 'stop')}data: [DONE]\n\n`);
		});
		const { body } = await askChat(clocked.url, { stream: true, n: 2 });
		let text = '';
		for await (const bytes of body ?? []) {
			const wasOver = text.includes('"finish_reason":"stop"');
			text += Buffer.from(bytes).toString();
			if (wasOver || !text.includes('"finish_reason":"stop"')) continue;
			// Longer than a complete answer's last events are waited for, shorter than the silence that is allowed.
			await clocked.clock.advance(15_000);
			later.resolve();
		}
		expect(text).toContain(' more.');
		expect(text).not.toContain('"error"');
	});

	it('each may be as long as the money allows one to be', async () => {
		let limit = 0;
		const config = { budget: { perRequestLimit: 0.01 } };
		open = await openRawGateway((_request, response, body) => {
			limit = Number(JSON.parse(body).max_completion_tokens);
			const text = 'x'.repeat(Math.floor(limit * 4 * 0.9));
			response.writeHead(200, EVENTS);
			for (const index of [0, 1, 2]) response.write(choice(index, { content: text }));
			for (const index of [0, 1, 2]) response.write(choice(index, {}, 'stop'));
			response.end('data: [DONE]\n\n');
		}, config);
		const text = await (await askChat(open.url, { stream: true, n: 3 })).text();
		expect(limit).toBeGreaterThan(100);
		expect(text.match(/"finish_reason":"stop"/g)).toHaveLength(3);
		expect(text).not.toContain('"length"');
	});

	it('a server that gives fewer than were asked for has answered all the same', async () => {
		open = await openRawGateway((_request, response) => {
			response.writeHead(200, EVENTS);
			response.end(`${chatFrame({ content: 'Hello.' }, 'stop')}data: [DONE]\n\n`);
		});
		const text = await (await askChat(open.url, { stream: true, n: 2 })).text();
		expect(text).toContain('[DONE]');
		expect(text).not.toContain('"error"');
	});
});

describe('a caller that does not read', () => {
	it('is given up in the end, and its provider is not blamed for it', async () => {
		const streams = { commit: 'first-output' as const, firstOutputTimeoutMs: 2000, idleTimeoutMs: 400 };
		open = await openRawGateway(
			(_request, response, body) => {
				if (!body.includes('"stream":true')) return response.end(chatAnswer('Hello.'));
				response.writeHead(200, EVENTS);
				const piece = chatFrame({ content: 'x'.repeat(60_000) });
				const more = () => {
					while (response.write(piece)) if (response.destroyed) return;
					response.once('drain', more);
				};
				more();
			},
			{ gateway: { streams }, budget: { dailyLimit: 100_000, monthlyLimit: 1_000_000 } },
		);
		const { host, port } = new URL(open.url);
		const body = JSON.stringify({ model: 'gpt-5-mini', stream: true, messages: [{ role: 'user', content: 'hello' }] });
		const sockets = Array.from({ length: 8 }, () => {
			const socket = connect(Number(port), '127.0.0.1');
			socket.write(
				`POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
			);
			return socket.pause();
		});
		await until(async () => (await ledger()).length === sockets.length, 'every caller to be given up');
		expect((await askChat(open.url)).status).toBe(200);
		for (const socket of sockets) socket.destroy();
	}, 20_000);
});
