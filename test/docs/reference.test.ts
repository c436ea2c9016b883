import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { ERROR_CODES } from '../../src/errors/index.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const headings = (text: string) => [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? '');

describe('the reference says what the code does, all of it and nothing else', () => {
	it('errors', () => {
		expect(headings(read('docs/reference/errors.md'))).toEqual([...ERROR_CODES]);
	});

	it('events', () => {
		const told = [...read('docs/reference/events.md').matchAll(/^\| `([a-z-]+)`/gm)].map((match) => match[1]);
		const known = [...read('src/contracts/events.ts').matchAll(/\{ type: '([a-z-]+)'/g)].map((match) => match[1]);
		expect(told).toEqual(known);
	});

	it('verbs and options of the command line', () => {
		const text = read('docs/reference/cli.md');
		const program = createProgram('0');
		const verbs = headings(text).filter((heading) => !/ /.test(heading));
		expect(verbs).toEqual(program.commands.map((command) => command.name()));
		const told = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
		const known = [program, ...program.commands].flatMap((command) => command.options.map((option) => option.flags));
		expect(told).toEqual(known);
	});

	it('tables, views and columns of the database', () => {
		const database = new DatabaseSync(':memory:');
		database.exec(read('routing.sql'));
		const text = read('docs/reference/database.md');
		const relations = database
			.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
			.all()
			.map((row) => String(row['name']));
		expect(headings(text).sort()).toEqual(relations.sort());
		for (const relation of relations) {
			const told = new RegExp(`## ${relation}\\n\\n\\w+: (.*)`).exec(text)?.[1]?.match(/[a-z_0-9]+/g);
			const columns = database.prepare('SELECT name FROM pragma_table_xinfo(?)').all(relation);
			expect(told, relation).toEqual(columns.map((column) => column['name']));
		}
		database.close();
	});
});

it('every link in the documents leads somewhere', () => {
	const documents = ['README.md', 'CONTRIBUTING.md', 'AGENTS.md', 'benchmarks/README.md'].concat(
		readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
			.filter((path) => path.endsWith('.md'))
			.map((path) => join('docs', path)),
	);
	const broken = documents.flatMap((document) =>
		[...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)]
			.map((match) => match[1] ?? '')
			.filter((target) => !existsSync(join(root, dirname(document), target)))
			.map((target) => `${document}: ${target}`),
	);
	expect(broken).toEqual([]);
});

describe('examples', () => {
	it('the README shows the example that runs', () => {
		const shown = /```ts\n([\s\S]*?)```/
			.exec(read('README.md'))?.[1]
			?.replace("'switchyard'", "'../src/index.ts'")
			.trim();
		expect(read('examples/quick-start.ts')).toContain(shown?.split('\n').slice(1).join('\n'));
	});

	it.each(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')))(
		'%s holds what it asserts',
		async (name) => {
			const project = createTemporaryProject();
			try {
				const { code, stderr } = await project.run(process.execPath, [join(root, 'examples', name)]);
				expect(code, stderr).toBe(0);
			} finally {
				project.remove();
			}
		},
	);
});
