import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page that has loaded, and every fault that its scripts have had since. */
export interface DashboardPage {
	page: Page;
	/** Errors of scripts, and what the content security policy refused. */
	faults: string[];
	close(): Promise<void>;
}

/** The widths and themes in which every view must hold. */
export const LOOKS: ReadonlyArray<{ width: 360 | 1440; colorScheme: 'light' | 'dark' }> = [
	{ width: 360, colorScheme: 'light' },
	{ width: 360, colorScheme: 'dark' },
	{ width: 1440, colorScheme: 'light' },
	{ width: 1440, colorScheme: 'dark' },
];

/** Opens an address in a browser window of its own. */
export async function openPage(
	browser: Browser,
	url: string,
	options: BrowserContextOptions = {},
): Promise<DashboardPage> {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
	const page = await context.newPage();
	page.setDefaultTimeout(10_000);
	const faults: string[] = [];
	page.on('pageerror', (error) => faults.push(error.message));
	page.on('console', (message) => {
		const text = message.text();
		// a refused request is the page's to show
		if (message.type() === 'error' && !text.startsWith('Failed to load resource')) faults.push(text);
	});
	await page.goto(url);
	return { page, faults, close: () => context.close() };
}

/** What axe finds on a page, of any impact: a line for each element. */
export async function findBarriers(page: Page): Promise<string[]> {
	await page.evaluate(axe.source);
	const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
	return await page.evaluate(async (runOnly) => {
		const { axe: runner } = globalThis as unknown as { axe: typeof axe };
		const { violations } = await runner.run({ runOnly, rules: { 'target-size': { enabled: true } } });
		return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
	}, tags);
}
