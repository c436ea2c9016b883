import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import type { SpendForecast } from '../../../src/contracts/index.ts';
import { formatMoney, toNano } from '../../../src/dashboard/format.ts';
import { sampleEntry } from '../../../src/testing/storage-contract/samples.ts';
import { DAY_MS } from '../../../src/util/index.ts';
import { itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';

const suite = useDashboard(async () => {
	const budget = { dailyLimit: 5, monthlyLimit: 120, timezone: 'Asia/Kolkata' };
	const gateway = await openTestGateway({ config: { budget } });
	const { system } = gateway.running.gateway.runtime;
	const { budgets } = await system.storage();
	// what is forecast from: older than the range that the views begin with
	for (let daysAgo = 40; daysAgo >= 8; daysAgo -= 1) {
		const at = Date.now() - daysAgo * DAY_MS;
		const { endsAt: resetsAt, key: periodKey } = system.costOptimizer.calendar.periodAt('month', at);
		const check = { scope: 'all', period: 'month', periodKey, limitNanoUsd: 120e9, resetsAt } as const;
		const costNanoUsd = 2_000_000_000 + (daysAgo % 7) * 250_000_001;
		const entry = sampleEntry({ id: `day-${daysAgo}`, decisionId: null, call: undefined, costNanoUsd, at });
		await budgets.charge([check], entry);
	}
	for (const model of ['auto', 'haiku', 'opus'])
		await (await gateway.ask('/v1/chat/completions', { body: chat(model) })).text();
	return gateway;
});
const { open } = suite;

it('on loopback without keys it opens at once, with the ledger’s figures to the nano-dollar', async () => {
	const { page, faults } = await open('/dashboard');
	const costs = (await (await suite.gateway.ask('/admin/v1/costs?by=model&period=week')).json()) as {
		totals: Array<{ key: string; costNanoUsd: number; requests: number }>;
	};
	const rows = page.locator('section[aria-label="Models by cost"] tbody tr');
	await rows.first().waitFor();
	const exact = (nano: number) => `${nano.toLocaleString('en-US')} nano-dollars (1e-9 USD)`;
	for (const { key, costNanoUsd } of costs.totals)
		expect(await rows.filter({ hasText: key }).locator('[title]').getAttribute('title')).toBe(exact(costNanoUsd));
	const total = costs.totals.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
	const figure = page.locator('dl div').filter({ hasText: 'In the range' }).locator('[title]');
	expect(await figure.getAttribute('title')).toBe(exact(total));
	expect(await page.getByLabel('Range (Asia/Kolkata)').inputValue()).toBe('week');
	await expect.poll(() => page.locator('canvas').count()).toBe(2);
	expect(faults).toEqual([]);
});

it('savings stand beside what is known of quality, and say where nothing was measured', async () => {
	const { page } = await open('/dashboard');
	await page.getByText('Quality is not measured: 0 of 3 answers were judged, and 30 are needed.').waitFor();
	const answer = await suite.gateway.ask('/admin/v1/savings?period=week');
	const { savings } = (await answer.json()) as { savings: Array<{ baseline: string; requests: number }> };
	const row = page.locator('section[aria-label="Estimated savings"] tbody tr').first();
	expect(await row.locator('td').last().textContent()).toBe(String(savings[0]?.requests));
	await page.getByRole('link', { name: 'Evidence' }).last().click();
	await page.getByRole('heading', { name: 'Cost and quality beside choosing without a router' }).waitFor();
});

it('the month is drawn with where it is heading, and says it in words: what is forecast holds what was spent once', async () => {
	const { page } = await open('/dashboard');
	const { days, month } = (await (await suite.gateway.ask('/admin/v1/forecast')).json()) as SpendForecast;
	const usd = (value = Number.NaN) => formatMoney(toNano(value));
	const words = `≈ ${usd(month?.expected)} by the end of the month, ${usd(month?.low)} to ${usd(month?.high)} in 8 of 10 cases; the limit is $120.00.`;
	await page.getByText(words).waitFor();
	expect(await page.getByRole('img', { name: words }).count()).toBe(1);
	await page.getByText('Figures of the chart').last().click();
	const rows = page.locator('section[aria-label="Spend of the month, added up"] tbody tr');
	const read = async (row: Locator) => (await row.locator('td').allTextContents()).slice(1);
	expect(await read(rows.last())).toEqual([`≈ ${usd(month?.expected)}`, `${usd(month?.low)} to ${usd(month?.high)}`]);
	const spent = rows.filter({ has: page.getByText('spent', { exact: true }) });
	expect((await read(spent.last()))[0]).toBe(usd(month?.spent));
	const [year = 0, number = 1] = days[0]?.date.split('-').map(Number) ?? [];
	// drawn to the end of the month, however much of it is left
	const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
	expect(await rows.last().locator('td').first().textContent()).toBe(String(last));
});

it('a request that comes while it is open is counted without a reload', async () => {
	const { page } = await open('/dashboard');
	const requests = page
		.locator('dl div')
		.filter({ has: page.getByText('Requests', { exact: true }) })
		.locator('dd');
	await page.getByText('● live').waitFor();
	const before = Number(await requests.textContent());
	await (await suite.gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
	await expect.poll(async () => Number(await requests.textContent()), { timeout: 10_000 }).toBe(before + 1);
});

it('the range is in the address: Back, a reload and a link show the same', async () => {
	const { page } = await open('/dashboard');
	await page.getByLabel('Range').selectOption('today');
	await expect.poll(() => page.url()).toContain('period=today');
	await page.reload();
	expect(await page.getByLabel('Range').inputValue()).toBe('today');
	await page.goBack();
	await expect.poll(() => page.getByLabel('Range').inputValue(), { timeout: 10_000 }).toBe('week');
});

itHoldsInEveryLook(
	suite,
	() => ['/dashboard'],
	async (page) => {
		await page.locator('canvas').nth(1).waitFor();
		await page.getByText('Always the strongest').waitFor();
	},
);
