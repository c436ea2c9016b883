import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openBrowser } from './open-browser.ts';
import type { TestGateway } from './open-test-gateway.ts';

/** A page that has loaded, and every fault that its scripts have had since. */
export interface DashboardPage {
	page: Page;
	/** Errors of scripts, and what the content security policy refused. */
	faults: string[];
	close(): Promise<void>;
}

const WIDTHS = [360, 1440] as const;

/** The widths and themes in which every view must hold. */
export const LOOKS: ReadonlyArray<{ width: (typeof WIDTHS)[number]; colorScheme: 'light' | 'dark' }> = WIDTHS.flatMap(
	(width) => (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

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

const RULES = {
	type: 'tag',
	values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
} as const;
/** What another theme changes. */
const COLOR_RULES = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } as const;

/** What axe finds on a page, of any impact: a line for each element. */
export async function findBarriers(page: Page, runOnly: typeof RULES | typeof COLOR_RULES = RULES): Promise<string[]> {
	if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source);
	return await page.evaluate(async (only) => {
		const { axe: runner } = globalThis as unknown as { axe: typeof axe };
		const rules = only.type === 'tag' ? { 'target-size': { enabled: true } } : {};
		const { violations } = await runner.run({ runOnly: { type: only.type, values: [...only.values] }, rules });
		return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
	}, runOnly);
}

/** The gateway of a suite, and windows over it that are closed after each test. */
export interface DashboardSuite {
	readonly gateway: TestGateway;
	readonly browser: Browser;
	/** Opens an address below the gateway's, or a whole one. */
	open(path: string, options?: BrowserContextOptions): Promise<DashboardPage>;
}

/** Opens a gateway and a browser for all tests of a file. */
export function useDashboard(openGateway: () => Promise<TestGateway>): DashboardSuite {
	let gateway: TestGateway | undefined;
	let browser: Browser | undefined;
	const opened: DashboardPage[] = [];
	const require = <Value>(value: Value | undefined): Value => {
		if (value === undefined) throw new Error('Only a test has a gateway and a browser.');
		return value;
	};
	beforeAll(async () => {
		[browser, gateway] = await Promise.all([openBrowser(), openGateway()]);
	});
	afterEach(async () => {
		for (const page of opened.splice(0)) await page.close();
	});
	afterAll(() => gateway?.close());
	return {
		get gateway() {
			return require(gateway);
		},
		get browser() {
			return require(browser);
		},
		async open(path, options = {}) {
			const url = path.startsWith('http') ? path : `${require(gateway).running.url}${path}`;
			const page = await openPage(require(browser), url, options);
			opened.push(page);
			return page;
		},
	};
}

/** Tests that views hold at every width and in every theme: axe finds nothing, and nothing is wider than the page. `ready` brings a page into its state. */
export function itHoldsInEveryLook(
	suite: DashboardSuite,
	getPaths: () => readonly string[] | Promise<readonly string[]>,
	ready: (page: Page, path: string) => Promise<unknown>,
): void {
	it.each(WIDTHS)(
		'axe finds no barrier at %i px in either theme, and nothing is wider than the page',
		async (width) => {
			const paths = await getPaths();
			const { page } = await suite.open(paths[0] ?? '', { viewport: { width, height: 800 }, colorScheme: 'light' });
			for (const [index, path] of paths.entries()) {
				// the others in the same window: a new one takes half a second
				if (index > 0) await page.goto(`${suite.gateway.running.url}${path}`);
				await page.emulateMedia({ colorScheme: 'light' });
				await ready(page, path);
				expect(await findBarriers(page), path).toEqual([]);
				await page.emulateMedia({ colorScheme: 'dark' });
				expect(await findBarriers(page, COLOR_RULES), `${path} in the dark`).toEqual([]);
				const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
				expect(overflow, path).toBeLessThanOrEqual(0);
			}
		},
	);
}
