import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'dist', 'cli', 'main.js');

/** `[major, minor]` of a version such as `v20.20.2`. */
const parseVersion = (text: string): [number, number] => {
	const [major = 0, minor = 0] = text
		.replace(/^v|^>=/, '')
		.split('.')
		.map(Number);
	return [major, minor];
};
const [minimumMajor, minimumMinor] = parseVersion(manifest.engines.node);

/** A Node on this machine's PATH that is older than the package needs. */
function findOldNode(): string | undefined {
	const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
	const candidates = [...new Set(folders.map((folder) => join(folder, 'node')))].filter((path) => existsSync(path));
	return candidates.find((path) => {
		const [major, minor] = parseVersion(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? 'v99.0');
		return major < minimumMajor || (major === minimumMajor && minor < minimumMinor);
	});
}

const oldNode = findOldNode();
/** Without the options by which the tests set their clock, which an old Node cannot load. */
const { NODE_OPTIONS: _, ...env } = process.env;
const ONE_SENTENCE = new RegExp(
	String.raw`^switchyard needs Node ${minimumMajor}\.${minimumMinor} or newer, and this is v[\d.]+: [^\n]+\.\n$`,
);

describe('under a Node that is too old', () => {
	it.skipIf(oldNode === undefined)('the command says which one it needs instead of a syntax error', () => {
		const { status, stdout, stderr } = spawnSync(oldNode ?? '', [launcher, 'route', 'x'], { encoding: 'utf8', env });
		expect(stderr).toMatch(ONE_SENTENCE);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
	});

	it.skipIf(oldNode === undefined)('npm start says what to do instead of showing a stack trace', () => {
		const [, ...words] = manifest.scripts.start.split(' ');
		const { status, stderr } = spawnSync(oldNode ?? '', words, { cwd: root, encoding: 'utf8', env });
		expect(stderr).toMatch(/^This is Node [\d.]+, which cannot run the project's scripts: run `npm ci` first[^\n]+\n$/);
		expect(status).toBe(1);
	});

	it.each(['20.20.2', '22.17.1', '18.0.0'])(
		'Node %s is refused with one sentence, also where none is at hand',
		(version) => {
			const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`;
			const { status, stderr } = spawnSync(process.execPath, ['--import', pretend, launcher, '--version'], {
				encoding: 'utf8',
			});
			expect(stderr).toMatch(ONE_SENTENCE);
			expect(status).toBe(1);
		},
	);

	it('the launcher holds no syntax and no import that an older Node refuses before its first line', () => {
		const text = readFileSync(launcher, 'utf8');
		// what dynamic import() needs, and nothing newer
		expect(() => transformSync(text, { target: 'node13.2', format: 'esm' })).not.toThrow();
		// createRequire is as old as ES modules are in Node
		const named = [...text.matchAll(/^import\s+\{([^}]*)\}/gm)].map((match) => match[1]?.trim());
		expect(named.filter((names) => names !== 'createRequire as __createRequire')).toEqual([]);
	});
});

describe('npm’s prepare script, which `npx` runs with its output hidden', () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'switchyard-prepare-'));
		for (const path of ['scripts', 'src/inner', 'dist/cli']) mkdirSync(join(folder, path), { recursive: true });
		cpSync(join(root, 'scripts/prepare.ts'), join(folder, 'scripts/prepare.ts'));
		writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
		writeFileSync(join(folder, 'scripts/build.ts'), "console.log('built');");
		writeFileSync(join(folder, 'src/inner/file.ts'), '');
		for (const path of ['index.js', 'index.d.ts', 'cli/main.js', 'THIRD-PARTY-LICENSES.txt'])
			writeFileSync(join(folder, 'dist', path), '');
		for (const path of ['package.json', 'scripts/build.ts', 'src', 'src/inner', 'src/inner/file.ts']) age(path, PAST);
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const PAST = 1_000_000_000;
	const FUTURE = 4_000_000_000;
	/** Sets the time of a file's last change, in seconds. */
	const age = (path: string, seconds: number) => utimesSync(join(folder, path), seconds, seconds);
	const prepare = () => execFileSync(process.execPath, [join(folder, 'scripts/prepare.ts')], { encoding: 'utf8' });

	it('builds nothing where dist/ is newer than the sources: the first npx answers at once', () => {
		expect(prepare()).toBe('');
	});

	it('builds, and says so, where a source was changed, the build was interrupted, or there is none', () => {
		age('src/inner/file.ts', FUTURE);
		expect(prepare()).toMatch(/^Building dist\/ .*\nbuilt\n$/);
		age('src/inner/file.ts', PAST);
		expect(prepare()).toBe('');
		rmSync(join(folder, 'dist/cli/main.js'));
		expect(prepare()).toMatch(/built/);
	});
});
