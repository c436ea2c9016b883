import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CELLS } from './cells.ts';
import type { ClientDriver } from './client-driver.ts';
import { CACHE, CLIENT_PACKAGES, toPinnedName } from './install.ts';
import type { CellOutcome } from './run-cell.ts';

/** One client and how its cells came out, by the name of the cell. */
export interface ClientRow {
	name: string;
	driver: ClientDriver;
	outcomes: Readonly<Record<string, CellOutcome>>;
	/** @default not counted */
	count?: SessionCount | undefined;
}

/** Sessions of a client that ended well before a failing provider. */
export interface SessionCount {
	/** So many with the gateway, and as many without it. */
	sessions: number;
	through: SessionSum;
	alone: SessionSum;
}

/** What many sessions came to. */
export interface SessionSum {
	ended: number;
	/** Calls of the provider that failed. */
	faults: number;
	sessionsWithFault: number;
	/** Sessions whose first call failed. */
	sessionsWithFirst: number;
}

/** Outcomes by client and its versions, then by cell. */
type Outcomes = Record<string, Record<string, CellOutcome>>;

const OUTCOMES_FILE = join(CACHE, 'outcomes.json');
const COUNTS_FILE = join(CACHE, 'sessions.json');

/** A file that this module alone writes. */
function readKept<Kept extends object>(file: string): Kept {
	return (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Kept;
}

/** The latest outcomes of a client's cells and its sessions at the versions of `clients.json`, over all runs on this machine. */
export function readResults(name: string): Pick<ClientRow, 'count' | 'outcomes'> {
	const pinned = toPinnedName(name);
	const count = readKept<Record<string, SessionCount>>(COUNTS_FILE)[pinned];
	return { outcomes: readKept<Outcomes>(OUTCOMES_FILE)[pinned] ?? {}, count };
}

/** Keeps the outcome of a cell for the report. */
export function saveOutcome(name: string, cell: string, outcome: CellOutcome): void {
	const all = readKept<Outcomes>(OUTCOMES_FILE);
	const pinned = toPinnedName(name);
	writeFileSync(OUTCOMES_FILE, JSON.stringify({ ...all, [pinned]: { ...all[pinned], [cell]: outcome } }));
}

/** Keeps how a client's sessions ended for the report. */
export function saveCount(name: string, count: SessionCount): void {
	writeFileSync(COUNTS_FILE, JSON.stringify({ ...readKept(COUNTS_FILE), [toPinnedName(name)]: count }));
}

const MARKS: Readonly<Record<CellOutcome['state'], string>> = { ok: '✓', 'n/a': '–', failed: '✗' };

function createTable(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
	const lines = [head, head.map(() => '---'), ...rows];
	return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

function listPackages(name: string): string {
	return Object.entries(CLIENT_PACKAGES[name] ?? {})
		.map(([id, version]) => `\`${id}@${version}\``)
		.join(', ');
}

/** What is said of single cells: why there is none, how it held, or what failed. */
function listNotes(rows: readonly ClientRow[]): string[] {
	return rows.flatMap(({ driver, outcomes }) =>
		Object.entries(outcomes)
			.filter(([cell, { note }]) => note !== '' && CELLS.some(({ name }) => name === cell))
			.map(([cell, { note, state }]) => `- ${driver.title}, ${cell}: ${state === 'failed' ? 'fails: ' : ''}${note}`),
	);
}

function toSumCells({ ended, faults, sessionsWithFault, sessionsWithFirst }: SessionSum): string[] {
	return [`${ended}`, `${faults}, ${sessionsWithFault}, ${sessionsWithFirst}`];
}

/** Writes `docs/reference/clients.md`. */
export function writeReport(rows: readonly ClientRow[]): void {
	const day = new Date().toISOString().slice(0, 10);
	const text = `# Clients

Programs and libraries as their makers publish them, run headless through the gateway before a provider that refuses what the real one
refuses for its model, with [the settings of the guide](../guide/clients.md). Written by \`npm run test:clients -- --write\` on ${day} from the latest run of each cell; do not edit.
✓ holds, – cannot be, ✗ fails; an empty cell was not run; the notes below say why.

${createTable(
	['client', 'packages', 'speaks to'],
	rows.map(({ driver, name }) => [driver.title, listPackages(name), driver.company]),
)}

${createTable(
	['client', ...CELLS.map(({ name }) => name)],
	rows.map(({ driver, outcomes }) => [
		driver.title,
		...CELLS.map(({ name }) => {
			const outcome = outcomes[name];
			return outcome === undefined ? '' : MARKS[outcome.state];
		}),
	]),
)}

## What each column means
${createTable(
	['column', 'what a user has'],
	CELLS.map(({ name, promise }) => [name, promise]),
)}

## Sessions before a failing provider
Of a provider's calls 5 % fail at random (500, 503, 529, 429, a reset, a stream that breaks off), the same numbers with the gateway and
without it. A session is five turns with four tool calls; so many came to their end (\`npm run test:clients -- --sessions 50\`). Beside that
stand the calls that failed, the sessions that met such a call, and those whose first call was one: what is tried again draws again. One whose
answer is two halves joined has not: Bun up to 1.3.13, on which cline stands, repeats a request by itself when a kept connection breaks,
and reads the second answer as the rest of the first. The gateway gives such clients a new connection for each request.

${createTable(
	['client', 'sessions', 'through the gateway', 'failed calls, sessions, first calls', 'without it', 'the same'],
	rows.flatMap(({ count, driver }) =>
		count === undefined
			? []
			: [[driver.title, `${count.sessions}`, ...[count.through, count.alone].flatMap(toSumCells)]],
	),
)}

## Notes
${listNotes(rows).join('\n')}
`;
	writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'clients.md'), text);
}
