import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { chat, openTestGateway, type TestGateway, until } from '../../support/open-test-gateway.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';

const FOLDER = '.claude/orchestration/db';
let gateway: TestGateway | null = null;
afterEach(async () => {
	await gateway?.close();
	gateway = null;
});

async function readReadiness({ ask }: TestGateway): Promise<[status: number, storage: unknown]> {
	const answer = await ask('/readyz');
	const { storage } = (await answer.json()) as { storage: unknown };
	return [answer.status, storage];
}

const isReady = async (opened: TestGateway) => (await readReadiness(opened))[0] === 200;
const ask = (opened: TestGateway) => opened.ask('/v1/chat/completions', { body: chat('haiku') });

function countCharges(folder: string): unknown {
	const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.db'));
	const database = new DatabaseSync(join(folder, file));
	try {
		const charges = 'SELECT id FROM cost_tracking UNION ALL SELECT id FROM request_journal';
		return database.prepare(`SELECT COUNT(*) AS n FROM (${charges})`).get()?.['n'];
	} finally {
		database.close();
	}
}

it('a gateway whose database comes later is not ready, answers, and is ready with every charge in the database', async () => {
	const project = createTemporaryProject();
	const folder = join(project.path, FOLDER);
	mkdirSync(dirname(folder), { recursive: true });
	writeFileSync(folder, 'not yet a folder');
	const opened = await openTestGateway({ project });
	gateway = opened;
	expect(await readReadiness(opened)).toEqual([503, 'memory stands in for the database (unavailable), see the log']);
	expect((await ask(opened)).status).toBe(200);
	rmSync(folder);
	await until(() => isReady(opened), 'the database is used');
	expect((await ask(opened)).status).toBe(200);
	expect(countCharges(folder)).toBe(2);
	expect(opened.notices.filter((notice) => notice.includes('in memory'))).toHaveLength(1);
});

it('a gateway that loses its database spends nothing more until it has one, and says so', async () => {
	const opened = await openTestGateway();
	gateway = opened;
	const folder = join(opened.project.path, FOLDER);
	expect((await ask(opened)).status).toBe(200);
	expect(await readReadiness(opened)).toEqual([200, 'sqlite']);
	renameSync(folder, `${folder}-away`);
	writeFileSync(folder, 'no folder');
	await until(async () => !(await isReady(opened)), 'the loss is noticed');
	expect(await readReadiness(opened)).toEqual([503, 'the database cannot be written (unavailable), see the log']);
	const called = opened.simulator.requests.length;
	const refused = await ask(opened);
	expect([refused.status, await refused.json()]).toEqual([
		503,
		{ error: expect.objectContaining({ code: 'ROUTER_STORAGE' }) },
	]);
	expect(opened.simulator.requests).toHaveLength(called);
	rmSync(folder);
	renameSync(`${folder}-away`, folder);
	await until(() => isReady(opened), 'the database is used again');
	expect((await ask(opened)).status).toBe(200);
	expect(countCharges(folder)).toBe(2);
});
