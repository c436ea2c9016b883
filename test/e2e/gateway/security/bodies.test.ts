import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

const MAX_BYTES = 1_000_000;
let gateway: SecurityGateway;

beforeAll(async () => {
	gateway = await openSecurityGateway({ config: { gateway: { limits: { maxBodyBytes: MAX_BYTES } } } });
});
beforeEach(() => {
	gateway.witness.requests.length = 0;
});
afterAll(() => gateway.close());

async function send(body: string | Buffer, headers: Record<string, string> = {}): Promise<[number, string]> {
	const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: typeof body === 'string' ? body : new Uint8Array(body),
	});
	return [answer.status, await answer.text()];
}

const said = () => gateway.witness.requests.map(({ body }) => JSON.parse(body));

describe('a body that would fill the memory', () => {
	/** 512 MB of spaces in half a megabyte, or less. */
	const bomb = Buffer.alloc(512 * 1024 * 1024, 32);
	const packed = {
		gzip: gzipSync(bomb),
		deflate: deflateSync(bomb),
		br: brotliCompressSync(bomb.subarray(0, 2 ** 26)),
	};

	it.each(['gzip', 'deflate', 'br'] as const)('is not unpacked beyond the limit: %s', async (packing) => {
		const before = process.memoryUsage().arrayBuffers;
		const [status] = await send(packed[packing], { 'content-encoding': packing });
		expect(status).toBe(413);
		expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MAX_BYTES);
		expect(said()).toEqual([]);
	});

	it('packed as it should be, it is read', async () => {
		const [status] = await send(gzipSync(JSON.stringify(CHAT)), { 'content-encoding': 'GZIP' });
		expect(status).toBe(200);
	});

	it.each([
		['twice packed', { 'content-encoding': 'gzip, gzip' }],
		['of a packing nobody knows', { 'content-encoding': 'zstd' }],
		['not packed as it says', { 'content-encoding': 'gzip' }],
	])('%s is refused', async (_name, headers) => {
		expect((await send(gzipSync(gzipSync(JSON.stringify(CHAT))), headers))[0]).toBe(400);
	});

	it('is refused by its announced length before a byte of it is read, and in chunks when the limit is passed', async () => {
		const lines = [`Host: 127.0.0.1:${gateway.port}`, 'Content-Type: application/json'];
		const announced = [...lines, `Content-Length: ${MAX_BYTES + 1}`];
		const early = await sendRaw(gateway.port, rawRequest('POST /v1/chat/completions', announced));
		expect(early).toMatchObject({ status: 413 });
		const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
		const chunked = rawRequest('POST /v1/chat/completions', [...lines, 'Transfer-Encoding: chunked']);
		const late = await sendRaw(gateway.port, [chunked, ...Array.from({ length: 40 }, () => chunk)]);
		expect(late.status).toBe(413);
	});
});

