import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders between this code and its package's own, at most: it runs from `src`, `dist`, or bundled in `dist/cli`. */
const MAX_STEPS = 4;

function versionIn(path: string): string | null {
	const manifest: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
	if (typeof manifest !== 'object' || manifest === null || !('name' in manifest && 'version' in manifest)) return null;
	return manifest.name === 'switchyard' ? String(manifest.version) : null;
}

/** The version of this package; `unknown` where its package.json is not beside it. */
export function readPackageVersion(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	for (let step = 0; step < MAX_STEPS; step += 1) {
		const version = versionIn(join(folder, 'package.json'));
		if (version !== null) return version;
		folder = dirname(folder);
	}
	return 'unknown';
}
