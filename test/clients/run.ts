// `npm run test:clients`: the programs and libraries that people use, at the versions of `clients.json`, through a gateway
// before a strict scripted provider.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CELLS } from './cells.ts';
import type { ClientDriver } from './client-driver.ts';
import { installClient } from './install.ts';
import { readResults, type SessionSum, saveOutcome, writeReport } from './report.ts';
import { runCell } from './run-cell.ts';
import { countSessions } from './sessions.ts';

const all = readdirSync(join(import.meta.dirname, 'drivers')).map((file) => file.replace(/\.ts$/, ''));
const cellNames = CELLS.map(({ name }) => name);

const HELP = `npm run test:clients -- [options]

  --clients <names>    only these, with commas: ${all.join(', ')}
  --cells <names>      only these columns, with commas: ${cellNames.join(', ')}
  --at-once <number>   clients that run side by side (default 2); with more than the machine has cores, times mean little
  --sessions <number>  in place of the matrix: so many sessions of each client before a provider that fails at random,
                       with and without the gateway
  --go-on              with --sessions: go on behind those that earlier runs have counted
  --write              write docs/reference/clients.md from the latest run of each cell
  --skip-offline       where packages cannot be fetched, say so and pass`;

/** Says what is wrong with the arguments and ends. */
function refuse(message: string): never {
	console.error(`${message}\n\n${HELP}`);
	process.exit(2);
}

function readArguments() {
	try {
		return parseArgs({
			options: {
				clients: { type: 'string', default: all.join() },
				cells: { type: 'string', default: cellNames.join() },
				'at-once': { type: 'string', default: '2' },
				sessions: { type: 'string' },
				'go-on': { type: 'boolean', default: false },
				write: { type: 'boolean', default: false },
				'skip-offline': { type: 'boolean', default: false },
				help: { type: 'boolean', short: 'h', default: false },
			},
		}).values;
	} catch (error) {
		return refuse(error instanceof Error ? error.message : String(error));
	}
}

/** The chosen names, in the order of all. */
function choose(option: 'cells' | 'clients', known: readonly string[]): string[] {
	const chosen = values[option].split(',').map((name) => name.trim());
	const strange = chosen.find((name) => !known.includes(name));
	if (strange !== undefined) refuse(`--${option} names "${strange}", which is none of them.`);
	return known.filter((name) => chosen.includes(name));
}

function readCount(option: 'at-once' | 'sessions', text: string): number {
	if (!/^[1-9]\d{0,3}$/.test(text)) refuse(`--${option} must be a whole number from 1 to 9999, and is "${text}".`);
	return Number(text);
}

const values = readArguments();
if (values.help) {
	console.log(HELP);
	process.exit(0);
}
const clients = choose('clients', all);
const cells = choose('cells', cellNames);
const atOnce = readCount('at-once', values['at-once']);
const sessions = values.sessions === undefined ? null : readCount('sessions', values.sessions);

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
	for (const cell of CELLS.filter(({ name: cell }) => cells.includes(cell))) {
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

async function runSessions(
	name: string,
	driver: ClientDriver,
	options: Parameters<typeof countSessions>[2],
): Promise<void> {
	const { alone, sessions, through } = await countSessions(name, driver, options);
	const describe = ({ ended, faults, sessionsWithFault, sessionsWithFirst }: SessionSum) =>
		`${ended} (${faults} calls failed in ${sessionsWithFault} sessions, ${sessionsWithFirst} times the first)`;
	console.log(
		`${driver.title}: of ${sessions} sessions end through the gateway ${describe(through)}, without it ${describe(alone)}`,
	);
	if (through.ended < alone.ended) process.exitCode = 1;
}

async function runOne(name: string): Promise<void> {
	const driver = await importDriver(name);
	const installed = install(name);
	if (installed === null) return;
	const home = mkdtempSync(join(tmpdir(), 'switchyard-home-'));
	try {
		if (sessions === null) await runMatrix(name, driver, { home, installed });
		else {
			const counted = values['go-on'] ? readResults(name).count : undefined;
			await runSessions(name, driver, { home, installed, sessions, counted });
		}
	} finally {
		rmSync(home, { recursive: true, force: true, maxRetries: 3 });
	}
}

const waiting = [...clients];
async function runWaiting(): Promise<void> {
	for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await runOne(name);
}
await Promise.all(Array.from({ length: atOnce }, runWaiting));
if (values.write) {
	const rows = all.map(async (name) => ({ name, driver: await importDriver(name), ...readResults(name) }));
	writeReport(await Promise.all(rows));
}
