import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..');
/** Bytes (gzip) that all files of the dashboard may weigh together. */
const MOST_BYTES = 90 * 1024;

/** Packages whose code is part of the dashboard. */
export const DASHBOARD_PACKAGES: readonly string[] = ['preact', 'uplot'];

/** Writes the dashboard to `dist/dashboard`. @throws Error where it weighs more than it may */
export async function buildDashboard(): Promise<void> {
	const outDir = join(root, 'dist', 'dashboard');
	await build({
		configFile: false,
		root: join(root, 'src', 'dashboard'),
		base: '/dashboard/',
		logLevel: 'warn',
		oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
		build: {
			outDir,
			emptyOutDir: true,
			target: 'es2023',
			// nothing inline: the content security policy allows none of it
			assetsInlineLimit: 0,
			modulePreload: { polyfill: false },
		},
	});
	const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(file.parentPath, file.name))).length, 0);
	console.log(`dashboard: ${bytes} bytes gzip in ${files.length} files (at most ${MOST_BYTES})`);
	if (bytes > MOST_BYTES)
		throw new Error(`The dashboard weighs ${bytes} bytes gzip; at most ${MOST_BYTES} are allowed.`);
}
