import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/keys/index.ts';
import type { KeyScope } from '../../../src/storage.ts';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';
import { sampleProfile } from '../../support/sample-defaults.ts';

const CANARY = 'hooks-canary-5f2a';
let gateway: TestGateway;
const tokens: Record<string, string> = {};

beforeAll(async () => {
	const config = {
		gateway: { requireKey: true },
		budget: {
			notify: { webhook: { url: `https://hooks.example.com/services/${CANARY}` }, command: ['notify', CANARY] },
		},
		providers: { anthropic: { apiKey: 'env:SOME_KEY' } },
		models: [{ ...sampleProfile('meta-llama/llama-4:free'), provider: 'openrouter' }],
	};
	gateway = await openTestGateway({ config });
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	for (const scope of ['route', 'read', 'admin'] as const satisfies readonly KeyScope[]) {
		tokens[scope] = (await createKey(keys, { name: scope, scopes: [scope] }, Date.now())).token;
	}
});
afterAll(() => gateway.close());

const as = (scope: string, more: Record<string, string> = {}) => ({
	authorization: `Bearer ${tokens[scope]}`,
	...more,
});

interface Money {
	key: string;
	costUsd: number;
	requests: number;
}

/** What the routes answer, as far as these tests look at it. */
interface Body {
	error: { code: string; message: string };
	key: { id: string; revokedAt: string | null };
	token: string;
	keys: unknown[];
	decisions: unknown[];
	attempts: Array<Record<string, unknown>>;
	ledger: Array<{ decisionId: string; costNanoUsd: number; attribution: { tags: string[] } }>;
	totals: Money[];
	status: { dailySpent: number };
	deployments: Array<{ id: string; resting: Array<{ model: string; cause: string; until: string }> }>;
}

async function get(path: string, scope = 'read'): Promise<{ status: number; body: Body }> {
	const response = await gateway.ask(path, { headers: as(scope) });
	return { status: response.status, body: (await response.json()) as Body };
}

async function post(path: string, body: unknown, scope = 'admin'): Promise<{ status: number; body: Body }> {
	const response = await gateway.ask(path, { body, headers: as(scope) });
	return { status: response.status, body: (await response.json()) as Body };
}

const GETS = ['status', 'budgets', 'costs', 'keys', 'decisions', 'config'];

describe('who may look after the gateway', () => {
	it.each(GETS)('GET %s: a key with read or admin, and nobody else', async (name) => {
		const path = `/admin/v1/${name}`;
		expect((await gateway.ask(path)).status).toBe(401);
		expect((await get(path, 'route')).status).toBe(403);
		expect((await get(path, 'read')).status).toBe(200);
		expect((await get(path, 'admin')).status).toBe(200);
	});

	it.each(['keys', 'keys/abc/revoke', 'keys/abc/rotate', 'feedback', 'config/reload'])(
		'POST %s: read is not enough',
		async (name) => {
			const before = (await get('/admin/v1/keys')).body.keys;
			const { status, body } = await post(`/admin/v1/${name}`, { name: 'x' }, 'read');
			expect([status, body.error.code]).toEqual([403, 'ROUTER_FORBIDDEN']);
			expect((await get('/admin/v1/keys')).body.keys).toEqual(before);
		},
	);

	it('metrics too: a key that only calls models learns nothing of what others do', async () => {
		expect((await gateway.ask('/metrics')).status).toBe(401);
		expect((await gateway.ask('/metrics', { headers: as('route') })).status).toBe(403);
		expect((await gateway.ask('/metrics', { headers: as('read') })).status).toBe(200);
	});

	it('a page of another site can neither send a form nor call by a name that was pointed here', async () => {
		const form = { 'content-type': 'application/x-www-form-urlencoded' };
		for (const headers of [form, { 'content-type': 'text/plain' }]) {
			const response = await fetch(`${gateway.running.url}/admin/v1/keys`, {
				method: 'POST',
				headers: as('admin', headers),
				body: '{"name":"stolen"}',
			});
			expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('content-type is')]);
		}
		const foreign = await gateway.ask('/admin/v1/status', { headers: as('admin', { origin: 'https://evil.example' }) });
		expect(foreign.status).toBe(403);
		expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
		const rebound = await new Promise<number | undefined>((resolve, reject) => {
			const asked = request(
				{ port: gateway.running.port, path: '/admin/v1/status', headers: as('admin', { host: 'evil.example' }) },
				(response) => resolve(response.resume().statusCode),
			);
			asked.on('error', reject).end();
		});
		expect(rebound).toBe(403);
		const { body } = await get('/admin/v1/keys');
		expect(JSON.stringify(body)).not.toContain('stolen');
	});
});

