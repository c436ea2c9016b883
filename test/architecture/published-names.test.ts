import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');

/** Every tracked text file that a person may copy a line from. */
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
	.split('\0')
	.filter((path) => /\.(?:md|[cm]?[jt]s|json|ya?ml|service|sh)$|(?:^|\/)(?:Dockerfile|\.npmrc|run)$/.test(path))
	.filter((path) => path !== 'test/architecture/published-names.test.ts');

/** Each line of a tracked file that matches, as `path:line: text`. */
function linesWith(pattern: RegExp): string[] {
	return tracked.flatMap((path) =>
		readFileSync(join(root, path), 'utf8')
			.split('\n')
			.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 160)}`] : [])),
	);
}

it('the command is installed under both names, so that npx finds it by the name of the package', () => {
	expect(manifest.name).toBe('switchyard-router');
	expect(manifest.bin).toEqual({ switchyard: './dist/cli/main.js', 'switchyard-router': './dist/cli/main.js' });
});

it('nobody is told to install, run or import “switchyard”, which is another project on npm', () => {
	const packageName = String.raw`switchyard(?![\w-])`;
	const asCommand = String.raw`(?:npx|npm exec|bunx|pnpm dlx|yarn dlx)(?: -\S+)* ${packageName}`;
	const asInstall = String.raw`(?:npm|pnpm|yarn|bun) (?:i|install|add)(?: -\S+)* ${packageName}`;
	const asImport = String.raw`(?:from|import|import\(|require\()\s*['"]${packageName}`;
	const asChangeset = `^['"]${packageName}['"]: (?:major|minor|patch)`;
	const asFolder = `node_modules/${packageName}`;
	expect(linesWith(new RegExp([asCommand, asInstall, asImport, asChangeset, asFolder].join('|')))).toEqual([]);
});

it('an entry point that a document names is published', () => {
	const published = Object.keys(manifest.exports).map((entryPoint) => `${manifest.name}${entryPoint.slice(1)}`);
	const named = tracked
		.filter((path) => path.endsWith('.md'))
		.flatMap(
			(path) => readFileSync(join(root, path), 'utf8').match(/(?<![\w/.-])switchyard-router\/[\w/.-]*\w/g) ?? [],
		);
	expect(named.length).toBeGreaterThan(5);
	expect(named.filter((name) => !published.includes(name))).toEqual([]);
});

it('no tracked file names a registry, a place it was installed from, or a publishing token', () => {
	const host = String.raw`registry\.npmjs|npm\.pkg\.github|registry\.yarnpkg|registry-url|[/.]artifactory|npm[_-]token|_authToken`;
	expect(linesWith(new RegExp(`${host}|^\\s*"resolved":`, 'i'))).toEqual([]);
});

it('a release is published by OpenID Connect, with provenance, and only after the gate has passed', () => {
	const workflow = readFileSync(join(root, '.github/workflows/publish.yml'), 'utf8');
	expect(workflow).toMatch(/^ {2}gate:\n {4}uses: \.\/\.github\/workflows\/ci\.yml$/m);
	expect(workflow).toMatch(/^ {2}publish:\n {4}needs: gate$/m);
	expect(workflow).toMatch(/^ {6}id-token: write$/m);
	expect(workflow).toContain('npm publish --provenance --access public');
	// npm refuses provenance for a package that names no repository, or another one
	expect(workflow).toMatch(
		/npm pkg set .*"repository\.url=git\+\$GITHUB_SERVER_URL\/\$GITHUB_REPOSITORY\.git"\n.*npm publish/,
	);
	expect(readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')).toContain('run: .ci/run');
});

it('a workflow uses actions at a version that is written down', () => {
	expect(
		linesWith(/^\s*-? ?uses: (?!\.\/)(?!.*@v\d+\.\d+\.\d+$)/).filter((line) => line.startsWith('.github/')),
	).toEqual([]);
});
