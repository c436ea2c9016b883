import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type DashboardPage, findBarriers, LOOKS, openPage } from '../../support/dashboard-page.ts';
import { openBrowser } from '../../support/open-browser.ts';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';

let browser: Browser;
let gateway: TestGateway;
const opened: DashboardPage[] = [];

beforeAll(async () => {
	browser = await openBrowser();
	const rules = [{ scope: 'tag', of: '=1+1', shared: true, period: 'month', limit: 0.0001, kind: 'soft' }];
	gateway = await openTestGateway({ config: { budget: { timezone: 'America/Los_Angeles', rules } } });
	const headers = { 'x-switchyard-tags': '=1+1' };
	for (const model of ['haiku', 'opus'])
		await (await gateway.ask('/v1/chat/completions', { body: chat(model), headers })).text();
});
afterEach(async () => {
	for (const page of opened.splice(0)) await page.close();
});
afterAll(async () => {
	await browser.close();
	await gateway.close();
});

async function open(path: string, options: Parameters<typeof openPage>[2] = {}): Promise<DashboardPage> {
	const page = await openPage(browser, `${gateway.running.url}${path}`, options);
	opened.push(page);
	return page;
}

it('costs are exported as they are shown, without a formula that a spreadsheet would run', async () => {
	const { page, faults } = await open('/dashboard/costs?by=tag');
	await page.locator('section[aria-label="Costs"] tbody tr').first().waitFor();
	const download = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Export CSV' }).click();
	const saved = await download;
	expect(saved.suggestedFilename()).toBe('costs-by-tag.csv');
	const answer = await (await gateway.ask('/admin/v1/costs?by=tag&period=week')).json();
	const { totals } = answer as { totals: Array<Record<string, number>> };
	const [group = {}] = totals;
	const { requests, unpricedRequests, inputTokens, outputTokens, costNanoUsd } = group;
	const row = ["'=1+1", requests, unpricedRequests, inputTokens, outputTokens, costNanoUsd].join(',');
	expect(readFileSync(await saved.path(), 'utf8').split('\r\n')).toEqual([
		'tag,requests,unpricedRequests,inputTokens,outputTokens,costNanoUsd',
		row,
		'',
	]);
	expect(faults).toEqual([]);
});

it('a group of costs leads to its decisions', async () => {
	const { page } = await open('/dashboard/costs');
	await page.getByLabel('By').selectOption('model');
	await page.getByRole('link', { name: 'opus', exact: true }).click();
	await expect.poll(() => page.locator('section[aria-label="Decisions"] tbody tr').count()).toBe(1);
	expect(page.url()).toContain('model=opus');
});

it('each limit is shown with what is spent of it, and says in a word that it is reached', async () => {
	const { page } = await open('/dashboard/budgets');
	const rows = page.locator('section[aria-label="Limits"] tbody tr');
	await rows.first().waitFor();
	const reached = await rows.filter({ hasText: 'tag:=1+1' }).textContent();
	expect(reached).toContain('reached');
	expect(await rows.first().textContent()).toContain('within');
});

it.each(LOOKS)(
	'axe finds no barrier in either at $width px in the $colorScheme theme',
	async ({ width, colorScheme }) => {
		for (const path of ['/dashboard/costs?by=model', '/dashboard/budgets']) {
			const { page } = await open(path, { viewport: { width, height: 800 }, colorScheme });
			await page.locator('main table').first().waitFor();
			expect(await findBarriers(page), path).toEqual([]);
			const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
			expect(overflow, path).toBeLessThanOrEqual(0);
		}
	},
);