describe('what it is asked is checked', () => {
	it.each([
		['costs?by=colour', /^by is "colour"; it must be one of day, model/],
		['costs?period=year', /^period is "year"/],
		['costs?from=2026-02-30', /^from is "2026-02-30"; it must be a day/],
		['costs?from=2026-03-02&to=2026-03-01', /^from is not before to/],
		['costs?period=week&from=2026-03-02', /^period says what from and to say/],
		['costs?limit=0', /^limit is "0"; it must be a whole number from 1 to 1000/],
		['costs?form=2026-01-01', /^form is no parameter of this route; did you mean "from"\?/],
		['decisions?limit=1e3', /^limit is "1e3"/],
		['decisions?limit=1&limit=2', /^limit is given more than once/],
		['decisions?from=yesterday', /^from is "yesterday"/],
		['status?verbose=1', /^verbose is no parameter/],
	])('GET %s', async (path, message) => {
		const { status, body } = await get(`/admin/v1/${path}`);
		expect([status, body.error]).toEqual([
			400,
			{ code: 'ROUTER_INVALID_INPUT', message: expect.stringMatching(message) },
		]);
	});

	it.each([
		[{}, /^name is missing/],
		[{ name: 7 }, /^name is 7/],
		[{ name: 'x', scopes: 'admin' }, /^scopes is "admin"; it must be a list/],
		[{ name: 'x', scopes: ['root'] }, /^scopes\[0\] is "root"; it must be one of route, read, admin/],
		[{ name: 'x', tags: ['a', 1] }, /^tags\[1\] is 1/],
		[{ name: 'x', limits: { maxParallel: 0 } }, /^limits\.maxParallel is 0/],
		[{ name: 'x', limits: { maxParalel: 1 } }, /did you mean "limits\.maxParallel"/],
		[{ name: 'x', allowedModels: ['opsu'] }, /^allowedModels\[0\] is "opsu".*did you mean "opus"/],
		[{ name: 'x', lifetime: 'soon' }, /^lifetime: /],
		[{ name: 'x', scope: ['route'] }, /^scope is no field of this request; did you mean "scopes"\?/],
	])('POST keys %j', async (body, message) => {
		const answer = await post('/admin/v1/keys', body);
		expect([answer.status, answer.body.error.message]).toEqual([400, expect.stringMatching(message)]);
	});

	it('what is no JSON, too deep, too long or nowhere', async () => {
		const send = (body: string) =>
			fetch(`${gateway.running.url}/admin/v1/keys`, {
				method: 'POST',
				headers: as('admin', { 'content-type': 'application/json' }),
				body,
			});
		expect((await send('{"name":')).status).toBe(400);
		expect((await send(`{"name":${'['.repeat(5000)}`)).status).toBe(413);
		expect((await send(JSON.stringify({ name: 'x'.repeat(300_000) }))).status).toBe(413);
		expect((await get('/admin/v1/nothing')).status).toBe(404);
		expect((await get('/admin')).status).toBe(404);
		const deleted = await gateway.ask('/admin/v1/status', { method: 'DELETE', headers: as('admin') });
		expect([deleted.status, deleted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
	});
});

describe('keys', () => {
	it('a key is shown once, works, is rotated and revoked, each at once', async () => {
		const made = await post('/admin/v1/keys', { name: 'ci', scopes: ['route'], tags: ['nightly'], lifetime: '30d' });
		expect(made.status).toBe(201);
		const { key, token } = made.body;
		const call = async (secret: string) =>
			(await gateway.ask('/v1/chat/completions', { body: chat(), headers: { authorization: `Bearer ${secret}` } }))
				.status;
		expect(await call(token)).toBe(200);
		const rotated = await post(`/admin/v1/keys/${key.id}/rotate`, {});
		expect([await call(token), await call(rotated.body.token)]).toEqual([401, 200]);
		const revoked = await post(`/admin/v1/keys/${key.id}/revoke`, {});
		expect(revoked.body.key.revokedAt).toEqual(expect.any(String));
		expect(await call(rotated.body.token)).toBe(401);
		const listed = JSON.stringify((await get('/admin/v1/keys')).body);
		expect(listed).toContain(key.id);
		for (const secret of [token, rotated.body.token]) expect(listed).not.toContain(secret.slice(-43));
		expect(listed).not.toMatch(/secretHash|[0-9a-f]{64}/);
		expect((await post(`/admin/v1/keys/${key.id}/rotate`, {})).status).toBe(404);
		expect((await post('/admin/v1/keys/nobody/revoke', {})).status).toBe(404);
	});
});

describe('what happened', () => {
	it('a decision is found by the id its answer named, with outcome, ledger and fallbacks; feedback reaches it', async () => {
		gateway.simulator.script({ '*': { schedule: ['500', '500', '500'] } });
		const response = await gateway.ask('/v1/chat/completions', {
			body: chat('auto'),
			headers: as('route', { 'x-switchyard-tags': 'admin-test' }),
		});
		await response.text();
		gateway.simulator.script({ '*': {} });
		const id = response.headers.get('x-switchyard-decision') ?? '';
		const rated = await post('/admin/v1/feedback', { decision: id, rating: 5, comment: 'good' });
		expect(rated).toEqual({ status: 200, body: { decision: id, rating: 5 } });
		const { body } = await get(`/admin/v1/decisions/${id}`);
		const trail: unknown = body;
		expect(trail).toMatchObject({
			decision: { id, policy: 'weighted' },
			outcome: { decisionId: id, success: true, userRating: 5, userComment: 'good' },
		});
		const { ledger, attempts } = body;
		expect(attempts.length).toBeGreaterThan(0);
		expect(attempts.at(-1)).toMatchObject({ outcome: 'success', decisionId: id });
		const paid = ledger.reduce((sum, row) => sum + row.costNanoUsd, 0);
		expect((paid / 1e9).toFixed(9)).toBe(response.headers.get('x-switchyard-cost'));
		expect(ledger.every((row) => row.decisionId === id && row.attribution.tags.includes('admin-test'))).toBe(true);
		expect(JSON.stringify(body)).not.toContain('login bug');
		expect((await get('/admin/v1/decisions/nobody')).status).toBe(404);
		const askWhyNot = (model: string, of = id) =>
			get(`/admin/v1/decisions/${of}/why-not?model=${encodeURIComponent(model)}`);
		for (const model of ['haiku', 'gemini-3.8-flash', 'meta-llama/llama-4:free']) {
			const why = await askWhyNot(model);
			expect([why.status, why.body], model).toMatchObject([200, { model, changes: expect.any(Array) }]);
		}
		expect((await askWhyNot('nobody')).status).toBe(404);
		expect((await askWhyNot('haiku', 'nobody')).status).toBe(404);
		expect((await get(`/admin/v1/decisions/${id}/why-not`)).status).toBe(400);
		const replay = await get(`/admin/v1/decisions/${id}/replay`);
		expect([replay.status, replay.body]).toMatchObject([200, { gone: expect.any(Array) }]);
		expect((await get('/admin/v1/decisions/nobody/replay')).status).toBe(404);
		const { decisions } = (await get('/admin/v1/decisions?limit=1')).body;
		expect(decisions).toMatchObject([{ id }]);
		expect((await post('/admin/v1/feedback', { decision: id, rating: 9 })).status).toBe(400);
		expect((await post('/admin/v1/feedback', { decision: 'nobody', rating: 3 })).status).toBe(404);
	});

	it('costs and budgets say what the ledger says', async () => {
		const response = await gateway.ask('/v1/chat/completions', {
			body: chat(),
			headers: as('route', { 'x-switchyard-tags': 'counted' }),
		});
		await response.text();
		const { body } = await get('/admin/v1/costs?by=tag&period=today');
		const counted = body.totals.find(({ key }) => key === 'counted');
		expect(counted?.requests).toBe(1);
		expect(counted?.costUsd.toFixed(9)).toBe(response.headers.get('x-switchyard-cost'));
		const all = (await get('/admin/v1/costs?by=model&period=today')).body.totals;
		const { status } = (await get('/admin/v1/budgets')).body;
		expect(status.dailySpent).toBeCloseTo(
			all.reduce((sum, { costUsd }) => sum + costUsd, 0),
			9,
		);
	});

	it('the status names what is left alone at each deployment', async () => {
		gateway.simulator.script({ '*': { afterwards: { fault: '429', retryAfterSeconds: 60 } } });
		await (await gateway.ask('/v1/chat/completions', { body: chat('haiku'), headers: as('route') })).text();
		gateway.simulator.script({ '*': {} });
		const { body } = await get('/admin/v1/status');
		const rests = body.deployments.find(({ id }) => id === 'simulated-anthropic')?.resting;
		expect(rests).toContainEqual({ model: 'haiku', cause: 'rate-limit', until: expect.any(String) });
		const text = await (await gateway.ask('/metrics', { headers: as('read') })).text();
		expect(text).toContain(
			'switchyard_cooldown_active{deployment="simulated-anthropic",model="haiku",cause="rate-limit"} 1',
		);
	});

	it('the configuration is shown with its origins, keys only as env:NAME, and nothing that may be a secret', async () => {
		const response = await gateway.ask('/admin/v1/config', { headers: as('read') });
		expect(response.headers.get('cache-control')).toBe('no-store');
		const text = await response.text();
		expect(text).not.toContain(CANARY);
		const values: Array<{ path: string; value: unknown; origin: { source: string } }> = JSON.parse(text).values;
		const of = (path: string) => values.find((value) => value.path === path);
		expect(of('providers.anthropic.apiKey')).toMatchObject({ value: 'env:SOME_KEY', origin: { source: 'file' } });
		expect(of('gateway.port')).toMatchObject({ origin: { source: 'argument' } });
		expect(of('gateway.drainTimeoutMs')).toMatchObject({ value: 30_000, origin: { source: 'default' } });
		expect(of('budget.notify.webhook.url')).toMatchObject({ value: 'https://hooks.example.com/[hidden]' });
	});
});
