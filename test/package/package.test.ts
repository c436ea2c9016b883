import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { VERSION } from '../../src/util/index.ts';
import { type InstalledPackage, installPackage, root } from './installed-package.ts';

/**
 * Bytes (gzip, minified) that the engine may weigh. What needs more takes it from elsewhere. 134 KiB since it finds the
 * request in a long text, in 13 languages; 138 KiB since it learns per workload and stands down; 143 KiB since its memory keeps
 * experiments and evaluations. What a bundler leaves for later, as experiments themselves, is not counted.
 */
const MOST_ENGINE_BYTES = 146_432;

/** What is published beside declarations, source maps and the chunks that entry points share. */
const PUBLISHED = [
	'CHANGELOG.md',
	'LICENSE',
	'README.md',
	'config.schema.json',
	'dist/THIRD-PARTY-LICENSES.txt',
	'dist/ai-sdk.js',
	'dist/cli/main.js',
	'dist/engine.js',
	'dist/gateway.js',
	'dist/index.js',
	'dist/storage.js',
	'dist/storage/sqlite/index.js',
	'dist/task-types.bin',
	'dist/testing.js',
	'package.json',
	'routing.sql',
];
/** Kilobytes of the tarball, and the number of chunks: raise them in the commit that needs more. */
const PACKED_CEILING_KB = 2080;
const MOST_CHUNKS = 72;

let installed: InstalledPackage;
let tarball: string;
let consumer: string;

beforeAll(() => {
	installed = installPackage();
	({ tarball, project: consumer } = installed);
	// What a user of Node has besides.
	installed.link('@types/node');
});

afterAll(() => installed.remove());

const codeEntryPoints = Object.keys(manifest.exports).filter((entryPoint) => !entryPoint.endsWith('.json'));

