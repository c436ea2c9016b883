import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { type OutputOptions, rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';
import manifest from '../../package.json' with { type: 'json' };
import { DASHBOARD_PACKAGES } from './dashboard.ts';
import { lazyZod } from './lazy-zod.ts';
import { lightHttp } from './light-http.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Packages whose code is part of dist/: what the command line starts with, zod, which is needed synchronously where a
 * configuration is checked, ipaddr.js, which the address guard needs at once, and CommonJS that requires Node's modules,
 * which a user's bundler could not put into an ES module. All others are installed by npm and found by Node.
 */
const INLINED = ['commander', 'ipaddr.js', 'jsonc-parser', 'pino', 'undici', 'write-file-atomic', 'zod'];

/** What these packages need in turn, which is part of dist/ with them. */
const INLINED_WITH_THEM = [
	'@pinojs/redact',
	'atomic-sleep',
	'on-exit-leak-free',
	'pino-abstract-transport',
	'pino-std-serializers',
	'process-warning',
	'quick-format-unescaped',
	'real-require',
	'safe-stable-stringify',
	'signal-exit',
	'sonic-boom',
	'split2',
	'thread-stream',
];

const EXTERNAL = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].filter(
	(name) => !INLINED.includes(name),
);

/** Source of each entry point, by its path below dist/ without the ending. */
function listEntryPoints(): Record<string, string> {
	const targets = Object.values(manifest.exports).flatMap((target) =>
		typeof target === 'string' ? [] : [target.default],
	);
	const paths = [...targets, manifest.bin.switchyard].map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, '$1'));
	return Object.fromEntries(paths.map((path) => [path, `src/${path}.ts`]));
}

const OUTPUT: OutputOptions = {
	dir: 'dist',
	format: 'esm',
	// A published file never changes, so that no name needs a hash.
	chunkFileNames: 'chunks/[name].js',
	// One chunk of what all share, in place of a dozen of a few lines: every file costs an import its time.
	codeSplitting: { groups: [{ name: 'shared', test: /\/src\/(?:contracts|errors|util)\// }] },
	// Which calls are pure is what a user's own bundler drops unused code by.
	comments: { annotation: true, jsdoc: false, legal: false },
	// Shorter code with its names kept: what users' own minifiers make of it is smaller too.
	minify: { compress: true, mangle: false, codegen: false },
	// Names the sources of a stack trace under --enable-source-maps, without shipping them.
	sourcemap: true,
	sourcemapExcludeSources: true,
};

/** Writes one file for each entry point, and the chunks that they share. */
export async function bundle(): Promise<void> {
	const build = await rolldown({
		cwd: root,
		input: listEntryPoints(),
		platform: 'node',
		checks: { bundlerTimings: false },
		// Its main file is UMD, which no bundler can follow.
		resolve: { alias: { 'jsonc-parser': join(root, 'node_modules/jsonc-parser/lib/esm/main.js') } },
		// write-file-atomic makes the names of temporary files of it, which an ES module has not.
		// pino asks for require.main where it starts a worker, which it is never told to here.
		transform: { define: { __filename: JSON.stringify(manifest.name), 'require.main': 'undefined' } },
		plugins: [
			lazyZod(),
			lightHttp(),
			esmExternalRequirePlugin({ external: [/^node:(?!http$)/, ...builtinModules.filter((name) => name !== 'http')] }),
		],
		// Nothing is imported or read for its effects: the engine, for one, may name no module of Node.
		treeshake: {
			moduleSideEffects: [{ external: true, sideEffects: false }],
			propertyReadSideEffects: false,
			unknownGlobalSideEffects: false,
		},
		external: EXTERNAL.map((name) => new RegExp(`^${name}(/|$)`)),
	});
	await build.write(OUTPUT);
	await build.close();
}

/** The licences of the packages that are part of dist/, as they ask for. */
export function collectLicenses(): string {
	const texts = [...INLINED, ...INLINED_WITH_THEM, ...DASHBOARD_PACKAGES].map((name) => {
		const folder = join(root, 'node_modules', name);
		const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
		if (file === undefined) throw new Error(`${name} is inlined and has no licence file: add its terms by hand`);
		return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
	});
	return `Parts of these packages are in dist/:\n\n${texts.join('\n---\n\n')}`;
}
