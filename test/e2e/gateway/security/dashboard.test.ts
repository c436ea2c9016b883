import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyScope } from '../../../../src/contracts/index.ts';
import { openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';

let gateway: SecurityGateway;
beforeEach(async () => {
	gateway = await openSecurityGateway({ config: { gateway: { requireKey: true, drainTimeoutMs: 20_000 } } });
});
afterEach(() => gateway.close());

const read = (path: string, headers: Record<string, string> = {}) => fetch(`${gateway.url}${path}`, { headers });

/** A browser that has signed in: its cookie, and the token that pages send with a change. */
async function signIn(scopes: KeyScope[]): Promise<{ id: string; cookie: string; csrf: string; setCookie: string }> {
	const { key, token } = await gateway.makeKey({ scopes });
	const answer = await gateway.post('/dashboard/session', { key: token });
	expect(answer.status).toBe(201);
	const setCookie = answer.headers.get('set-cookie') ?? '';
	const cookie = setCookie.split(';')[0] ?? '';
	const session = (await (await read('/dashboard/session', { cookie })).json()) as { csrfToken: string };
	return { id: key.id, cookie, csrf: session.csrfToken, setCookie };
}

describe('the dashboard of a gateway that needs keys', () => {
	it('shows nobody anything who has not signed in', async () => {
		expect(await (await read('/dashboard/session')).json()).toEqual({ state: 'signed-out' });
		for (const path of ['/dashboard/events', '/admin/v1/overview', '/admin/v1/keys'])
			expect((await read(path)).status, path).toBe(401);
		const forged = { cookie: `switchyard_dashboard_${gateway.port}=${'A'.repeat(43)}` };
		expect((await read('/admin/v1/overview', forged)).status).toBe(401);
	});

	it('keeps the session where no script and no other site can use it', async () => {
		const { setCookie } = await signIn(['read']);
		expect(setCookie).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
		expect(setCookie).not.toContain('sk-sy-');
	});

	it('refuses a wrong key, a key that may not read, and after ten wrong ones every further one for a while', async () => {
		const caller = await gateway.makeKey({ scopes: ['route'] });
		expect((await gateway.post('/dashboard/session', { key: caller.token })).status).toBe(403);
		const wrong = { key: `sk-sy-0123456789ab-${'A'.repeat(43)}` };
		for (let count = 0; count < 10; count += 1)
			expect((await gateway.post('/dashboard/session', wrong)).status).toBe(401);
		const right = await gateway.makeKey({ scopes: ['admin'] });
		const refused = await gateway.post('/dashboard/session', { key: right.token });
		expect(refused.status).toBe(429);
		expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
	});

	it('changes nothing for a page of another site, nor for a session that may only read', async () => {
		const admin = await signIn(['admin']);
		const reader = await signIn(['read']);
		const create = (headers: Record<string, string>) => gateway.post('/admin/v1/keys', { name: 'stolen' }, headers);
		expect((await create({ cookie: admin.cookie })).status).toBe(403);
		expect((await create({ cookie: admin.cookie, 'x-csrf-token': reader.csrf })).status).toBe(403);
		expect(
			(await create({ cookie: admin.cookie, 'x-csrf-token': admin.csrf, origin: 'https://evil.example' })).status,
		).toBe(403);
		expect((await create({ cookie: reader.cookie, 'x-csrf-token': reader.csrf })).status).toBe(403);
		const form = { 'content-type': 'text/plain' };
		expect((await gateway.post('/dashboard/session', '{"key":"x"}', form)).status).toBe(400);
		const { keys } = await gateway.running.gateway.runtime.system.storage();
		expect((await keys.list()).map(({ name }) => name)).not.toContain('stolen');
		expect((await create({ cookie: admin.cookie, 'x-csrf-token': admin.csrf })).status).toBe(201);
	});

	it('calls no model by its cookie', async () => {
		const { cookie, csrf } = await signIn(['admin', 'route']);
		expect((await gateway.chat({ cookie, 'x-csrf-token': csrf })).status).toBe(401);
		expect(gateway.witness.requests).toEqual([]);
	});

	it('ends a session with its key, and when its owner signs out', async () => {
		const first = await signIn(['admin']);
		const second = await signIn(['read']);
		const revoke = { cookie: first.cookie, 'x-csrf-token': first.csrf };
		expect((await gateway.post(`/admin/v1/keys/${second.id}/revoke`, {}, revoke)).status).toBe(200);
		expect((await read('/admin/v1/overview', { cookie: second.cookie })).status).toBe(401);
		expect((await gateway.post('/dashboard/sign-out', {}, { cookie: first.cookie })).status).toBe(403);
		expect((await gateway.post('/dashboard/sign-out', {}, revoke)).status).toBe(200);
		expect((await read('/admin/v1/overview', { cookie: first.cookie })).status).toBe(401);
	});
});

describe('the pages of the dashboard', () => {
	it('run nothing inline, load nothing from elsewhere and fit into no frame', async () => {
		const page = await read('/dashboard/decisions/some-id');
		const text = await page.text();
		expect(page.headers.get('content-security-policy')).toBe(
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		);
		expect(page.headers.get('cache-control')).toBe('no-cache');
		expect(text).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\son\w+=|style=|https?:\/\//);
		const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
		expect(files.length).toBeGreaterThan(2);
		for (const file of files) {
			const asset = await read(file);
			expect(asset.status, file).toBe(200);
			expect(asset.headers.get('cache-control')).toContain('immutable');
			expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
			const etag = asset.headers.get('etag') ?? '';
			expect((await read(file, { 'if-none-match': etag })).status).toBe(304);
		}
	});

	it('are no way to other files of this machine', async () => {
		for (const path of [
			'/dashboard/../../package.json',
			'/dashboard/%2e%2e/%2e%2e/package.json',
			'/dashboard/..%2fx.js',
			'/dashboard/x.js',
		])
			expect((await send({ path })).status, path).toBe(404);
	});

	it('answer to no name but the gateway’s own, not even with a stream', async () => {
		for (const path of ['/dashboard', '/dashboard/session', '/dashboard/events', '/dashboard/assets/x.js'])
			expect((await send({ path, headers: { host: 'evil.example' } })).status, path).toBe(403);
	});

	it('hold up no gateway that was told to stop', async () => {
		const { cookie } = await signIn(['read']);
		const stream = await read('/dashboard/events', { cookie });
		expect(stream.headers.get('content-type')).toBe('text/event-stream');
		const startedAt = performance.now();
		await gateway.running.close();
		expect(performance.now() - startedAt).toBeLessThan(5000);
		expect(await stream.text()).toContain('event: hello');
	});
});

/** Sends a path as it is, with headers that `fetch` sets by itself. */
function send(options: { path: string; headers?: Record<string, string> }): Promise<{ status: number }> {
	const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>();
	const sent = request({ host: '127.0.0.1', port: gateway.port, agent: false, ...options }, (response) => {
		response.resume();
		response.on('end', () => resolve({ status: response.statusCode ?? 0 }));
	});
	sent.on('error', reject);
	sent.end();
	return promise;
}
