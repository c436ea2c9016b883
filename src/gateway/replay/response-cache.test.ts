import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { JsonText } from '../../protocol/index.ts';
import { ManualClock } from '../../testing/index.ts';
import { CACHE_HEADER, type HashedRequest, hashRequest, ResponseCache } from './index.ts';

const CONFIG = { enabled: true, ttl: 300, maxEntries: 3, maxEntryBytes: 100 };

const clock = new ManualClock();
beforeAll(() => clock.advance(1));

const createCache = (change: Partial<typeof CONFIG> = {}, maxBytes?: number) =>
	new ResponseCache({ config: { ...CONFIG, ...change }, clock, maxBytes });

function keep(cache: ResponseCache, hash: string, change: { status?: number; body?: string } = {}): void {
	const recorder = cache.createRecorder();
	recorder.onHead({ status: change.status ?? 200, headers: { 'content-type': 'application/json' } });
	recorder.onData(change.body ?? hash);
	cache.set(hash, recorder);
}
const bodyOf = (cache: ResponseCache, hash: string): string | null => {
	const answer = cache.get(hash);
	return answer === null ? null : Buffer.from(answer.body).toString();
};

describe('an answer is given again only to exactly the same request, in its time, within bounds', () => {
	it('a hit is the answer as it was, and says that it is a hit', async () => {
		const cache = createCache();
		keep(cache, 'a', { body: 'größe' });
		expect(bodyOf(cache, 'a')).toBe('größe');
		expect(cache.get('a')?.headers).toEqual({ 'content-type': 'application/json', [CACHE_HEADER]: 'hit' });
		expect(bodyOf(cache, 'b')).toBeNull();
		await clock.advance(299_999);
		expect(bodyOf(cache, 'a')).toBe('größe');
		await clock.advance(2);
		expect(bodyOf(cache, 'a')).toBeNull();
		expect(cache.sizeBytes).toBe(0);
	});

	it('a failure, a part of an answer, one too long, and anything while it is off, is not kept', () => {
		const cache = createCache();
		for (const status of [201, 400, 429, 500]) keep(cache, 'a', { status });
		keep(cache, 'a', { body: 'x'.repeat(101) });
		cache.set('a', cache.createRecorder());
		expect(bodyOf(cache, 'a')).toBeNull();
		const off = createCache({ enabled: false });
		keep(off, 'a');
		expect(bodyOf(off, 'a')).toBeNull();
	});

	it('neither number nor bytes grow over their bounds; what is used stays longest', () => {
		const cache = createCache({}, 250);
		for (const hash of ['a', 'b', 'c']) keep(cache, hash);
		cache.get('a');
		keep(cache, 'd');
		expect(['a', 'b', 'c', 'd'].map((hash) => bodyOf(cache, hash))).toEqual(['a', null, 'c', 'd']);
		for (const hash of ['e', 'f', 'g']) keep(cache, hash, { body: 'x'.repeat(100) });
		expect(cache.sizeBytes).toBe(200);
		keep(cache, 'g', { body: 'short' });
		expect(cache.sizeBytes).toBe(105);
	});

	it('what was answered under another configuration is forgotten', () => {
		const cache = createCache();
		keep(cache, 'a');
		const underWay = cache.createRecorder();
		underWay.onHead({ status: 200, headers: {} });
		cache.configure({ ...CONFIG, ttl: 10 });
		cache.set('b', underWay);
		expect([bodyOf(cache, 'a'), bodyOf(cache, 'b'), cache.sizeBytes]).toEqual([null, null, 0]);
	});
});

describe('two requests are the same only when everything that decides is', () => {
	const request: HashedRequest = {
		owner: '7f3a9c2d1e40',
		method: 'POST',
		url: '/v1/messages',
		headers: { 'anthropic-version': '2023-06-01', 'user-agent': 'x', authorization: 'Bearer a' },
		body: JsonText.from('{"model":"auto"}'),
	};

	it('another owner, address, deciding header or byte of the body is another request', async () => {
		const others: HashedRequest[] = [
			{ ...request, owner: '7f3a9c2d1e41' },
			{ ...request, method: 'PUT' },
			{ ...request, url: '/v1/chat/completions' },
			{ ...request, url: '/v1/messages?beta=true' },
			{ ...request, headers: {} },
			{ ...request, headers: { ...request.headers, 'anthropic-beta': 'x' } },
			{ ...request, headers: { ...request.headers, 'openai-beta': 'x' } },
			{ ...request, headers: { ...request.headers, 'x-switchyard-max-cost': '0.01' } },
			{ ...request, body: JsonText.from('{"model":"auto" }') },
			{ ...request, body: JsonText.from('') },
		];
		expect(new Set(await Promise.all([request, ...others].map(hashRequest))).size).toBe(others.length + 1);
	});

	it('how it was sent does not count: key, client, order of headers', async () => {
		const { 'user-agent': _agent, ...headers } = request.headers;
		const same: HashedRequest[] = [
			{ ...request, headers: { ...headers, authorization: 'Bearer b', 'x-stainless-retry-count': '1' } },
			{ ...request, headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' } },
		];
		for (const other of same) expect(await hashRequest(other)).toBe(await hashRequest(request));
		const gemini = (search: string) => hashRequest({ ...request, url: `/v1beta/models/x:generateContent${search}` });
		expect(await gemini('?key=one&alt=sse')).toBe(await gemini('?alt=sse&key=two'));
		expect(await gemini('?alt=sse')).not.toBe(await gemini('?alt=json'));
	});

	it('no two different requests are written alike, wherever their parts border', async () => {
		const text = fc.string({ maxLength: 6 });
		const parts = fc.record({
			owner: text,
			method: text,
			url: text.map((end) => `/${end.replace('?', '')}`),
			body: text,
		});
		await fc.assert(
			fc.asyncProperty(parts, parts, async (one, other) => {
				const isSame = JSON.stringify(one) === JSON.stringify(other);
				const hashes = await Promise.all(
					[one, other].map((part) => hashRequest({ ...part, body: JsonText.from(part.body), headers: {} })),
				);
				expect(hashes[0] === hashes[1]).toBe(isSame);
			}),
		);
	});
});
