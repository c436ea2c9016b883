/**
 * The dashboard over many decisions: what its views wait for, how soon it is painted, and what open pages cost the gateway.
 * npm run bench:dashboard [-- --rows 1000000] [--seconds 20] [--fresh]
 * The database is made once, in the system's temporary folder, and used again for a day. Needs the build.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DATABASE_VERSION, openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { DAY_MS } from '../../src/util/index.ts';
import { openPage } from '../../test/support/dashboard-page.ts';
import { openBrowser } from '../../test/support/open-browser.ts';
import { SWITCHYARD } from '../../test/support/switchyard-command.ts';
import { seedDatabase } from '../storage/seed-database.ts';

const { values: flags } = parseArgs({
	options: { rows: { type: 'string' }, seconds: { type: 'string' }, fresh: { type: 'boolean' } },
});
const ROWS = Number(flags.rows ?? 1_000_000);
const SECONDS = Number(flags.seconds ?? 20);
const REPEATS = 9;
/** Milliseconds for which a gateway answers the same overview. */
const OVERVIEW_MS = 1100;
const PAGES = 50;
const REQUESTS_PER_SECOND = 100;
const CLOCK_TICKS = 100;

const folder = join(tmpdir(), `switchyard-bench-dashboard-${ROWS}-${DATABASE_VERSION}`);
const database = join(folder, 'routing.db');

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(name: string, times: readonly number[], unit = 'ms'): void {
	const all = times.map((value) => value.toFixed(0)).join(' ');
	console.log(`${name.padEnd(52)} median ${median(times).toFixed(0).padStart(6)} ${unit}   all ${all}`);
}

async function makeDatabase(): Promise<void> {
	const age = Date.now() - (statSync(database, { throwIfNoEntry: false })?.mtimeMs ?? 0);
	if (flags.fresh !== true && age < DAY_MS) return;
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const startedAt = performance.now();
	const keep = { retentionDays: Number.POSITIVE_INFINITY };
	const storage = await openSqliteStorage({ path: database, ...keep });
	await seedDatabase(storage, { rows: ROWS, now: Date.now() });
	await storage.close();
	console.log(`${database} was made in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

interface Served {
	url: string;
	process: ChildProcess;
}

/** Starts a gateway of its own process over the database, answered by the simulator. */
async function serve(): Promise<Served> {
	const config = join(folder, '.claude/orchestration/routing/config.json');
	mkdirSync(join(config, '..'), { recursive: true });
	const budget = { dailyLimit: 900_000, monthlyLimit: 900_000 };
	writeFileSync(config, JSON.stringify({ budget, storage: { path: database, retentionDays: 36_500 } }));
	const child = spawn(process.execPath, [SWITCHYARD, 'serve', '--port', '0', '--simulate', '--json'], {
		cwd: folder,
		env: { PATH: process.env['PATH'], HOME: folder },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const url = await new Promise<string>((resolve, reject) => {
		let said = '';
		child.stdout.on('data', (chunk: Buffer) => {
			said += chunk.toString('utf8');
			const address = /http:\/\/[\d.]+:\d+/.exec(said)?.[0];
			if (address !== undefined) resolve(address);
		});
		child.once('exit', () => reject(new Error(`The gateway ended: ${said}`)));
	});
	return { url, process: child };
}

async function read(url: string): Promise<number> {
	const startedAt = performance.now();
	const response = await fetch(url);
	await response.arrayBuffer();
	if (!response.ok) throw new Error(`${url} answered ${response.status}`);
	return performance.now() - startedAt;
}

async function benchViews({ process: child, url }: Served): Promise<void> {
	console.log('\nWhat the views wait for, and the processor time that it takes the gateway:');
	const time = async (name: string, address: string, pauseMs = 0): Promise<void> => {
		const times: number[] = [];
		const before = readCpu(child);
		for (let repeat = 0; repeat < REPEATS; repeat += 1) {
			times.push(await read(address));
			await new Promise((resolve) => setTimeout(resolve, pauseMs));
		}
		const after = readCpu(child);
		const cpuMs = before === null || after === null ? Number.NaN : (1000 * (after - before)) / REPEATS;
		print(`${name.padEnd(36)} CPU ${cpuMs.toFixed(0).padStart(5)} ms`, times);
	};
	await read(`${url}/admin/v1/overview?period=today`);
	for (const period of ['today', 'week', 'month', 'all'])
		await time(`overview, ${period}`, `${url}/admin/v1/overview?period=${period}`, OVERVIEW_MS);
	for (const by of ['day', 'model', 'key', 'session'])
		await time(`costs by ${by}, all`, `${url}/admin/v1/costs?period=all&by=${by}&limit=1000`);
	for (const view of ['models?period=all', 'evidence?period=all', 'savings?period=all', 'forecast?days=31', 'budgets'])
		await time(view, `${url}/admin/v1/${view}`);
	const filters = [
		'',
		'model=haiku',
		'type=debugging',
		'outcome=failure',
		'outcome=fallback',
		'key=key-7',
		'tag=tag-7',
	];
	for (const filter of [...filters, 'session=session-77', 'minCostUsd=1', 'model=nobody'])
		await time(`decisions, ${filter || 'newest'}`, `${url}/admin/v1/decisions?limit=50&${filter}`);
}

async function benchPaint(url: string): Promise<void> {
	const browser = await openBrowser();
	try {
		const [paints, tables]: [number[], number[]] = [[], []];
		for (let repeat = 0; repeat < REPEATS; repeat += 1) {
			const startedAt = performance.now();
			const { close, page } = await openPage(browser, `${url}/dashboard`);
			await page.locator('section[aria-label="Models by cost"] tbody tr').first().waitFor();
			tables.push(performance.now() - startedAt);
			paints.push(await page.evaluate<number>('performance.getEntriesByName("first-contentful-paint")[0].startTime'));
			await close();
		}
		console.log('\nIn Chromium, 7 days:');
		print('first contentful paint', paints);
		print('figures in the page, from opening its window', tables);
		await countHidden(browser, url);
	} finally {
		await browser.close();
	}
}

/** What a hidden tab asks for while requests run. */
async function countHidden(browser: Awaited<ReturnType<typeof openBrowser>>, url: string): Promise<void> {
	const { page } = await openPage(browser, `${url}/dashboard`);
	await page.getByText('● live').waitFor();
	await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true });
		document.dispatchEvent(new Event('visibilitychange'))`);
	await new Promise((resolve) => setTimeout(resolve, 1000));
	let asked = 0;
	page.on('request', () => {
		asked += 1;
	});
	await sendRequests(url, 10);
	console.log(`${'requests of a hidden tab in 10 s of traffic'.padEnd(52)} ${asked}`);
}

