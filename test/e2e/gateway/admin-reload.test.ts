import { afterEach, describe, expect, it } from 'vitest';
import type { DeploymentAccess } from '../../../src/gateway.ts';
import { chat, openTestGateway, type TestGateway, until } from '../../support/open-test-gateway.ts';
import { askChat, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

let gateway: TestGateway;
let raw: RawGateway | null = null;
afterEach(async () => {
	await gateway?.close();
	await raw?.close();
	raw?.project.remove();
	raw = null;
});

const reload = () => gateway.ask('/admin/v1/config/reload', { body: {} });
const dailyLimit = async () => {
	const body = (await (await gateway.ask('/admin/v1/budgets')).json()) as { status: { dailyLimit: number } };
	return body.status.dailyLimit;
};

describe('a configuration is taken up or refused whole', () => {
	it('a bad one is rejected with its reasons, and the old one stays in force', async () => {
		gateway = await openTestGateway({ config: { budget: { dailyLimit: 7 } } });
		for (const bad of ['{ "budget": ', { budget: { dailyLimit: -1 } }, { bugdet: {} }]) {
			gateway.configure(bad);
			const response = await reload();
			const { error } = (await response.json()) as { error: { code: string; issues: unknown[] } };
			expect([response.status, error.code]).toEqual([422, 'ROUTER_INVALID_CONFIG']);
			expect(error.issues[0]).toEqual({ path: expect.any(String), message: expect.any(String) });
			expect(gateway.notices.at(-1)).toMatch(/^The new configuration was rejected, the old one stays in force: /);
			expect(await dailyLimit()).toBe(7);
			expect((await gateway.ask('/v1/chat/completions', { body: chat() })).status).toBe(200);
		}
		gateway.configure({ budget: { dailyLimit: 8 } });
		expect(await (await reload()).json()).toEqual({ taken: true, waitsForRestart: [] });
		expect(await dailyLimit()).toBe(8);
	});

	it('address and port wait for the next start and say so; keys are required at once', async () => {
		gateway = await openTestGateway({ config: { gateway: { host: '127.0.0.1' } } });
		gateway.configure({ gateway: { host: '127.0.0.2', requireKey: true } });
		expect(await (await reload()).json()).toEqual({ taken: true, waitsForRestart: ['gateway.host'] });
		expect(gateway.notices.at(-1)).toContain('At the next start only: gateway.host');
		expect((await gateway.ask('/admin/v1/status')).status).toBe(401);
	});

	it('whoever listens wide keeps requiring keys: a file that says otherwise is refused', async () => {
		gateway = await openTestGateway({ config: { gateway: { requireKey: true } }, host: '0.0.0.0' });
		gateway.configure({ gateway: { requireKey: false } });
		expect(await gateway.running.reload()).toMatchObject({ applied: false, issues: [{ path: 'gateway.host' }] });
		expect((await gateway.ask('/admin/v1/status')).status).toBe(401);
	});

	it('a database that cannot be used is no reason to give up one that can', async () => {
		gateway = await openTestGateway();
		gateway.configure({ storage: { path: '.claude/orchestration/routing/config.json/routing.db' } });
		const report = await gateway.running.reload();
		expect(report.applied).toBe(false);
		const status = await (await gateway.ask('/admin/v1/status')).json();
		expect(status).toMatchObject({ storage: { kind: 'sqlite', degraded: null } });
	});
});

describe('nothing is lost while configurations change', () => {
	it('a stream goes on to its end with what it began with, and is booked', async () => {
		gateway = await openTestGateway({ simulator: { models: { '*': { tokensPerSecond: 40 } } } });
		const response = await gateway.ask('/v1/chat/completions', { body: chat('haiku', { stream: true }) });
		gateway.configure({ budget: { dailyLimit: 9 } });
		expect((await gateway.running.reload()).applied).toBe(true);
		expect(gateway.running.gateway.inFlight).toBe(1);
		const text = await response.text();
		expect(text).toContain('data: [DONE]');
		expect(text).not.toContain('"error"');
		const { ledger } = await gateway.running.gateway.runtime.system.flush();
		const rows = await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10);
		expect(rows.map(({ decisionId }) => decisionId)).toEqual([response.headers.get('x-switchyard-decision')]);
	});

	it('changes that come together are taken up one after the other, and the last one wins', async () => {
		gateway = await openTestGateway();
		const reports = [];
		for (const limit of [11, 12, 13, 14]) {
			gateway.configure({ budget: { dailyLimit: limit } });
			reports.push(gateway.running.reload());
		}
		const answers = Array.from({ length: 20 }, async () => {
			const response = await gateway.ask('/v1/chat/completions', { body: chat() });
			await response.text();
			return response.status;
		});
		expect((await Promise.all(reports)).every(({ applied }) => applied)).toBe(true);
		expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
		expect(await dailyLimit()).toBe(14);
		const { ledger } = await gateway.running.gateway.runtime.system.flush();
		await until(
			async () => (await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 100)).length === 20,
			'20 rows in the ledger',
		);
	});

	it('the config file is watched: also one whose folder was not there when the gateway started', async () => {
		gateway = await openTestGateway({ watchConfig: true });
		gateway.configure({ budget: { dailyLimit: 21 } });
		await until(async () => (await dailyLimit()) === 21, 'the new file is applied');
		gateway.configure('{');
		await until(() => gateway.notices.some((notice) => notice.includes('rejected')), 'the broken file is rejected');
		gateway.configure({ budget: { dailyLimit: 22 } });
		await until(async () => (await dailyLimit()) === 22, 'the mended file is applied');
		expect(gateway.notices.filter((notice) => notice.includes('rejected'))).not.toEqual([]);
		expect(gateway.notices.at(-1)).not.toContain('rejected');
	});
});

describe('a model that its provider has limited', () => {
	/** A provider that counts its calls and refuses each for ten minutes. */
	async function openLimited() {
		let calls = 0;
		raw = await openRawGateway((_request, response) => {
			calls += 1;
			response.writeHead(429, { 'retry-after': '600' }).end('{"error":{"message":"slow down"}}');
		});
		const { accesses, url } = raw;
		expect((await askChat(url)).status).toBe(429);
		return { accesses, ask: () => askChat(url), running: raw.gateway, calls: () => calls };
	}

	it('is not called again because the configuration was reloaded', async () => {
		const { ask, calls, running } = await openLimited();
		expect(await running.reload()).toMatchObject({ applied: true });
		expect((await ask()).status).toBe(503);
		expect(calls()).toBe(1);
	});

	it('is called again once the deployment has another key', async () => {
		const { accesses, ask, calls, running } = await openLimited();
		accesses.push({ ...(accesses.pop() as DeploymentAccess), apiKey: 'another' });
		expect(await running.reload()).toMatchObject({ applied: true });
		await ask();
		expect(calls()).toBe(2);
	});
});
