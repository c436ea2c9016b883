import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/index.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { findBarriers, openPage } from '../../support/dashboard-page.ts';
import { openBrowser } from '../../support/open-browser.ts';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';

let browser: Browser;
const closing: Array<() => Promise<unknown>> = [];
beforeAll(async () => {
	browser = await openBrowser();
});
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function open(options: Parameters<typeof openTestGateway>[0]): Promise<TestGateway> {
	const gateway = await openTestGateway(options);
	closing.push(() => gateway.close());
	return gateway;
}

async function show(gateway: TestGateway, path: string): Promise<Page> {
	const { close, page } = await openPage(browser, `${gateway.running.url}${path}`);
	closing.push(close);
	return page;
}

/** A project whose database was made by these statements. */
function makeProject(sql: string) {
	const project = createTemporaryProject();
	const path = join(project.path, '.claude/orchestration/db/routing.db');
	mkdirSync(dirname(path), { recursive: true });
	const database = new DatabaseSync(path);
	database.exec(sql);
	database.close();
	return { project, path };
}

it('while the database takes no writes its figures stay, and each view says why it changes nothing, as the API does', async () => {
	const { project, path } = makeProject('');
	let database: DatabaseSync | undefined;
	const openDatabase = (file: string) => {
		database = new DatabaseSync(file);
		return database;
	};
	const gateway = await open({ project, openStorage: () => openSqliteStorage({ path, openDatabase }) });
	await (await gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
	const page = await show(gateway, '/dashboard/budgets');
	const change = page.getByRole('button', { name: 'Change the limit of everybody per day' });
	await change.waitFor();
	database?.exec('PRAGMA query_only = ON');
	const refused = await gateway.ask('/admin/v1/keys', { body: { name: 'app' } });
	expect([refused.status, await refused.json()]).toEqual([
		503,
		{ error: { code: 'ROUTER_STORAGE', message: expect.stringContaining('readonly') } },
	]);
	await page.getByRole('heading', { name: 'The database takes no writes' }).waitFor();
	const why = page.getByText('Nothing can be changed while the database takes no writes.');
	await why.waitFor();
	expect(await change.count()).toBe(0);
	await page.reload();
	await page.locator('section[aria-label="Limits"] tbody tr').first().waitFor();
	expect(await findBarriers(page)).toEqual([]);
	await page.getByRole('link', { name: 'Keys' }).click();
	await why.waitFor();
	expect(await page.getByRole('button', { name: 'Make key' }).count()).toBe(0);
	database?.exec('PRAGMA query_only = OFF');
	await page.getByRole('button', { name: 'Make key' }).waitFor({ timeout: 20_000 });
	expect(await page.getByRole('heading', { name: 'The database takes no writes' }).count()).toBe(0);
});

it('a gateway over a database of a newer release shows why, and no figure in its place', async () => {
	const { project } =
		makeProject(`CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT, checksum TEXT, applied_at TEXT);
		INSERT INTO migrations VALUES (999, 'of tomorrow', 'x', '2030-01-01')`);
	const gateway = await open({ project });
	// it routes all the same, and what it charges meanwhile is in memory
	await (await gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
	const page = await show(gateway, '/dashboard');
	await page.getByRole('heading', { name: 'The database cannot be used' }).waitFor();
	await page.getByText('has version 999').waitFor();
	expect(await page.locator('main').getByText('$').count()).toBe(0);
	expect((await gateway.ask('/admin/v1/keys', { body: { name: 'app' } })).status).toBe(503);
});

it('a session that has expired is asked to sign in, and goes on where it was', async () => {
	const gateway = await open({ config: { gateway: { requireKey: true } } });
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	const { token } = await createKey(keys, { name: 'person', scopes: ['read'] }, Date.now());
	const page = await show(gateway, '/dashboard/costs?by=model&period=month');
	const signIn = async () => {
		await page.getByLabel('Key with the scope').fill(token);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await page.getByRole('heading', { name: 'Costs' }).waitFor();
	};
	await signIn();
	await page.getByText('● live').waitFor();
	// as the browser does when its time has come
	await page.context().clearCookies();
	await page.getByLabel('By').selectOption('tag');
	await page.getByText('Your session has ended. Sign in again to go on where you were.').waitFor();
	expect(await findBarriers(page)).toEqual([]);
	await signIn();
	expect(new URL(page.url()).search).toBe('?by=tag&period=month');
	expect(await page.getByLabel('By').inputValue()).toBe('tag');
});

it('a filter that cannot be is named with what it must be, and is left out by one click', async () => {
	const gateway = await open({});
	await (await gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
	const page = await show(gateway, '/dashboard/costs?period=decade');
	await page.getByRole('link', { name: 'Leave out all filters' }).waitFor();
	expect(await findBarriers(page)).toEqual([]);
	for (const [address, message, shown] of [
		['?period=decade', 'period is "decade"; it must be one of today', 'Models by cost'],
		['/costs?by=mood', 'by is "mood"; it must be one of day', 'Costs'],
		['/models?from=2026-02-30', 'from is "2026-02-30"; it must be a day', 'Models'],
		['/evidence?from=2026-12-01&to=2026-11-01', 'from is not before to', null],
		['/decisions?minCostUsd=much', 'minCostUsd is "much"; it must be an amount in USD such as 0.25.', 'Decisions'],
	] as const) {
		await page.goto(`${gateway.running.url}/dashboard${address}`);
		await page.getByRole('alert').getByText(message).waitFor();
		expect(await page.getByRole('button', { name: 'Try again' }).count(), address).toBe(0);
		await page.getByRole('link', { name: 'Leave out all filters' }).click();
		await expect.poll(() => page.getByRole('alert').count(), { message: address }).toBe(0);
		if (shown !== null) await page.locator(`section[aria-label="${shown}"]`).first().waitFor();
	}
});
