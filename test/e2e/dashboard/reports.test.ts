import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';

const suite = useDashboard(async () => {
	const rules = [{ scope: 'tag', of: '=1+1', shared: true, period: 'month', limit: 0.0001, kind: 'soft' }];
	const gateway = await openTestGateway({ config: { budget: { timezone: 'America/Los_Angeles', rules } } });
	const headers = { 'x-switchyard-tags': '=1+1' };
	for (const model of ['haiku', 'opus'])
		await (await gateway.ask('/v1/chat/completions', { body: chat(model), headers })).text();
	return gateway;
});
const { open } = suite;

it('costs are exported as they are shown, without a formula that a spreadsheet would run', async () => {
	const { page, faults } = await open('/dashboard/costs?by=tag');
	await page.locator('section[aria-label="Costs"] tbody tr').first().waitFor();
	const download = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Export CSV' }).click();
	const saved = await download;
	expect(saved.suggestedFilename()).toBe('costs-by-tag.csv');
	const answer = await (await suite.gateway.ask('/admin/v1/costs?by=tag&period=week')).json();
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

itHoldsInEveryLook(
	suite,
	() => ['/dashboard/costs?by=model', '/dashboard/budgets'],
	(page) => page.locator('main table').first().waitFor(),
);
