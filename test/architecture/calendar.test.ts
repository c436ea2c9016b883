import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const tests = ['src', 'test'].flatMap((folder) =>
	readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
		.map((path) => `${folder}/${path}`)
		.filter((path) => (folder === 'test' ? path.endsWith('.ts') : path.endsWith('.test.ts'))),
);

it('every process a test starts lives on the catalog’s day, or a retirement of a model turns tests red', () => {
	// They inherit the clock with the environment: who gives a process another one must keep NODE_OPTIONS.
	const givers = tests.filter((path) => {
		const text = readFileSync(join(root, path), 'utf8');
		return /^import (?!type).* from 'node:child_process'/m.test(text) && /\benv[:,]/.test(text);
	});
	expect(givers.sort()).toEqual([
		'test/clients/client-driver.ts', // other makers' programs, no part of the gate: they live on the day of the run
		'test/package/documents.test.ts',
		'test/package/import-weight.test.ts',
		'test/support/temporary-project.ts',
	]);
	const forgetful = givers.filter((path) => !/\bNODE_OPTIONS:/.test(readFileSync(join(root, path), 'utf8')));
	expect(forgetful).toEqual(['test/clients/client-driver.ts']);
});