describe('a body that is meant to break its reader', () => {
	it.each([
		['deep lists', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
		['deep objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
		['deep and never closed', '['.repeat(500_000)],
		['nothing', ''],
		['a list', '[]'],
		['a number', '1e999'],
		['half of a text', '{"model":"gpt-5-mini'],
		['two bodies', `${JSON.stringify(CHAT)}${JSON.stringify(CHAT)}`],
		['a comment', `/* */${JSON.stringify(CHAT)}`],
		['a number that is none', '{"model":"gpt-5-mini","messages":[],"max_tokens":NaN}'],
		['messages that are none', JSON.stringify({ ...CHAT, messages: 'hello' })],
		['messages of nothing', JSON.stringify({ ...CHAT, messages: [null, 1, [], {}] })],
		['a model that is an object', JSON.stringify({ ...CHAT, model: { toString: 'x' } })],
		['a list of models', JSON.stringify({ ...CHAT, model: ['gpt-5-mini'] })],
	])('is refused without a call, and without repeating it: %s', async (_name, body) => {
		const [status, text] = await send(body);
		expect(status).toBeGreaterThanOrEqual(400);
		expect(status).toBeLessThan(500);
		expect(text.length).toBeLessThan(1000);
		expect(said()).toEqual([]);
	});

	it('in other letters than UTF-8: nobody is asked something else than was said', async () => {
		const latin = Buffer.from(JSON.stringify({ ...CHAT, messages: [{ role: 'user', content: 'Grüße' }] }), 'latin1');
		expect((await send(latin))[0]).toBe(400);
		const overlong = Buffer.concat([
			Buffer.from('{"model":"gpt-5-mini","x":"'),
			Buffer.from([0xc0, 0xaf]),
			Buffer.from('"}'),
		]);
		expect((await send(overlong))[0]).toBe(400);
		expect(said()).toEqual([]);
	});

	it('of another type by its header is read as what it is', async () => {
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'])
			expect((await send(JSON.stringify(CHAT), { 'content-type': type }))[0]).toBe(200);
	});
});

describe('figures that are meant to make a dear call cheap', () => {
	it.each([
		['two models', '{"model":"gpt-5-nano","model":"gpt-5","messages":[{"role":"user","content":"x"}]}'],
		[
			'two models, one in escapes',
			'{"model":"gpt-5-nano","\\u006dodel":"gpt-5","messages":[{"role":"user","content":"x"}]}',
		],
		[
			'two limits',
			'{"model":"gpt-5-nano","max_tokens":1,"max_tokens":9000,"messages":[{"role":"user","content":"x"}]}',
		],
		['two counts of answers', '{"model":"gpt-5-nano","n":1,"messages":[{"role":"user","content":"x"}],"n":100}'],
	])('%s are refused: what is priced is what is called', async (_name, body) => {
		const [status, text] = await send(body);
		expect([status, /same name twice/.test(text)]).toEqual([400, true]);
		expect(said()).toEqual([]);
	});

	it.each([-1, 0, 1.5, '20', 1e30, true, [20], { a: 1 }])(
		'a limit of %j ends in an error or a true call, never in a free one',
		async (limit) => {
			const [status] = await send(JSON.stringify({ ...CHAT, model: 'gpt-5-nano', max_tokens: limit }));
			if (status < 400) expect(said()).toHaveLength(1);
			else expect(status).toBeLessThan(500);
		},
	);

	it.each([-1, 0, 1.5, '3', 1e9, null])('so does a number of %j answers', async (n) => {
		const [status] = await send(JSON.stringify({ ...CHAT, n }));
		if (status < 400) expect(said()).toHaveLength(1);
		else expect(status).toBeLessThan(500);
	});

	it('names that mean something to JavaScript change nothing', async () => {
		const body = `{"__proto__":{"isAdmin":true,"model":"gpt-5"},"constructor":{"prototype":{"polluted":1}},${JSON.stringify(CHAT).slice(1)}`;
		const [status] = await send(body);
		expect(status).toBe(200);
		expect(gateway.witness.requests[0]?.body).toContain('"model":"gpt-5-mini-2025-08-07"');
		expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
		const wishes = `{"switchyard":{"__proto__":{"maxCost":0}},${JSON.stringify(CHAT).slice(1)}`;
		expect((await send(wishes))[0]).toBe(400);
	});

	it('a wish that is no number is no wish', async () => {
		for (const cost of ['NaN', '-1', '1e400', 'Infinity', '0x10g', ' '])
			expect((await send(JSON.stringify(CHAT), { 'x-switchyard-max-cost': cost }))[0]).toBe(400);
		expect(said()).toEqual([]);
	});
});

it('feedback is limited as the reference says: 400 for its comment, 413 for its body and its depth', async () => {
	const send = async (body: unknown): Promise<[number, string]> => {
		const answer = await gateway.post('/v1/feedback', body);
		return [answer.status, await answer.text()];
	};
	const rating = { decision: 'nobody', rating: 5 };
	expect((await send({ ...rating, comment: 'x'.repeat(10_000) }))[0]).toBe(404);
	expect((await send({ ...rating, comment: 'x'.repeat(10_001) }))[0]).toBe(400);
	expect(await send({ ...rating, more: 'x'.repeat(70_000) })).toEqual([413, expect.stringContaining('65536 bytes')]);
	const deep = `{"decision":"nobody","rating":5,"more":${'['.repeat(5000)}${']'.repeat(5000)}}`;
	expect(await send(deep)).toEqual([413, expect.stringContaining('nested')]);
});