/** Sends requests at an even rate for a time. */
async function sendRequests(url: string, seconds: number): Promise<void> {
	const body = JSON.stringify({ model: 'haiku', max_tokens: 20, messages: [{ role: 'user', content: 'Say hello' }] });
	const headers = { 'content-type': 'application/json' };
	const open = new Set<Promise<unknown>>();
	const startedAt = performance.now();
	for (let index = 0; index < seconds * REQUESTS_PER_SECOND; index += 1) {
		const waitMs = startedAt + (index * 1000) / REQUESTS_PER_SECOND - performance.now();
		if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
		const sent = fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
			.then((response) => response.arrayBuffer())
			.finally(() => open.delete(sent));
		open.add(sent);
	}
	await Promise.all(open);
}

/** Processor time of a process so far, seconds; `null` where the system does not tell. */
function readCpu({ pid }: ChildProcess): number | null {
	if (!existsSync(`/proc/${pid}/stat`)) return null;
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /, '')
		.split(' ');
	return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** What a page does: listens, and reads the overview again with each message. */
function openDashboard(url: string, signal: AbortSignal): Promise<void> {
	const listen = async () => {
		const response = await fetch(`${url}/dashboard/events`, { signal });
		for await (const chunk of response.body ?? [])
			if (Buffer.from(chunk).includes('event:')) await read(`${url}/admin/v1/overview?period=week`);
	};
	return listen().catch((error: unknown) => {
		if (!signal.aborted) throw error;
	});
}

async function benchPages({ process: child, url }: Served): Promise<void> {
	console.log(`\nThe gateway at ${REQUESTS_PER_SECOND} requests a second, ${SECONDS} s each:`);
	const shares: Record<string, number[]> = { none: [], open: [] };
	await sendRequests(url, 3);
	for (const pages of ['none', 'open', 'none', 'open'] as const) {
		const controller = new AbortController();
		const opened = Array.from({ length: pages === 'open' ? PAGES : 0 }, () => openDashboard(url, controller.signal));
		const before = readCpu(child);
		const startedAt = performance.now();
		await sendRequests(url, SECONDS);
		const after = readCpu(child);
		controller.abort();
		await Promise.all(opened);
		if (before === null || after === null) return console.log('Processor time is read from /proc, which is not here.');
		shares[pages]?.push((100 * (after - before)) / ((performance.now() - startedAt) / 1000));
	}
	const { none = [], open = [] } = shares;
	print('without a page', none, '% of a core');
	print(`with ${PAGES} pages`, open, '% of a core');
	console.log(`${'more'.padEnd(52)} median ${(median(open) - median(none)).toFixed(1).padStart(6)} % of a core`);
}

const [load] = loadavg();
console.log(
	`${cpus()[0]?.model ?? 'unknown CPU'} × ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, load ${load?.toFixed(1)}; ${ROWS} decisions`,
);
await makeDatabase();
const served = await serve();
try {
	await benchViews(served);
	await benchPaint(served.url);
	await benchPages(served);
} finally {
	served.process.kill('SIGTERM');
}
