import type { Browser } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/index.ts';
import { openGateway } from '../../../src/gateway.ts';
import { type DashboardPage, findBarriers, openPage } from '../../support/dashboard-page.ts';
import { openBrowser } from '../../support/open-browser.ts';
import { openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';

let browser: Browser;
let gateway: TestGateway;
let opened: DashboardPage;
beforeAll(async () => {
	browser = await openBrowser();
});
beforeEach(async () => {
	gateway = await openTestGateway({ config: { gateway: { requireKey: true } } });
	opened = await openPage(browser, `${gateway.running.url}/dashboard`);
});
afterEach(async () => {
	await opened.close();
	await gateway.close();
});

async function makeKey(): Promise<{ id: string; token: string }> {
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	const { key, token } = await createKey(keys, { name: 'person', scopes: ['read'] }, Date.now());
	return { id: key.id, token };
}

it('whoever has a key signs in by keyboard, and a wrong key is told so', async () => {
	const { page } = opened;
	const { token } = await makeKey();
	const field = page.getByLabel('Key with the scope admin or read');
	await field.waitFor();
	expect(await findBarriers(page)).toEqual([]);
	await field.focus();
	await page.keyboard.type(`sk-sy-0123456789ab-${'A'.repeat(43)}`);
	await page.keyboard.press('Enter');
	await page.getByRole('alert').getByText('The key is unknown.').waitFor();
	await field.fill(token);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Overview' }).waitFor();
	await page.getByText('person (reads only)').waitFor();
	expect(await page.evaluate<string>('document.cookie')).toBe('');
	expect(await page.evaluate<string>('JSON.stringify(localStorage)')).not.toContain(token);
	await page.getByRole('button', { name: 'Sign out' }).click();
	await field.waitFor();
	expect(opened.faults).toEqual([]);
});

it('a session whose key is revoked ends where it was, with the reason', async () => {
	const { page } = opened;
	const { id, token } = await makeKey();
	await page.getByLabel('Key with').fill(token);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByText('● live').waitFor();
	await page.getByRole('link', { name: 'Decisions' }).click();
	await page.waitForURL('**/dashboard/decisions');
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	await keys.revoke(id, Date.now());
	gateway.running.gateway.keys.forget(id);
	// it may notice by itself just before it is told to go on
	const next = page.getByRole('link', { name: 'Costs' });
	await next.click({ timeout: 2000 }).catch(() => {});
	await page.getByText('Your session has ended.').waitFor();
	expect(page.url()).toMatch(/\/dashboard\/(decisions|costs)/);
});

it('a page keeps what it shows with its age while the gateway restarts, and comes back by itself', async () => {
	const project = gateway.project.path;
	const open = (port: number) => openGateway({ projectDirectory: project, environment: {}, port, onWarning: () => {} });
	gateway.configure({});
	const first = await open(0);
	const window = await openPage(browser, `${first.url}/dashboard`);
	try {
		const { page } = window;
		await page.getByText('● live').waitFor();
		await page.getByText('Nothing was charged in this range.').waitFor();
		await first.close();
		await page.getByText('○ not live').waitFor();
		await page.getByText('The gateway cannot be reached.').first().waitFor();
		expect(await page.getByText('Nothing was charged in this range.').count()).toBe(1);
		const second = await open(first.port);
		try {
			await page.getByText('● live').waitFor({ timeout: 20_000 });
			await expect.poll(() => page.getByText('The gateway cannot be reached.').count(), { timeout: 20_000 }).toBe(0);
		} finally {
			await second.close();
		}
	} finally {
		await window.close();
	}
});
