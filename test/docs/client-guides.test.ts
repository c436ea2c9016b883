import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import commands from '../clients/claude-code-commands.json' with { type: 'json' };
import { readClaudeCodeCommands } from '../clients/claude-code-commands.ts';
import clients from '../clients/clients.json' with { type: 'json' };
import { CACHE } from '../clients/install.ts';

const guide = join(import.meta.dirname, '..', '..', 'docs', 'guide');
const read = (path: string) => readFileSync(join(guide, path), 'utf8');

/** What is tried, by the tests of this package or in the matrix of clients. */
const TRIED: Readonly<Record<string, string>> = {
	...manifest.dependencies,
	...manifest.devDependencies,
	...Object.assign({}, ...Object.values<object>(clients)),
};

/** Guides of clients; curl has no version that matters. */
const GUIDES = [
	'claude-code.md',
	...readdirSync(join(guide, 'gateway'))
		.filter((name) => name !== 'curl.md')
		.map((name) => join('gateway', name)),
];

describe('a reader knows with which version of the client a guide was tried', () => {
	it.each(GUIDES)('%s', (path) => {
		const [, line = ''] = /^Tried with (.+)$/m.exec(read(path)) ?? [];
		const named = [...line.matchAll(/`((?:@[\w-]+\/)?[\w-]+)@([\w.-]+)`/g)];
		expect(named.length, `${path} says "Tried with \`package@version\`"`).toBeGreaterThan(0);
		for (const [, name = '', version] of named) expect(version, name).toBe(TRIED[name]);
	});
});

/**
 * Commands that Claude Code has itself: those of the package, read out of it, and those of which only its documentation tells.
 * Source: https://code.claude.com/docs/en/commands (2026-11-29)
 */
const OWN_COMMANDS = new Set([...commands.package, ...commands.documented]);

describe('the commands of Claude Code that guides must leave alone', () => {
	it('are those of the version that is tried', () => {
		expect(commands.version).toBe(clients['claude-code']['@anthropic-ai/claude-code']);
	});

	it('are all that the package has', async ({ skip }) => {
		const found = await readClaudeCodeCommands(join(CACHE, `claude-code-${commands.version}`));
		if (found === null) return skip('Claude Code is not installed: `npm run test:clients` does that');
		expect(found).toContain('model');
		expect(found).toEqual(commands.package);
	});
});

it('nobody loses a command of Claude Code by following a guide', () => {
	const texts = readdirSync(guide, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
	const made = texts.flatMap((path) =>
		[...read(path).matchAll(/\.claude\/commands\/([\w-]+)\.md`?(?<after>[^.]{0,60})/g)]
			.filter(({ groups }) => groups?.['after']?.includes('do not make') !== true)
			.map(([, name = '']) => name),
	);
	expect(made).toContain('switchyard');
	expect(made.filter((name) => OWN_COMMANDS.has(name))).toEqual([]);
});
