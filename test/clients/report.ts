import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CELLS } from './cells.ts';
import type { ClientDriver } from './client-driver.ts';
import { CLIENT_PACKAGES } from './install.ts';
import type { CellOutcome } from './run-cell.ts';

/** How all cells of one client came out. */
export interface ClientRow {
	name: string;
	driver: ClientDriver;
	/** By the name of the cell. */
	outcomes: Record<string, CellOutcome>;
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
			.filter(([, { note }]) => note !== '')
			.map(([cell, { note, state }]) => `- ${driver.title}, ${cell}: ${state === 'failed' ? 'fails: ' : ''}${note}`),
	);
}

/** Writes `docs/reference/clients.md` from a run. */
export function writeReport(rows: readonly ClientRow[]): void {
	const day = new Date().toISOString().slice(0, 10);
	const text = `# Clients

Programs and libraries as their makers publish them, run headless through the gateway before a provider that refuses what the real one
refuses for its model. Written by \`npm run test:clients -- --write\` on ${day}; do not edit. ✓ holds, – cannot be, ✗ fails; the notes
below say why.

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
