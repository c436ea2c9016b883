import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';

let gateway: SecurityGateway;
let token: string;
let id: string;

beforeAll(async () => {
	gateway = await openSecurityGateway({ config: { gateway: { requireKey: true }, log: { level: 'debug' } } });
	const made = await gateway.makeKey();
	token = made.token;
	id = made.key.id;
});
afterAll(() => gateway.close());

async function refusal(headers: Record<string, string>): Promise<{ status: number; text: string; called: number }> {
	const before = gateway.witness.requests.length;
	const answer = await gateway.chat(headers);
	return { status: answer.status, text: await answer.text(), called: gateway.witness.requests.length - before };
}

describe('a stranger spends no money of the gateway’s owner', () => {
	const SQL = "' OR '1'='1' --";
	const otherSecret = 'A'.repeat(43);

	it.each([
		['no key', () => ({})],
		['SQL in the key', () => ({ authorization: `Bearer ${SQL.replaceAll(' ', '%20')}` })],
		['SQL in the id of a key', () => ({ 'x-api-key': `sk-sy-${SQL}-${otherSecret}` })],
		['SQL where Gemini’s key goes', () => ({ 'x-goog-api-key': SQL })],
		['the right id with another secret', () => ({ 'x-api-key': `sk-sy-${id}-${otherSecret}` })],
		['all but the last character', () => ({ 'x-api-key': token.slice(0, -1) })],
		['one character more', () => ({ 'x-api-key': `${token}A` })],
		['the key twice in one line', () => ({ 'x-api-key': `${token}, ${token}` })],
		['another case', () => ({ 'x-api-key': token.toUpperCase() })],
		['the last character changed', () => ({ 'x-api-key': token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A') })],
		['a look-alike of the same prefix', () => ({ 'x-api-key': `${token.slice(0, 30)}${'x'.repeat(32)}` })],
		['a wildcard', () => ({ 'x-api-key': `sk-sy-%-${otherSecret}` })],
		['only the id', () => ({ 'x-api-key': id })],
		['the key as user name', () => ({ authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}` })],
	])('with %s', async (_name, headers) => {
		const { called, status, text } = await refusal(headers());
		expect({ status, called }).toEqual({ status: 401, called: 0 });
		expect(text).not.toContain(otherSecret);
		expect(text).not.toContain(token.slice(20));
	});

	it('with a key whose time is over, or that was revoked, in the next request', async () => {
		const expired = await gateway.makeKey({ lifetimeMs: 1 });
		const revoked = await gateway.makeKey();
		expect((await gateway.chat({ 'x-api-key': revoked.token })).status).toBe(200);
		const { keys } = await gateway.running.gateway.runtime.system.storage();
		await keys.revoke(revoked.key.id, Date.now());
		gateway.running.gateway.keys.forget(revoked.key.id);
		expect(await refusal({ 'x-api-key': expired.token })).toMatchObject({ status: 401, called: 0 });
		expect(await refusal({ 'x-api-key': revoked.token })).toMatchObject({ status: 401, called: 0 });
	});

	it('with two different keys, of which a proxy in between may have checked the other', async () => {
		const other = await gateway.makeKey();
		const both = { authorization: `Bearer ${token}`, 'x-api-key': other.token };
		expect(await refusal(both)).toMatchObject({ status: 401, called: 0 });
	});
});

describe('a key does what its scopes say', () => {
	it('one that may only read or manage calls no model, so that managing never spends by accident', async () => {
		for (const scopes of [['read'], ['admin']] as const) {
			const { token: looking } = await gateway.makeKey({ scopes });
			expect(await refusal({ 'x-api-key': looking })).toMatchObject({ status: 403, called: 0 });
			for (const [path, body] of [
				['/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' }],
				['/v1/messages/count_tokens', { model: 'haiku', messages: CHAT.messages }],
				['/v1/feedback', { decision: 'x', rating: 1 }],
			] as const) {
				expect((await gateway.post(path, body, { 'x-api-key': looking })).status).toBe(403);
			}
		}
	});

	it('one that may only call models sees neither figures nor settings, and changes none', async () => {
		for (const path of ['/metrics', '/admin', '/admin/v1/config', '/admin/v1/keys', '/admin/../admin/v1/keys']) {
			const answer = await fetch(`${gateway.url}${path}`, { headers: { 'x-api-key': token } });
			expect([403, 404]).toContain(answer.status);
			expect(await answer.text()).not.toMatch(/secretHash|created|requireKey/);
		}
		const made = await gateway.post('/admin/v1/keys', { name: 'mine', scopes: ['admin'] }, { 'x-api-key': token });
		expect([403, 404]).toContain(made.status);
		const { keys } = await gateway.running.gateway.runtime.system.storage();
		expect((await keys.list()).some(({ name }) => name === 'mine')).toBe(false);
	});

	it('one that is allowed a model uses no other, by whichever name, header, field or route', async () => {
		const narrow = await gateway.makeKey({ allowedModels: ['gpt-5-mini'] });
		const headers = { 'x-api-key': narrow.token };
		const before = gateway.witness.requests.length;
		for (const model of ['gpt-5', 'gpt-5-2025-08-07', 'openai/gpt-5', 'GPT-5', 'opus']) {
			expect((await gateway.chat(headers, { model })).status).toBe(403);
		}
		expect(gateway.witness.requests).toHaveLength(before);
		const wishes = { ...headers, 'x-switchyard-allowed-models': 'gpt-5,opus' };
		expect((await gateway.chat(wishes, { model: 'auto' })).status).toBeGreaterThanOrEqual(400);
		const count = { model: 'opus', messages: CHAT.messages };
		expect((await gateway.post('/v1/messages/count_tokens', count, headers)).status).toBe(403);
		const asked = gateway.witness.requests.slice(before).map(({ body }) => body);
		expect(asked.filter((body) => !body.includes('gpt-5-mini'))).toEqual([]);
	});

	it('one with a limit of requests is held to it on every route that reads a text', async () => {
		const slow = await gateway.makeKey({ limits: { requestsPerMinute: 1 } });
		const headers = { 'x-api-key': slow.token };
		const statuses = [(await gateway.chat(headers)).status];
		const count = { model: 'haiku', messages: CHAT.messages };
		statuses.push(
			(await gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' }, headers)).status,
		);
		statuses.push((await gateway.post('/v1/messages/count_tokens', count, headers)).status);
		expect(statuses).toEqual([200, 429, 429]);
		// counted here: a long text takes this machine's time
		for (const model of ['auto', 'gpt-5-mini'])
			expect((await gateway.post('/v1/messages/count_tokens', { ...count, model }, headers)).status).toBe(429);
	});
});

describe('text that a caller sends is never a statement', () => {
	it('in tags, sessions, policies and model names', async () => {
		const hostile = `x'); DROP TABLE virtual_keys; --`;
		const headers = { 'x-api-key': token };
		expect(
			(await gateway.chat({ ...headers, 'x-switchyard-tags': hostile, 'x-switchyard-session': hostile })).status,
		).toBe(200);
		expect((await gateway.chat(headers, { model: hostile })).status).toBe(404);
		expect(
			(await gateway.chat({ ...headers, 'x-switchyard-policy': hostile }, { model: 'auto' })).status,
		).toBeGreaterThanOrEqual(400);
		expect((await gateway.chat({ ...headers, 'idempotency-key': hostile })).status).toBe(200);
		expect((await gateway.post('/v1/feedback', { decision: hostile, rating: 3 }, headers)).status).toBe(404);
		expect((await gateway.chat(headers)).status).toBe(200);
	});

	it('a key in an address, as Gemini’s clients send it, stands in no log and in no answer', async () => {
		const good = await fetch(`${gateway.url}/v1beta/models/gemini-2.5-flash:generateContent?key=${token}`, {
			method: 'POST',
			body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] }),
		});
		expect(good.status).toBe(200);
		const lost = await fetch(`${gateway.url}/v1/nothing?key=${token}`, { method: 'POST' });
		expect(lost.status).toBe(404);
		await gateway.running.gateway.runtime.system.flush();
		const log = readFileSync(join(gateway.project.path, '.claude/orchestration/logs/routing.log'), 'utf8');
		for (const text of [log, await lost.text(), await good.text()]) expect(text).not.toContain(token.slice(19));
		expect(gateway.witness.requests.at(-1)?.path).not.toContain('key=');
	});
});
