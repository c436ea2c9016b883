import { expect, it } from 'vitest';
import { itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';
import { sampleProfile } from '../../support/sample-defaults.ts';

const suite = useDashboard(async () => {
	const models = [
		{
			...sampleProfile('meta-llama/llama-4:free'),
			provider: 'openrouter',
		},
	];
	const gateway = await openTestGateway({ config: { models } });
	for (const model of ['haiku', 'haiku', 'opus'])
		await (await gateway.ask('/v1/chat/completions', { body: chat(model) })).text();
	return gateway;
});

it('each model has its price, its quality with the source, and what was measured of it, with how many it was', async () => {
	const { page, faults } = await suite.open('/dashboard/models');
	const row = page.locator('section[aria-label="Models"] tbody tr').filter({ hasText: 'haiku' }).first();
	await row.waitFor();
	const cells = await row.locator('td').allTextContents();
	expect(cells[5]).toBe('2');
	await row.getByRole('link').click();
	await page.getByRole('heading', { name: 'Measured here' }).waitFor();
	const results = await page.locator('section[aria-label="Results by type of task"] tbody tr').first().textContent();
	// two of two say little: at least a third succeed
	expect(results).toContain('100 % (34–100, n 2)');
	expect(await page.getByText('per million tokens in').count()).toBe(1);
	expect(await page.getByText('can be called').count()).toBe(1);
	expect(faults).toEqual([]);
});

it('a model that rests at its deployments is told as such, with the cause and until when', async () => {
	suite.gateway.simulator.script({ '*': { schedule: [{ fault: '429', retryAfterSeconds: 60 }] } });
	await (await suite.gateway.ask('/v1/chat/completions', { body: chat('sonnet') })).text();
	suite.gateway.simulator.script({ '*': {} });
	const { page } = await suite.open('/dashboard/models');
	const row = page.locator('section[aria-label="Models"] tbody tr').filter({ hasText: /resting: rate-limit/ });
	await row.first().getByRole('link').click();
	await expect.poll(() => page.getByText(/rate-limit.* until .*\(UTC\)/).count()).toBe(1);
});

it.each(['gemini-3.8-flash', 'meta-llama/llama-4:free'])(
	'the page of a model named %s is opened by its address, as by a link or a reload',
	async (name) => {
		const { page } = await suite.open(`/dashboard/models/${encodeURIComponent(name)}`);
		await expect.poll(() => page.getByText(`${name} is `).count()).toBe(1);
	},
);

itHoldsInEveryLook(
	suite,
	() => ['/dashboard/models', '/dashboard/models/haiku', '/dashboard/models/nobody'],
	(page) => page.locator('main table, .empty').first().waitFor(),
);
