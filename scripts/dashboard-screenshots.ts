// Pictures of every view of the dashboard, at both widths and in both themes: `node scripts/dashboard-screenshots.ts FOLDER`.
// The pages come from `dist/dashboard`: build first. The requests that they show are made here, and answered by the simulator.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { createKey } from '../src/gateway/index.ts';
import { LOOKS, openPage } from '../test/support/dashboard-page.ts';
import { openBrowser } from '../test/support/open-browser.ts';
import { chat, openTestGateway } from '../test/support/open-test-gateway.ts';

/** What is done on a page before its picture is taken. */
const OPENED: Readonly<Record<string, (page: Page) => Promise<void>>> = {
	'key-make': (page) => page.getByRole('button', { name: 'Make key' }).click(),
	palette: (page) => page.keyboard.press('Control+k'),
	keyboard: (page) => page.keyboard.press('?'),
	'limit-change': (page) => page.getByRole('button', { name: 'Change' }).first().click(),
};

const folder = process.argv[2] ?? 'dashboard-screenshots';
mkdirSync(folder, { recursive: true });

const rules = [{ scope: 'tag', of: 'nightly', shared: true, period: 'month', limit: 0.002, kind: 'soft' }];
const gateway = await openTestGateway({ config: { budget: { dailyLimit: 0.05, rules } } });
const browser = await openBrowser();
try {
	for (let index = 0; index < 40; index += 1) {
		const body = chat(['auto', 'haiku', 'opus', 'gpt-5-mini', 'auto:cheap'][index % 5]);
		const headers = { 'x-switchyard-tags': index % 3 === 0 ? 'nightly' : 'web' };
		const workload = index % 2 === 0 ? 'support' : 'code review';
		const answered = await gateway.ask('/v1/chat/completions', {
			body,
			headers: { ...headers, 'x-switchyard-workload': workload },
		});
		await answered.text();
		const decision = answered.headers.get('x-switchyard-decision');
		await gateway.ask('/admin/v1/feedback', { body: { decision, rating: 5 - (index % 4) } });
	}
	const answer = await (await gateway.ask('/admin/v1/decisions?limit=1')).json();
	const { decisions } = answer as { decisions: Array<{ id: string }> };
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	const author = { by: 'loopback', byName: null, at: Date.now() };
	const { key } = await createKey(
		keys,
		{ name: 'nightly jobs', team: 'search', tags: ['nightly'] },
		Date.now(),
		author,
	);
	await createKey(keys, { name: 'dashboard', scopes: ['read'] }, Date.now(), author);
	const limit = { scope: 'key', of: key.id, period: 'day', limitUsd: 0.5 };
	await gateway.ask('/admin/v1/budgets/set', { body: limit });
	const views = {
		overview: '',
		decisions: '/decisions',
		'decisions-empty': '/decisions?model=nobody',
		'decisions-error': '/decisions?minCostUsd=much',
		decision: `/decisions/${decisions[0]?.id}`,
		costs: '/costs?by=model',
		budgets: '/budgets',
		keys: '/keys',
		'key-make': '/keys',
		key: `/keys/${key.id}`,
		audit: '/audit',
		models: '/models',
		evidence: '/evidence',
		experiments: '/experiments',
		'evidence-empty': '/evidence?from=2020-01-01&to=2020-01-02',
		model: '/models/haiku',
		palette: '/models',
		keyboard: '/models',
		'limit-change': '/budgets',
	};
	for (const { width, colorScheme } of LOOKS) {
		for (const [name, path] of Object.entries(views)) {
			const address = `${gateway.running.url}/dashboard${path}`;
			const { page, close } = await openPage(browser, address, { viewport: { width, height: 900 }, colorScheme });
			await page.getByText('● live').waitFor();
			await page.waitForLoadState('load');
			await page.locator('main table, .empty, .notice').first().waitFor();
			await OPENED[name]?.(page);
			await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
			await close();
		}
	}
} finally {
	await browser.close();
	await gateway.close();
}
console.log(`Pictures are in ${folder}.`);
