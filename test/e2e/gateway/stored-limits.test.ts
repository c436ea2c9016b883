import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedAccesses } from '../../../src/cli/simulated-deployments.ts';
import { createKey } from '../../../src/gateway/index.ts';
import { openGateway } from '../../../src/gateway.ts';
import { chat, openTestGateway, type TestGateway, until } from '../../support/open-test-gateway.ts';
import { switchyard } from '../../support/switchyard-command.ts';

let gateway: TestGateway;
let admin: { id: string; headers: Record<string, string> };
const reader: Record<string, string> = {};

beforeAll(async () => {
	const rules = [{ scope: 'tag', of: 'nightly', shared: true, period: 'month', limit: 50, warnAt: [60] }];
	gateway = await openTestGateway({ config: { gateway: { requireKey: true }, budget: { dailyLimit: 20, rules } } });
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	const { key, token } = await createKey(keys, { name: 'ops', scopes: ['admin', 'route'] }, Date.now());
	admin = { id: key.id, headers: { authorization: `Bearer ${token}` } };
	const read = await createKey(keys, { name: 'looks', scopes: ['read'] }, Date.now());
	reader['authorization'] = `Bearer ${read.token}`;
});
afterAll(() => gateway.close());

interface Limit {
	rule: { scope: string; of?: string; period: string };
	limitUsd: number;
	configuredUsd: number | null;
	isStored: boolean;
	heldUsd: number | null;
}

interface Answer {
	status: number;
	body: {
		error: { message: string };
		limits: Limit[];
		entries: Array<Record<string, unknown>>;
		values: Array<{ path: string; value: unknown; origin: { source: string } }>;
	};
}

async function send(path: string, body?: unknown, headers = admin.headers): Promise<Answer> {
	const response = await gateway.ask(path, { ...(body === undefined ? {} : { body }), headers });
	return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const route = async (model = 'haiku') =>
	(await gateway.ask('/v1/chat/completions', { body: chat(model), headers: admin.headers })).status;

describe('a limit that is set by the admin API', () => {
	it('wins over the file from the next request on, and the file counts again when it is cleared', async () => {
		expect(await route()).toBe(200);
		const { body } = await send('/admin/v1/budgets/set', { scope: 'all', period: 'day', limitUsd: 0 });
		expect(body.limits[0]).toMatchObject({ limitUsd: 0, configuredUsd: 20, isStored: true });
		expect(await route()).toBe(429);
		const { values } = (await send('/admin/v1/config')).body;
		const shown = values.find(({ path }) => path === 'budget.dailyLimit');
		expect(shown).toMatchObject({ value: 0, origin: { source: 'store', by: admin.id } });
		const printed = await switchyard(gateway.project, ['config']);
		expect(printed.stdout).toMatch(/budget\.dailyLimit +0 +store/);
		expect((await send('/admin/v1/budgets/clear', { id: 'all per day' })).status).toBe(200);
		expect(await route()).toBe(200);
	});

	it('keeps what the file says beside it: that all keys share it, and when it warns', async () => {
		const rule = { scope: 'tag', of: 'nightly', period: 'month' };
		await send('/admin/v1/budgets/set', { ...rule, limitUsd: 8 });
		const { budget } = gateway.running.gateway.runtime.system.costOptimizer;
		expect(budget.rules).toEqual([{ ...rule, shared: true, limit: 8, warnAt: [60] }]);
		await send('/admin/v1/budgets/clear', { id: 'tag:nightly per month' });
	});

	it('limits a key that had no limit, and is refused over it', async () => {
		const rule = { scope: 'key', of: admin.id, period: 'day' };
		await send('/admin/v1/budgets/set', { ...rule, limitUsd: 0.0000001 });
		expect(await route()).toBe(429);
		expect((await send('/admin/v1/budgets/clear', { id: `key:${admin.id} per day` })).status).toBe(200);
		expect(await route()).toBe(200);
	});

	it('of one request decides which models may be chosen, and holds what one may cost', async () => {
		await send('/admin/v1/budgets/set', { scope: 'all', period: 'request', limitUsd: 0.0000001 });
		expect(await route()).toBe(429);
		expect(await route('auto')).toBeGreaterThanOrEqual(400);
		await send('/admin/v1/budgets/clear', { id: 'all per request' });
		expect(await route('auto')).toBe(200);
	});

	it('changes nothing where it cannot be, and says why', async () => {
		const before = JSON.stringify((await send('/admin/v1/budgets')).body.limits.map(({ limitUsd }) => limitUsd));
		const refused = async (body: object, message: RegExp) => {
			const answer = await send('/admin/v1/budgets/set', body);
			expect([answer.status, answer.body.error.message]).toEqual([400, expect.stringMatching(message)]);
		};
		await refused({ scope: 'all', period: 'day', limitUsd: 9999 }, /above budget\.monthlyLimit/);
		await refused({ scope: 'all', period: 'day', limitUsd: -1 }, /limit .*0/);
		await refused({ scope: 'everyone', period: 'day', limitUsd: 1 }, /scope/);
		await refused({ scope: 'model', of: 'no-such-model', period: 'day', limitUsd: 1 }, /no-such-model/);
		await refused({ scope: 'all', period: 'day', limitUsd: 1, surprise: true }, /surprise/);
		expect(JSON.stringify((await send('/admin/v1/budgets')).body.limits.map(({ limitUsd }) => limitUsd))).toBe(before);
	});

	it('is refused to a key that may only read', async () => {
		for (const path of ['/admin/v1/budgets/set', '/admin/v1/budgets/clear'])
			expect((await send(path, { scope: 'all', period: 'day', limitUsd: 1 }, reader)).status).toBe(403);
		expect((await send('/admin/v1/audit', undefined, reader)).status).toBe(200);
	});

	it('is in force in another process of the same database within two seconds, and after a restart', async () => {
		const other = await openGateway({
			projectDirectory: gateway.project.path,
			environment: {},
			port: 0,
			simulated: { accesses: createSimulatedAccesses(gateway.simulator.url), when: 'always' },
			onWarning: () => {},
		});
		const ask = async (url: string) => {
			const headers = { ...admin.headers, 'content-type': 'application/json' };
			return (
				await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(chat('haiku')) })
			).status;
		};
		try {
			expect(await ask(other.url)).toBe(200);
			await send('/admin/v1/budgets/set', { scope: 'all', period: 'day', limitUsd: 0 });
			await until(async () => (await ask(other.url)) === 429, 'the limit is in force', 5000);
		} finally {
			await other.close();
			await gateway.running.reload();
			expect(await route()).toBe(429);
			await send('/admin/v1/budgets/clear', { id: 'all per day' });
		}
	});
});

