// Emits dist/: a bundle for each entry point with the chunks they share, and the declarations that they lead to.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { bundle, collectLicenses } from './build/bundle.ts';
import { buildDashboard } from './build/dashboard.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Declarations that the entry points lead to, by path: the others describe what nobody can import. */
function findReachableTypes(): Set<string> {
	const waiting = Object.values(manifest.exports).flatMap((target) =>
		typeof target === 'string' ? [] : [join(root, target.types)],
	);
	const reached = new Set<string>();
	for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
		if (reached.has(path)) continue;
		reached.add(path);
		const imports = readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.[jt]s['"]/g);
		for (const [, target = ''] of imports) waiting.push(join(dirname(path), `${target}.d.ts`));
	}
	return reached;
}

function emitTypes(): void {
	const typescript = join(dirname(createRequire(import.meta.url).resolve('typescript-7/package.json')), 'bin', 'tsc');
	execFileSync(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--noCheck'], {
		cwd: root,
		stdio: 'inherit',
	});
	const reachable = [...findReachableTypes()];
	for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
		const path = join(dist, file);
		if (!reachable.some((type) => type === path || type.startsWith(`${path}${sep}`)))
			rmSync(path, { recursive: true, force: true });
	}
}

rmSync(dist, { recursive: true, force: true });
emitTypes();
await bundle();
await buildDashboard();
copyFileSync(join(root, 'src', 'classify', 'task-types.bin'), join(dist, 'task-types.bin'));
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), collectLicenses());
chmodSync(join(root, manifest.bin.switchyard), 0o755);
