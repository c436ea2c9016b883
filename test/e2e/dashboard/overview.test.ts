import { expect, it } from 'vitest';
import { itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';

const suite = useDashboard(async () => {
	const gateway = await openTestGateway({ config: { budget: { dailyLimit: 5, timezone: 'Asia/Kolkata' } } });
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
	expect(await page.locator('canvas').count()).toBe(1);
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
		await page.locator('canvas').waitFor();
		await page.getByText('Always the strongest').waitFor();
	},
);
