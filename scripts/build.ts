// Emits dist/ with tsc, then bundles the CLI alone so that it starts fast. Types are checked by `npm run typecheck`.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const typescript = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--noCheck'], { cwd: root, stdio: 'inherit' });

const main = join(root, 'src', 'cli', 'main.ts');
if (existsSync(main)) {
	rmSync(join(dist, 'cli'), { recursive: true, force: true });
	await build({
		entryPoints: [main],
		outdir: join(dist, 'cli'),
		bundle: true,
		splitting: true,
		platform: 'node',
		format: 'esm',
		target: 'node22',
		legalComments: 'none',
		// Its main file is UMD, which no bundler can follow: the ES module is bundled here, so that users' bundlers never meet it.
		alias: { 'jsonc-parser': join(root, 'node_modules/jsonc-parser/lib/esm/main.js') },
		// It is CommonJS that reads its own __filename, which an ES module has not.
		external: ['write-file-atomic'],
		banner: {
			js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
		},
	});
	chmodSync(join(dist, 'cli', 'main.js'), 0o755);
}
