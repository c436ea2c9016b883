// `npm run test:clients`: the programs and libraries that people use, at the versions of `clients.json`, through a gateway
// before a strict scripted provider.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CELLS } from './cells.ts';
import type { ClientDriver } from './client-driver.ts';
import { installClient } from './install.ts';
import { readResults, saveOutcome, writeReport } from './report.ts';
import { runCell } from './run-cell.ts';
import { countSessions } from './sessions.ts';

const { values } = parseArgs({
	options: {
		/** Only these, by the names of their files, with commas. */
		clients: { type: 'string' },
		/** Only these columns, with commas. */
		cells: { type: 'string' },
		/** Clients that run side by side; where more than the machine has cores, times mean little. */
		'at-once': { type: 'string', default: '2' },
		/** Write `docs/reference/clients.md`. */
		write: { type: 'boolean', default: false },
		/** In place of the matrix: so many sessions of each client before a provider that fails at random, with and without the gateway. */
		sessions: { type: 'string' },
		/** Where the packages cannot be fetched, say so and pass. */
		'skip-offline': { type: 'boolean', default: false },
	},
});

function isChosen(list: string | undefined, name: string): boolean {
	return list === undefined || list.split(',').includes(name);
}

/** The client's folder; `null` where it cannot be installed, which is said. */
function install(name: string): string | null {
	try {
		return installClient(name);
	} catch (error) {
		const [reason] = String(error).split('\n');
		console.log(`${name}: not installed, as its packages could not be fetched (${reason})`);
		if (!values['skip-offline']) process.exitCode = 1;
		return null;
	}
}

async function runMatrix(
	name: string,
	driver: ClientDriver,
	where: { home: string; installed: string },
): Promise<void> {
	for (const cell of CELLS.filter((each) => isChosen(values.cells, each.name))) {
		const outcome = await runCell(cell, driver, { ...where, name });
		saveOutcome(name, cell.name, outcome);
		if (outcome.state === 'failed') process.exitCode = 1;
		const seconds = (outcome.elapsedMs / 1000).toFixed(1);
		console.log(`${driver.title} · ${cell.name}: ${outcome.state} (${seconds} s) ${outcome.note}`.trimEnd());
	}
}

async function importDriver(name: string): Promise<ClientDriver> {
	const { driver }: { driver: ClientDriver } = await import(`./drivers/${name}.ts`);
	return driver;
}

const all = readdirSync(join(import.meta.dirname, 'drivers')).map((file) => file.replace(/\.ts$/, ''));

async function runSessions(
	name: string,
	driver: ClientDriver,
	options: { home: string; installed: string; sessions: number },
): Promise<void> {
	const { alone, sessions, through } = await countSessions(name, driver, options);
	console.log(`${driver.title}: ${through} of ${sessions} sessions end through the gateway, ${alone} without it`);
	if (through < alone) process.exitCode = 1;
}

async function runOne(name: string): Promise<void> {
	const driver = await importDriver(name);
	const installed = install(name);
	if (installed === null) return;
	const home = mkdtempSync(join(tmpdir(), 'switchyard-home-'));
	try {
		if (values.sessions === undefined) await runMatrix(name, driver, { home, installed });
		else await runSessions(name, driver, { home, installed, sessions: Number(values.sessions) });
	} finally {
		rmSync(home, { recursive: true, force: true, maxRetries: 3 });
	}
}

const waiting = all.filter((name) => isChosen(values.clients, name));
async function runWaiting(): Promise<void> {
	for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await runOne(name);
}
await Promise.all(Array.from({ length: Number(values['at-once']) }, runWaiting));
if (values.write) {
	const rows = all.map(async (name) => ({ name, driver: await importDriver(name), ...readResults(name) }));
	writeReport(await Promise.all(rows));
}
