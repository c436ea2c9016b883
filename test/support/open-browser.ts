import { existsSync } from 'node:fs';
import headless from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Where a Chromium is on machines that the packaged one does not run on. */
const INSTALLED = [
	'/usr/bin/chromium',
	'/usr/bin/google-chrome',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

let running: Promise<Browser> | null = null;

/**
 * Chromium without a window: the one that comes inside its npm package, or where that does not run an installed one. One serves all
 * test files of a process and ends with it: starting it takes a second. Windows (`newContext`) share nothing.
 */
export async function openBrowser(): Promise<Browser> {
	running ??= launch();
	return await running;
}

async function launch(): Promise<Browser> {
	const isPackaged = process.platform === 'linux' && process.arch === 'x64';
	const executablePath = isPackaged ? await headless.executablePath() : INSTALLED.find((path) => existsSync(path));
	if (executablePath === undefined) throw new Error(`No Chromium was found at ${INSTALLED.join(', ')}: install one.`);
	const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'];
	// a browser without a language of its own, as under LANG=C, names one that no page can use
	const browser = await chromium.launch({
		executablePath,
		args,
		env: { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8' },
	});
	browser.once('disconnected', () => {
		running = null;
	});
	return browser;
}
