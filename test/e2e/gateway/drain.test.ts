import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { chat, openTestGateway, type TestGateway, until } from '../../support/open-test-gateway.ts';
import { createTemporaryProject, type TemporaryProject } from '../../support/temporary-project.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts');
const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };

describe('a gateway that is told to stop', () => {
	let gateway: TestGateway;
	afterEach(() => gateway.close());

	const slow = { models: { '*': { tokensPerSecond: 20, text: 'word '.repeat(40) } } };

	it('lets a stream end that ends in time, and takes on nothing new', async () => {
		gateway = await openTestGateway({ simulator: slow });
		const response = await gateway.ask('/v1/chat/completions', { body: chat('haiku', { stream: true }) });
		const closed = gateway.running.close();
		await expect(gateway.ask('/healthz')).rejects.toThrow();
		const text = await response.text();
		expect(text).toContain('data: [DONE]');
		expect(text).not.toContain('"error"');
		await closed;
	});

	it.each([{}, { 'idempotency-key': 'again' }])(
		'tells the caller of a stream that it cuts, and books what was produced (%j)',
		async (headers) => {
			gateway = await openTestGateway({ config: { gateway: { drainTimeoutMs: 200 } }, simulator: slow });
			const response = await gateway.ask('/v1/chat/completions', { body: chat('haiku', { stream: true }), headers });
			const closed = gateway.running.close();
			const text = await response.text();
			expect(text).toContain('This gateway was told to stop before the answer was complete');
			expect(text).not.toContain('[DONE]');
			await closed;
			const path = join(gateway.project.path, '.claude/orchestration/db/routing.db');
			const storage = await openSqliteStorage({ path });
			const rows = await storage.ledger.entries(ALL_TIME, 10);
			await storage.close();
			expect(rows).toMatchObject([{ decisionId: response.headers.get('x-switchyard-decision') }]);
			expect(rows[0]?.usage.isEstimated).toBe(true);
		},
	);
});

describe('switchyard serve as a process', () => {
	let project: TemporaryProject;
	let child: ChildProcess;
	afterEach(() => {
		child.kill('SIGKILL');
		project.remove();
	});

	async function start(): Promise<string> {
		project = createTemporaryProject();
		child = project.start(process.execPath, [MAIN, 'serve', '--port', '0', '--simulate'], {
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		let said = '';
		child.stdout?.on('data', (chunk: Buffer) => {
			said += chunk.toString();
		});
		await until(() => /listens at \S+/.test(said), 'the gateway listens', 60_000);
		return /listens at (\S+)/.exec(said)?.[1] ?? '';
	}

	const call = (url: string) =>
		fetch(`${url}/v1/chat/completions`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(chat()),
		});

	it('SIGTERM ends it well: exit code 0', async () => {
		const url = await start();
		await (await call(url)).text();
		const ended = once(child, 'exit');
		child.kill('SIGTERM');
		expect(await ended).toEqual([0, null]);
	});

	it('kill -9 in the middle of its work: every answer that was given is in the ledger, and what was held stays visible', async () => {
		const url = await start();
		const answered: string[] = [];
		const workers = Array.from({ length: 8 }, async () => {
			for (;;) {
				const response = await call(url);
				await response.text();
				answered.push(response.headers.get('x-switchyard-decision') ?? '');
			}
		}).map((worker) => worker.catch(() => {})); // the connection ends when the process does
		await until(() => answered.length >= 40, '40 answers', 60_000);
		child.kill('SIGKILL');
		await Promise.all(workers);
		const storage = await openSqliteStorage({ path: join(project.path, '.claude/orchestration/db/routing.db') });
		try {
			const rows = await storage.ledger.entries(ALL_TIME, 10_000);
			const paid = new Set(rows.map(({ decisionId }) => decisionId));
			expect(answered.filter((id) => !paid.has(id))).toEqual([]);
			const expired = await storage.budgets.expire(Date.now() + 7 * 86_400_000);
			const unsettled = await storage.budgets.unsettled(1000);
			// of the one process and the one model
			expect([expired, unsettled.length]).toEqual([1, 1]);
			const settled = rows.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
			const unknown = unsettled.reduce((sum, { amountNanoUsd }) => sum + amountNanoUsd, 0);
			const day = await storage.budgets.spend('all', new Date(rows[0]?.at ?? 0).toISOString().slice(0, 10));
			expect(day).toMatchObject({ settledNanoUsd: settled + unknown, unknownNanoUsd: unknown, reservedNanoUsd: 0 });
		} finally {
			await storage.close();
		}
	});
});
