import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CELLS } from './cells.ts';
import type { ClientDriver } from './client-driver.ts';
import { CACHE, CLIENT_PACKAGES } from './install.ts';
import type { CellOutcome } from './run-cell.ts';

/** One client and how its cells came out, by the name of the cell. */
export interface ClientRow {
	name: string;
	driver: ClientDriver;
	outcomes: Readonly<Record<string, CellOutcome>>;
}

/** Outcomes by client, then by cell. */
type Outcomes = Record<string, Record<string, CellOutcome>>;

const OUTCOMES_FILE = join(CACHE, 'outcomes.json');

/** The latest outcomes of a client's cells, over all runs on this machine. */
export function readOutcomes(name: string): Readonly<Record<string, CellOutcome>> {
	return readAll()[name] ?? {};
}

function readAll(): Outcomes {
	// written by `saveOutcome` alone
	return existsSync(OUTCOMES_FILE) ? (JSON.parse(readFileSync(OUTCOMES_FILE, 'utf8')) as Outcomes) : {};
}

/** Keeps the outcome of a cell for the report. */
export function saveOutcome(name: string, cell: string, outcome: CellOutcome): void {
	const all = readAll();
	writeFileSync(OUTCOMES_FILE, JSON.stringify({ ...all, [name]: { ...all[name], [cell]: outcome } }));
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

/** Writes `docs/reference/clients.md`. */
export function writeReport(rows: readonly ClientRow[]): void {
	const day = new Date().toISOString().slice(0, 10);
	const text = `# Clients

Programs and libraries as their makers publish them, run headless through the gateway before a provider that refuses what the real one
refuses for its model. Written by \`npm run test:clients -- --write\` on ${day} from the latest run of each cell; do not edit.
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

## Notes
${listNotes(rows).join('\n')}
`;
	writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'clients.md'), text);
}
