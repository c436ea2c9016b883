import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { toDecisionJson } from '../../src/cli/commands/route.ts';
import { createProgram } from '../../src/cli/program.ts';
import { DEFAULT_ROUTER_CONFIG, ERROR_CODES, ModelRouter, TaskClassifier } from '../../src/engine.ts';
import { ACTION_BY_FAILURE } from '../../src/execute/failure-rules.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const headings = (text: string) => [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? '');

/** The text under a heading of the second level, up to the next one. */
function section(text: string, heading: string): string {
	return text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
}

/** The words in code type that begin the rows of a table. */
function firstColumn(text: string): string[] {
	return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
}

const errors = read('docs/reference/errors.md');
const events = read('docs/reference/events.md');
const cli = read('docs/reference/cli.md');
const database = read('docs/reference/database.md');
const concepts = read('docs/guide/concepts.md');

describe('the reference says what the code does, all of it and nothing else', () => {
	it('errors: a heading per code, and under each what it means, why it comes and what to do', () => {
		expect(headings(errors)).toEqual([...ERROR_CODES]);
		for (const code of ERROR_CODES) {
			const told = [...section(errors, code).matchAll(/^- \*\*(.+):\*\*/gm)].map((match) => match[1]);
			expect(told, code).toEqual(['Meaning', expect.stringMatching(/^Likely causes?$/), 'What to do']);
		}
	});

	it('events, and the fields of each', () => {
		const lines = [...read('src/contracts/events.ts').matchAll(/\{ type: '([a-z-]+)'; ([^}]+?);? \}/g)];
		const known = lines.map((match) => [
			match[1],
			[...(match[2] ?? '').matchAll(/(\w+)\??:/g)].map((field) => field[1]),
		]);
		const rows = [...events.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$/gm)];
		const told = rows.map((match) => [match[1], [...(match[2] ?? '').matchAll(/`(\w+)`/g)].map((field) => field[1])]);
		expect(told).toEqual(known);
	});

	it('verbs and options of the command line', () => {
		const program = createProgram('0');
		const verbs = headings(cli).filter((heading) => !/[ A-Z]/.test(heading));
		expect(verbs).toEqual(program.commands.map((command) => command.name()));
		const flags = (command: { options: readonly { flags: string }[] }) => command.options.map((option) => option.flags);
		expect(firstColumn(section(cli, 'Options of every verb'))).toEqual(flags(program));
		for (const command of program.commands) {
			expect(firstColumn(section(cli, command.name())), command.name()).toEqual(flags(command));
		}
	});

	it('JSON of route and classify, field by field', () => {
		const descriptor = new TaskClassifier().classify('Fix authentication bug in login endpoint');
		const decision = toDecisionJson(new ModelRouter(DEFAULT_ROUTER_CONFIG).route(descriptor));
		const { task: _text, ...classified } = descriptor;
		expect(firstColumn(section(cli, 'JSON of `route --json`'))).toEqual(Object.keys(decision));
		expect(firstColumn(section(cli, 'JSON of `classify --json`')).sort()).toEqual(Object.keys(classified).sort());
	});

	it('tables, views and columns of the database', () => {
		const empty = new DatabaseSync(':memory:');
		empty.exec(read('routing.sql'));
		const relations = empty
			.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
			.all()
			.map((row) => String(row['name']));
		expect(headings(database).sort()).toEqual(relations.sort());
		for (const relation of relations) {
			const columns = empty.prepare('SELECT name FROM pragma_table_xinfo(?)').all(relation);
			expect(firstColumn(section(database, relation)), relation).toEqual(columns.map((column) => column['name']));
		}
		empty.close();
	});

	it('failures, and what follows from each', () => {
		const rows = [...section(concepts, 'Failures').matchAll(/^\| `([a-z-]+)` \| [^|]+ \| `([a-z-]+)` \|/gm)];
		expect(Object.fromEntries(rows.map((match) => [match[1], match[2]]))).toEqual(ACTION_BY_FAILURE);
	});
});
