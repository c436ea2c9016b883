import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/index.ts';
import { findBarriers, itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';

const tokens = { admin: '', read: '', route: '' };
const ids = { admin: '', read: '', route: '' };

const suite = useDashboard(async () => {
	const gateway = await openTestGateway({ config: { gateway: { requireKey: true }, budget: { dailyLimit: 20 } } });
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	for (const scope of ['admin', 'read', 'route'] as const) {
		const { key, token } = await createKey(
			keys,
			{ name: `the ${scope} key`, scopes: [scope], team: 'search' },
			Date.now(),
		);
		tokens[scope] = token;
		ids[scope] = key.id;
	}
	return gateway;
});

async function signIn(path: string, scope: 'admin' | 'read', options = {}): Promise<{ page: Page; faults: string[] }> {
	const { page, faults } = await suite.open(path, options);
	await page.getByLabel('Key with the scope').fill(tokens[scope]);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.locator('main h1').filter({ hasNotText: 'Switchyard' }).waitFor();
	return { page, faults };
}

const route = async (token: string) =>
	(
		await suite.gateway.ask('/v1/chat/completions', {
			body: chat('haiku'),
			headers: { authorization: `Bearer ${token}` },
		})
	).status;

describe('keys', () => {
	it('one is made by keyboard alone, its secret shown once; it works until it is revoked by its id', async () => {
		const { page, faults } = await signIn('/dashboard/keys', 'admin');
		await page.getByRole('button', { name: 'Make key' }).focus();
		await page.keyboard.press('Enter');
		await page.getByLabel('Name', { exact: true }).fill('<b>app</b>\u202Egpj');
		await page.keyboard.press('Enter');
		await page.getByRole('alert').getByText('control character').waitFor();
		await page.getByLabel('Name', { exact: true }).fill('<b>app</b>');
		await page.getByLabel('Requests a minute').fill('100');
		await page.keyboard.press('Enter');
		const secret = page.locator('.secret');
		await secret.waitFor();
		const token = (await secret.textContent()) ?? '';
		expect(await route(token)).toBe(200);
		expect(await findBarriers(page)).toEqual([]);
		await page.keyboard.press('Escape');
		await expect.poll(() => page.locator('dialog').count()).toBe(0);
		expect(await page.content()).not.toContain(token);
		await page.getByRole('link', { name: '<b>app</b>' }).click();
		await page.getByText('Bounded by everybody per day').waitFor();
		await page.getByRole('button', { name: 'Revoke key' }).click();
		const revoke = page.locator('dialog').getByRole('button', { name: 'Revoke key' });
		expect(await revoke.isDisabled()).toBe(true);
		await page.getByLabel('to confirm').fill(new URL(page.url()).pathname.split('/').at(-1) ?? '');
		await revoke.click();
		await page.getByText('revoked', { exact: true }).waitFor();
		expect(await route(token)).toBe(401);
		expect(faults).toEqual([]);
	});

	it('one gets another secret, and the one before stops working', async () => {
		const { page } = await signIn(`/dashboard/keys/${ids.route}`, 'admin');
		await page.getByRole('button', { name: 'Rotate key' }).click();
		await page.locator('dialog').getByRole('button', { name: 'Rotate key' }).click();
		const fresh = (await page.locator('.secret').textContent()) ?? '';
		expect([await route(tokens.route), await route(fresh)]).toEqual([401, 200]);
		tokens.route = fresh;
	});
});

describe('limits', () => {
	it('one is changed, is in force for the next request, and goes back to what is configured', async () => {
		const { page } = await signIn('/dashboard/budgets', 'admin');
		const row = page.locator('section[aria-label="Limits"] tbody tr').first();
		await row.getByRole('button', { name: 'Change' }).click();
		await page.getByLabel('USD per day').fill('9999');
		await page.getByRole('button', { name: 'Set limit' }).click();
		await page.getByRole('alert').getByText('above budget.monthlyLimit').waitFor();
		expect(await findBarriers(page)).toEqual([]);
		await page.getByLabel('USD per day').fill('0');
		await page.getByRole('button', { name: 'Set limit' }).click();
		await row.getByText('set here').waitFor();
		expect(await route(tokens.route)).toBe(429);
		await row.getByRole('button', { name: 'Change' }).click();
		await page.getByRole('button', { name: 'Go back to the configured $20.00' }).click();
		await expect.poll(() => row.getByText('set here').count()).toBe(0);
		expect(await route(tokens.route)).toBe(200);
	});

	it('one is set for a key, and named on its page as what binds it', async () => {
		const { page } = await signIn(`/dashboard/keys/${ids.route}`, 'admin');
		await page.getByRole('button', { name: 'Set daily limit' }).click();
		await page.getByLabel('USD per day').fill('0.5');
		await page.getByRole('button', { name: 'Set limit' }).click();
		await expect.poll(() => page.getByText(`Bounded by key ${ids.route} per day`).count()).toBe(1);
	});
});

it('whoever may only read is shown no control that changes anything', async () => {
	for (const path of ['/dashboard/keys', `/dashboard/keys/${ids.route}`, '/dashboard/budgets', '/dashboard/audit']) {
		const { page } = await signIn(path, 'read');
		await page.locator('main table').first().waitFor();
		expect(await page.locator('main').getByRole('button').count(), path).toBe(0);
	}
});

it('what was done is in the audit log, with who did it', async () => {
	const { page } = await signIn('/dashboard/audit', 'read');
	const row = page.locator('section[aria-label="Changes"] tbody tr').filter({ hasText: 'Set limit all per day' });
	expect(await row.first().textContent()).toMatch(/the admin key \(.*limit: 20 → 0/);
});

itHoldsInEveryLook(
	suite,
	() => ['/dashboard/keys', `/dashboard/keys/${ids.route}`, '/dashboard/audit'],
	async (page, path) => {
		const key = page.getByLabel('Key with the scope');
		const shown = page.locator('main table, main .empty').first();
		await key.or(shown).waitFor();
		if (await key.isVisible()) {
			await key.fill(tokens.admin);
			await page.getByRole('button', { name: 'Sign in' }).click();
			await shown.waitFor();
		}
		if (path === '/dashboard/keys') {
			await page.getByRole('button', { name: 'Make key' }).click();
			await page.getByLabel('Requests a minute').waitFor();
		}
	},
);
