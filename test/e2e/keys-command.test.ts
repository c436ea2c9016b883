import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const CONFIG = '.claude/orchestration/routing/config.json';
const DATABASE = '.claude/orchestration/db/routing.db';
const LOG = '.claude/orchestration/logs/routing.log';

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

const run = (...args: string[]) => callSwitchyard(project, ['keys', ...args]);

interface Issued {
	token: string;
	key: Record<string, unknown> & { id: string };
}

async function create(...args: string[]): Promise<Issued> {
	const { stdout, stderr, code } = await run('create', '--json', ...args);
	expect(code, stderr).toBe(0);
	// what the command prints
	return JSON.parse(stdout) as Issued;
}

/** Everything of a file, its write-ahead log too. */
function contentsOf(path: string): string {
	const read = (name: string): string => {
		try {
			return readFileSync(join(project.path, name), 'latin1');
		} catch {
			return '';
		}
	};
	return read(path) + read(`${path}-wal`);
}

describe('keys', () => {
	it('a key is made with all that limits it, listed, and its budget is in force', async () => {
		const flags = [
			'--name',
			'ci',
			'--team',
			'search',
			'--tag',
			'nightly,eu',
			'--scope',
			'route,read',
			'--model',
			'opus',
		];
		const limits = [
			'--rpm',
			'60',
			'--tpm',
			'100000',
			'--parallel',
			'4',
			'--expires',
			'30d',
			'--commit',
			'whole-answer',
		];
		const { key, token } = await create(...flags, ...limits, '--daily', '5', '--monthly', '50');
		expect(token).toMatch(/^sk-sy-[0-9a-f]{12}-[A-Za-z0-9_-]{43}$/);
		expect(key).toMatchObject({
			name: 'ci',
			team: 'search',
			tags: ['nightly', 'eu'],
			scopes: ['route', 'read'],
			allowedModels: ['opus'],
			limits: { requestsPerMinute: 60, tokensPerMinute: 100_000, maxParallel: 4 },
			commit: 'whole-answer',
		});
		expect(key['expiresAt']).toBe(Number(key['createdAt']) + 30 * 86_400_000);
		const config = JSON.parse(readFileSync(join(project.path, CONFIG), 'utf8'));
		expect(config.budget.rules).toEqual([
			{ scope: 'key', of: key.id, period: 'day', limit: 5 },
			{ scope: 'key', of: key.id, period: 'month', limit: 50 },
		]);
		const listed = (await run('list')).stdout;
		expect(listed).toMatch(new RegExp(`^${key.id} +in force +ci\\n +may route, read; models opus; team search;`, 'm'));
		expect(listed.replaceAll(/\s+/g, ' ')).toContain('streams sent on at whole-answer;');
	});

	it('the secret is shown once and lies nowhere: not in the database, the config, the log or the list', async () => {
		const { token } = await create('--name', 'canary', '--daily', '1');
		const secret = token.slice(19);
		for (const path of [DATABASE, CONFIG, LOG]) expect(contentsOf(path)).not.toContain(secret);
		const listed = await run('list', '--json');
		expect(listed.stdout).not.toMatch(/secretHash|sk-sy-/);
		const database = new DatabaseSync(join(project.path, DATABASE));
		expect(database.prepare('SELECT length(secret_hash) AS length FROM api_keys').get()).toEqual({ length: 64 });
		database.close();
	});

	it('a key is rotated and revoked by its id; the text shows the new secret once', async () => {
		const { key, token } = await create('--name', 'ci');
		const rotated = await run('rotate', key.id);
		const next = /sk-sy-\S+/.exec(rotated.stdout)?.[0] ?? '';
		expect(next.slice(0, 19)).toBe(token.slice(0, 19));
		expect(next).not.toBe(token);
		expect((await run('revoke', key.id)).stdout).toContain(`Key ${key.id} is revoked`);
		expect((await run()).stdout).toMatch(/revoked/);
		const again = await run('rotate', key.id);
		expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/no key.*in force.*switchyard keys list/)]);
	});

	it('what would make a key other than meant is refused, and nothing is made', async () => {
		const wrong: Array<[string[], RegExp]> = [
			[[], /required option '--name <name>'/],
			[['--name', 'a', '--scope', 'root'], /not one of: route, read, admin/],
			[['--name', 'a', '--model', 'opsu'], /opus/],
			[['--name', 'a', '--expires', 'soon'], /not a lifetime.*30d/],
			[['--name', 'a', '--commit', 'later'], /first-output, whole-answer/],
			[['--name', 'a', '--rpm', '0'], /not a count/],
			[['--name', ' '], /name of a key/],
		];
		for (const [flags, message] of wrong) {
			const { code, stderr } = await run('create', ...flags);
			expect([code, stderr], flags.join(' ')).toEqual([2, expect.stringMatching(message)]);
		}
		expect((await run('list')).stdout).toContain('There are no keys');
	});

	it('without a usable database no key is made that would be lost', async () => {
		writeFileSync(join(project.path, 'file'), '');
		const { code, stderr, stdout } = await callSwitchyard(project, ['keys', 'create', '--name', 'a'], {
			env: { ROUTING_DATABASE: join(project.path, 'file', 'routing.db') },
		});
		expect([code, stderr]).toEqual([1, expect.stringMatching(/The keys are in the database, which cannot be used/)]);
		expect(stdout).toBe('');
	});
});
