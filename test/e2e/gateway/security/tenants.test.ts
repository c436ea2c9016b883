import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { answerJson, goodAnswer } from '../../../support/provider-witness.ts';

let gateway: SecurityGateway;
let own: Record<string, string>;
let other: Record<string, string>;

beforeAll(async () => {
	gateway = await openSecurityGateway({ config: { gateway: { requireKey: true, cache: { enabled: true } } } });
	own = { 'x-api-key': (await gateway.makeKey({ name: 'own', team: 'a' })).token };
	other = { 'x-api-key': (await gateway.makeKey({ name: 'other', team: 'a' })).token };
	let answers = 0;
	gateway.witness.answer = (response, request) => {
		answers += 1;
		answerJson(response, { ...goodAnswer(request), id: `answer-${answers}` });
	};
});
afterAll(() => gateway.close());

async function idOf(answer: Promise<Response>): Promise<string> {
	return JSON.parse(await (await answer).text()).id;
}

describe('what one key was answered is told to no other', () => {
	it('from the cache', async () => {
		const first = await idOf(gateway.chat(own));
		expect(await idOf(gateway.chat(own))).toBe(first);
		expect(await idOf(gateway.chat(other))).not.toBe(first);
	});

	it('for an idempotency key that both use', async () => {
		const change = { messages: [{ role: 'user', content: 'Only once.' }] };
		const ask = (headers: Record<string, string>) =>
			idOf(gateway.chat({ ...headers, 'idempotency-key': 'the-same', 'x-switchyard-no-cache': '1' }, change));
		const first = await ask(own);
		expect(await ask(own)).toBe(first);
		expect(await ask(other)).not.toBe(first);
	});

	it('at the same time either', async () => {
		const change = { messages: [{ role: 'user', content: 'Both at once.' }] };
		const headers = { 'idempotency-key': 'at-once', 'x-switchyard-no-cache': '1' };
		const ids = await Promise.all([own, own, other].map((key) => idOf(gateway.chat({ ...key, ...headers }, change))));
		expect(ids[0]).toBe(ids[1]);
		expect(ids[2]).not.toBe(ids[0]);
	});
});

describe('a key reads its own decisions only', () => {
	it('another’s decision is not shown, and is refused as one that there never was', async () => {
		const answer = await gateway.chat({ ...own, 'x-switchyard-no-cache': '1' });
		const decision = answer.headers.get('x-switchyard-decision') ?? '';
		const read = (id: string, headers: Record<string, string>) =>
			fetch(`${gateway.url}/v1/decisions/${id}`, { headers });
		const shown = await read(decision, own);
		expect(shown.status).toBe(200);
		expect(await shown.json()).toMatchObject({ decision: { id: decision } });
		const [refused, unknown] = [await read(decision, other), await read('nothing', other)];
		expect([refused.status, unknown.status]).toEqual([404, 404]);
		expect((await refused.text()).replace(decision, 'nothing')).toBe(await unknown.text());
		expect((await read(decision, {})).status).toBe(401);
	});
});

describe('a key judges its own answers only', () => {
	it('a judgement of another’s answer is not taken, and says no more than one of no answer', async () => {
		const answer = await gateway.chat({ ...own, 'x-switchyard-no-cache': '1' });
		const decision = answer.headers.get('x-switchyard-decision') ?? '';
		expect(decision).not.toBe('');
		const judge = (headers: Record<string, string>) => gateway.post('/v1/feedback', { decision, rating: 1 }, headers);
		const refused = await judge(other);
		const unknown = await gateway.post('/v1/feedback', { decision: 'nothing', rating: 1 }, other);
		expect([refused.status, unknown.status]).toEqual([404, 404]);
		expect((await refused.text()).replace(decision, 'nothing')).toBe(await unknown.text());
		expect((await judge(own)).status).toBe(200);
	});

	it('a key rates an answer once: a repeat changes nothing, another rating is refused, and the operator has the last word', async () => {
		const answer = await gateway.chat({ ...own, 'x-switchyard-no-cache': '1' });
		const decision = answer.headers.get('x-switchyard-decision') ?? '';
		const { system } = gateway.running.gateway.runtime;
		const stored = async () => (await (await system.flush()).records.trail(decision))?.outcome?.userRating;
		const first = await gateway.post('/v1/feedback', { decision, rating: 1 }, own);
		expect([first.status, await first.json()]).toEqual([200, { decision, rating: 1 }]);
		const repeated = await gateway.post('/v1/feedback', { decision, rating: 1 }, own);
		expect([repeated.status, await repeated.json()]).toEqual([200, { decision, rating: 1 }]);
		const changed = await gateway.post('/v1/feedback', { decision, rating: 5 }, own);
		expect([changed.status, await changed.text()]).toEqual([400, expect.stringContaining('is rated already, with 1')]);
		expect(await stored()).toBe(1);
		await system.recordFeedback(decision, { rating: 4 });
		expect(await stored()).toBe(4);
		expect((await gateway.post('/v1/feedback', { decision, rating: 1 }, own)).status).toBe(400);
		expect(await stored()).toBe(4);
	});
});

describe('a rating of what no model answered', () => {
	let refusing: SecurityGateway;
	beforeAll(async () => {
		refusing = await openSecurityGateway({ config: { budget: { dailyLimit: 0.000001, atLimit: 'refuse' } } });
	});
	afterAll(() => refusing.close());

	it('is refused, and counts for no model', async () => {
		const refused = await refusing.chat({}, { model: 'auto' });
		expect(refused.status).toBe(429);
		const decision = refused.headers.get('x-switchyard-decision');
		expect(decision).not.toBeNull();
		for (const path of ['/v1/feedback', '/admin/v1/feedback']) {
			const rated = await refusing.post(path, { decision, rating: 1 });
			expect([rated.status, await rated.text()]).toEqual([400, expect.stringContaining('has no answer to rate')]);
		}
		const { performance } = await refusing.running.gateway.runtime.system.flush();
		expect(await performance.performance()).toEqual([]);
	});
});

describe('a refusal by a budget that others share', () => {
	let shared: SecurityGateway;
	beforeAll(async () => {
		shared = await openSecurityGateway({
			config: { gateway: { requireKey: true }, budget: { dailyLimit: 0.000001, atLimit: 'refuse' } },
		});
	});
	afterAll(() => shared.close());

	const refusalOf = async (scopes: ReadonlyArray<'route' | 'read'>, change: object): Promise<string> => {
		const { token } = await shared.makeKey({ name: scopes.join(), scopes: [...scopes] });
		const answer = await shared.chat({ 'x-api-key': token }, { model: 'gpt-5-mini', ...change });
		expect(answer.status).toBe(429);
		return await answer.text();
	};

	it('says nothing of what they have spent to a key that may not read figures', async () => {
		const large = { max_tokens: 100_000 };
		expect(await refusalOf(['route'], large)).not.toMatch(/[Ss]pent|left|held/);
		expect(await refusalOf(['route', 'read'], large)).toMatch(/Spent \$\d/);
	});
});
