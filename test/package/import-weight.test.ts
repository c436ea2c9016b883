import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type InstalledPackage, installPackage } from './installed-package.ts';

/** Imports an entry point in a fresh process and answers with the address of every module that was loaded. */
const PROBE = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
await import(process.argv[1]);
console.log(JSON.stringify(loaded));
`;

/**
 * Modules that an import of each entry point loads at most, counted and not timed, so that a busy machine changes nothing.
 * A module costs about a third of a millisecond. Raise a figure in the commit that needs more.
 */
const MOST_MODULES = {
	'.': 31,
	'./engine': 17,
	'./gateway': 36,
	'./ai-sdk': 30,
	'./storage': 4,
	'./storage/sqlite': 6,
	'./testing': 6,
};

/** Small packages without a dependency that an import may load. */
const LIGHT_PACKAGES = ['lru-cache'];

let installed: InstalledPackage;
beforeAll(() => {
	installed = installPackage();
});
afterAll(() => installed.remove());

function listLoaded(entryPoint: string): string[] {
	const specifier = `${manifest.name}${entryPoint.slice(1)}`;
	const output = execFileSync(process.execPath, ['--input-type=module', '-e', PROBE, specifier], {
		cwd: installed.project,
		encoding: 'utf8',
	});
	return JSON.parse(output) as string[];
}

describe('an import costs what it says', () => {
	it('every entry point has a bar', () => {
		const entryPoints = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'));
		expect(Object.keys(MOST_MODULES).sort()).toEqual(entryPoints.sort());
	});

	it.each(Object.entries(MOST_MODULES))('%s loads few modules, no HTTP client and no provider', (entryPoint, most) => {
		const loaded = listLoaded(entryPoint);
		const files = loaded.filter((url) => url.startsWith('file:'));
		expect(files.length).toBeGreaterThan(0);
		expect(files.length).toBeLessThanOrEqual(most);
		const packages = files.map((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? url);
		const heavy = packages.filter((name) => name !== manifest.name && !LIGHT_PACKAGES.includes(name));
		expect(heavy).toEqual([]);
		expect(
			files.filter((url) => /dist\/chunks\/(undici|pool|connect\.|sqlite(?!-errors)|guarded-fetch)/.test(url)),
		).toEqual([]);
	});

	it('./engine loads no module of Node: it would not start in a browser', () => {
		expect(listLoaded('./engine').filter((url) => url.startsWith('node:'))).toEqual([]);
	});

	it.each(Object.keys(MOST_MODULES))(
		'%s can be required by CommonJS: nothing awaits at its top level',
		(entryPoint) => {
			const program = `console.log(Object.keys(require('${manifest.name}${entryPoint.slice(1)}')).length > 0)`;
			const output = execFileSync(process.execPath, ['--input-type=commonjs', '-e', program], {
				cwd: installed.project,
				encoding: 'utf8',
			});
			expect(output.trim()).toBe('true');
		},
	);

	it('zod is evaluated when there is a configuration to check, and not before', () => {
		// zod leaves a registry of its own on the global object.
		const program = `
const { createDefaultRoutingSystem, createRoutingSystem } = await import('${manifest.name}');
const names = () => Object.keys(globalThis).filter((name) => name.startsWith('__zod'));
await createDefaultRoutingSystem().routeTask('x');
const before = names();
createRoutingSystem({ debug: false });
console.log(JSON.stringify([before.length, names().length > 0]));`;
		const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
			cwd: installed.project,
			encoding: 'utf8',
			env: { PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'] },
		});
		expect(JSON.parse(output)).toEqual([0, true]);
	});
});