describe('the package as a user installs it', () => {
	it('holds no tests, no sources and no path of the machine it was built on', () => {
		const files = readdirSync(join(consumer, 'node_modules', manifest.name), { recursive: true, encoding: 'utf8' });
		expect(files.filter((file) => /\.test\.|(^|\/)src\/|^test\//.test(file))).toEqual([]);
		const scripts = files.filter((file) => file.endsWith('.js'));
		const leaky = scripts.filter((file) =>
			readFileSync(join(consumer, 'node_modules', manifest.name, file), 'utf8').includes(root),
		);
		expect(leaky).toEqual([]);
	});

	it('holds the files that are meant to be published, and weighs no more than it has to', () => {
		const { location } = installed;
		const files = readdirSync(location, { recursive: true, encoding: 'utf8' }).filter((file) =>
			statSync(join(location, file)).isFile(),
		);
		const isGenerated = (file: string) =>
			/^dist\/(?:.*\.d\.ts|.*\.js\.map|chunks\/[\w.-]+\.js|dashboard\/.*)$/.test(file);
		expect(files.filter((file) => !isGenerated(file)).sort()).toEqual(PUBLISHED);
		expect(files.filter((file) => /^dist\/chunks\/.*\.js$/.test(file)).length).toBeLessThanOrEqual(MOST_CHUNKS);
		expect(statSync(tarball).size / 1024).toBeLessThan(PACKED_CEILING_KB);
	});

	it('says its own version in the gateway and on the command line', () => {
		expect(VERSION).toBe(manifest.version);
	});

	it('names the source of an error: its stack trace is readable under --enable-source-maps', () => {
		const program = `const { createModelCatalog } = await import('${manifest.name}/engine'); createModelCatalog(null);`;
		const { stderr } = spawnSync(process.execPath, ['--enable-source-maps', '--input-type=module', '-e', program], {
			cwd: consumer,
			encoding: 'utf8',
		});
		expect(stderr).toMatch(/src\/catalog\/[\w-]+\.ts:\d+/);
	});

	it.each(codeEntryPoints)('entry point %s imports, opens nothing and prints nothing', (entryPoint) => {
		const specifier = `${manifest.name}${entryPoint.slice(1)}`;
		const output = execFileSync(
			process.execPath,
			[
				'--input-type=module',
				'-e',
				`const entryPoint = await import('${specifier}'); if (Object.keys(entryPoint).length === 0) process.exit(1);`,
			],
			{ cwd: consumer, encoding: 'utf8' },
		);
		expect(output).toBe('');
		expect(readdirSync(consumer).sort()).toEqual(['node_modules', 'package.json']);
	});

	it('says which package Google’s own identity needs, where the package manager keeps it from us (pnpm)', () => {
		installed.link('@ai-sdk/google-vertex');
		const program = `import { createDeployments } from '${manifest.name}/gateway';
const own = { id: 'vx', kind: 'vertex', credential: 'application-default', auth: 'api-key', project: 'p', models: {} };
const [deployment] = createDeployments([{ ...own, provider: 'google' }]);
const model = await deployment.languageModel('gemini-2.5-flash');
const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];
await model.doGenerate({ prompt }).catch((error) => console.log(error.message));`;
		const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
			cwd: consumer,
			encoding: 'utf8',
		});
		expect(output).toContain(
			'deployments "vx": needs the package google-auth-library, which is not installed. Run: npm install google-auth-library',
		);
	});

	it('has types that resolve under nodenext and bundler', () => {
		const program = `import { createDefaultRoutingSystem, type ModelName } from 'switchyard-router';
import { ModelRouter } from 'switchyard-router/engine';
import { startProviderSimulator } from 'switchyard-router/testing';
import { openSqliteStorage } from 'switchyard-router/storage/sqlite';
const name: ModelName = (await createDefaultRoutingSystem().routeTask('x')).model.name;
export const all = [name, ModelRouter, startProviderSimulator, openSqliteStorage];`;
		writeFileSync(join(consumer, 'program.mts'), program);
		// the declarations themselves are checked once; bundlers resolve them by other rules
		for (const [compiler, module, resolution, ...flags] of [
			['typescript-7', 'nodenext', 'nodenext'],
			['typescript', 'esnext', 'bundler', '--skipLibCheck'],
		] as const) {
			const complaints = execFileSync(
				process.execPath,
				[
					join(root, 'node_modules', compiler, 'bin/tsc'),
					...['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--module', module],
					...['--moduleResolution', resolution, ...flags, 'program.mts'],
				],
				{ cwd: consumer, encoding: 'utf8' },
			);
			expect(complaints).toBe('');
		}
		rmSync(join(consumer, 'program.mts'));
	});

	it('passes publint and are-the-types-wrong', async () => {
		const { messages, pkg } = await publint({ pkgDir: join(consumer, 'node_modules', manifest.name), pack: false });
		expect(messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg))).toEqual(
			[],
		);
		const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
		const problems = analysis.types === false ? ['no types'] : analysis.problems;
		// ESM only, on purpose: CommonJS consumers and the resolution of Node 10 are not served.
		const expected = new Set(['CJSResolvesToESM', 'NoResolution']);
		const relevant = problems.filter((problem) => {
			if (typeof problem === 'string') return true;
			return !(expected.has(problem.kind) && 'resolutionKind' in problem && /node10|cjs/.test(problem.resolutionKind));
		});
		expect(relevant).toEqual([]);
	});
});

describe('the engine', () => {
	it('needs no package and no Node built-in, and stays light', async () => {
		const { outputFiles, metafile } = await build({
			entryPoints: [join(consumer, 'node_modules', manifest.name, 'dist/engine.js')],
			bundle: true,
			minify: true,
			format: 'esm',
			platform: 'browser',
			write: false,
			metafile: true,
			splitting: true,
			outdir: 'engine',
		});
		const outside = Object.keys(metafile.inputs).filter((input) => !input.includes(`${manifest.name}/dist/`));
		expect(outside).toEqual([]);
		for (const { text } of outputFiles) expect(text).not.toMatch(/from"node:|require\(|process\.env/);
		const outputs = Object.entries(metafile.outputs);
		const needed = new Set(
			outputs.flatMap(([path, { entryPoint = '' }]) => (entryPoint.endsWith('/engine.js') ? [path] : [])),
		);
		for (const path of needed)
			for (const { kind, path: next } of metafile.outputs[path]?.imports ?? [])
				if (kind === 'import-statement') needed.add(next);
		const isNeeded = (file: string) => [...needed].some((path) => file.endsWith(basename(path)));
		const sizes = outputFiles.flatMap(({ path, text }) => (isNeeded(path) ? [gzipSync(text).length] : []));
		expect(sizes.length).toBeGreaterThan(0);
		expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MOST_ENGINE_BYTES);
	});
});