describe('the audit log', () => {
	it('says who has set which limit and made which key, by which way, and never a secret', async () => {
		await send('/admin/v1/budgets/set', { scope: 'all', period: 'month', limitUsd: 99 });
		const made = await gateway.ask('/admin/v1/keys', { body: { name: 'new' }, headers: admin.headers });
		const { key, token } = (await made.json()) as { key: { id: string }; token: string };
		expect((await switchyard(gateway.project, ['keys', 'revoke', key.id])).code).toBe(0);
		const { entries } = (await send('/admin/v1/audit?limit=3')).body;
		expect(entries).toMatchObject([
			{ by: 'command-line', byName: null, action: 'key-revoked', target: key.id },
			{ by: admin.id, byName: 'ops', action: 'key-created', target: key.id, before: null },
			{ by: admin.id, action: 'limit-set', target: 'all per month', before: { limit: 250 }, after: { limit: 99 } },
		]);
		expect(JSON.stringify(entries)).not.toContain(token.split('-').at(-1));
		const printed = await switchyard(gateway.project, ['audit', '--limit', '3']);
		expect(printed.stdout).toMatch(/ops \(/);
		expect(printed.stdout).toContain('limit 250 → 99');
		expect((await switchyard(gateway.project, ['audit', '--limit', 'x'])).code).toBe(2);
	});

	it('has what is written to the config file by the command line count again', async () => {
		expect((await switchyard(gateway.project, ['budget', '--set-monthly', '70'])).code).toBe(0);
		await gateway.running.reload();
		const { limits } = (await send('/admin/v1/budgets')).body;
		expect(limits[1]).toMatchObject({ limitUsd: 70, configuredUsd: 70, isStored: false });
	});
});
