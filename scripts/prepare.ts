// Builds dist/ unless it is newer than everything that it is built from. npm runs this after `npm ci`, and also, with its
// output hidden, when `npx switchyard-router` runs in a clone for the first time: a needless build would look like a hang.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What the build reads. A folder counts with its own time too, which changes when a file in it is removed. */
const INPUTS = [
	'src',
	'scripts/build.ts',
	'scripts/build',
	'tsconfig.json',
	'tsconfig.build.json',
	'package.json',
	'package-lock.json',
];

/** What the build writes early and late; a build that was interrupted lacks one of them. */
const OUTPUTS = ['dist/index.d.ts', 'dist/index.js', 'dist/cli/main.js', 'dist/THIRD-PARTY-LICENSES.txt'];

/** When a file, or anything in a folder, was last changed, in Unix milliseconds. */
function findNewestChange(path: string): number {
	const stats = statSync(path);
	if (!stats.isDirectory()) return stats.mtimeMs;
	return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => findNewestChange(join(path, name))));
}

function isUpToDate(): boolean {
	const inputs = INPUTS.map((path) => join(root, path)).filter((path) => existsSync(path));
	const outputs = OUTPUTS.map((path) => join(root, path));
	if (!outputs.every((path) => existsSync(path))) return false;
	return Math.min(...outputs.map((path) => statSync(path).mtimeMs)) > Math.max(...inputs.map(findNewestChange));
}

if (!isUpToDate()) {
	process.stdout.write('Building dist/ (about 20 seconds) …\n');
	execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root, stdio: 'inherit' });
}
