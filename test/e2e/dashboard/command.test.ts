import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { findBarriers, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';
import { SWITCHYARD } from '../../support/switchyard-command.ts';

const children: ChildProcess[] = [];
const suite = useDashboard(async () => {
	const gateway = await openTestGateway();
	await (await gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
	await gateway.running.gateway.runtime.system.flush();
	return gateway;
});
afterEach(async () => {
	for (const child of children.splice(0)) {
		child.kill('SIGTERM');
		await new Promise((resolve) => child.once('exit', resolve));
	}
});

/** Starts `switchyard dashboard`; answers where it is. */
async function start(env: Record<string, string> = {}): Promise<string> {
	const child = suite.gateway.project.start(process.execPath, [SWITCHYARD, 'dashboard', '--json'], {
		env,
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	children.push(child);
	let said = '';
	for await (const chunk of child.stdout ?? []) {
		said += String(chunk);
		const url = /"url": ?"([^"]+)"/.exec(said)?.[1];
		if (url !== undefined) return url;
	}
	throw new Error(`It ended: ${said}`);
}

it('shows what the project has spent without a gateway, and offers and takes no change', async () => {
	const url = await start();
	const { page, faults } = await suite.open(url);
	await page.locator('section[aria-label="Models by cost"]').getByText('haiku').waitFor();
	await page.getByRole('link', { name: 'Keys' }).click();
	await page.getByText('There are no keys.').waitFor();
	expect(await page.getByRole('button', { name: 'Make key' }).count()).toBe(0);
	await page.getByText('This dashboard only reads.').waitFor();
	const post = (path: string, body: unknown) =>
		fetch(new URL(path, url), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	expect((await post('/admin/v1/keys', { name: 'x' })).status).toBe(403);
	expect((await post('/v1/chat/completions', chat('haiku'))).status).toBe(403);
	expect((await fetch(new URL('/v1/models', url))).status).toBe(403);
	expect(faults).toEqual([]);
});

it('shows why in place of zeros, where the database is of a newer release', async () => {
	const path = join(suite.gateway.project.path, 'newer.db');
	const database = new DatabaseSync(path);
	database.exec(`CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT, checksum TEXT, applied_at TEXT);
		INSERT INTO migrations VALUES (999, 'of tomorrow', 'x', '2030-01-01')`);
	database.close();
	const { page } = await suite.open(await start({ ROUTING_DATABASE: path }));
	await page.getByRole('heading', { name: 'The database cannot be used' }).waitFor();
	expect(await page.getByText('has version 999').count()).toBe(1);
	expect(await page.locator('main').getByText('$0').count()).toBe(0);
	expect(await findBarriers(page)).toEqual([]);
});

it('an older database is not changed by looking: the page names the command that brings it up to date', async () => {
	const path = join(suite.gateway.project.path, 'older.db');
	const database = new DatabaseSync(path);
	database.exec(readFileSync(join(import.meta.dirname, '../../fixtures/database/version-4.sql'), 'utf8'));
	database.close();
	const before = readFileSync(path);
	const { page } = await suite.open(await start({ ROUTING_DATABASE: path }));
	await page.getByRole('heading', { name: 'The database cannot be used' }).waitFor();
	await page.getByText('has version 4;').waitFor();
	expect(await page.locator('main').getByText('$0').count()).toBe(0);
	expect(readFileSync(path)).toEqual(before);
});

it('where there is no database yet, none is made, and the page says what makes it', async () => {
	const path = join(suite.gateway.project.path, 'none/missing.db');
	const { page } = await suite.open(await start({ ROUTING_DATABASE: path }));
	await page.getByText('There is no database').waitFor();
	expect(existsSync(dirname(path))).toBe(false);
});
