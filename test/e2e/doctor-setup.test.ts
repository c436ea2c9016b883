import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProviderSimulator } from '../../src/testing.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const KEY = 'sk-canary-0123456789abcdef';
const OWN = 'http://127.0.0.1:4141';
let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

interface Check {
	name: string;
	status: string;
	message: string;
	fix?: string;
}

async function examine(env: Record<string, string>, ...args: string[]) {
	const { code, stdout, stderr } = await callSwitchyard(project, ['doctor', '--json', ...args], { env });
	expect(stdout + stderr).not.toContain(KEY);
	const { checks } = JSON.parse(stdout) as { checks: Check[] }; // the shape that the reference documents
	return { code, checks, of: (name: string) => checks.find((check) => check.name === name) };
}

describe('doctor understands the variables of clients', () => {
	it('a shell that is set up for clients of the gateway would make it call itself: what to unset is said', async () => {
		const found = await examine({ OPENAI_BASE_URL: `${OWN}/v1`, OPENAI_API_KEY: 'local' });
		expect(found.code).toBe(1);
		expect(found.of('openai')).toEqual({
			name: 'openai',
			status: 'broken',
			message: `is reached at ${OWN}/v1, which is this gateway itself: each request would come back to it`,
			fix: 'These variables are for clients. Where switchyard itself runs: unset OPENAI_BASE_URL OPENAI_API_KEY',
		});
	});

	it('addresses that point at the gateway without a key of the provider are right for clients: nothing is broken', async () => {
		const names = ['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL', 'OPENAI_API_BASE', 'GOOGLE_GEMINI_BASE_URL'];
		const found = await examine(Object.fromEntries(names.map((name) => [name, OWN])));
		expect(found.code).toBe(0);
		for (const name of names)
			expect(found.of(name)).toMatchObject({
				status: 'ok',
				message: expect.stringContaining('points at this gateway'),
			});
	});

	it('the port that the config file names is the gateway’s own, and no other', async () => {
		const folder = join(project.path, '.claude/orchestration/routing');
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, 'config.json'), '{ "gateway": { "port": 5151 } }');
		const found = await examine({ GOOGLE_GEMINI_BASE_URL: 'http://localhost:5151', OPENAI_API_BASE: OWN }, '--offline');
		expect(found.of('GOOGLE_GEMINI_BASE_URL')).toMatchObject({ status: 'ok' });
		expect(found.of('OPENAI_API_BASE')).toMatchObject({ status: 'skipped' });
	});

	it('an address elsewhere is told with where it leads, and without the password in it', async () => {
		const simulator = await startProviderSimulator();
		const used = await examine({ GEMINI_API_KEY: KEY, GEMINI_BASE_URL: simulator.url });
		expect(used.of('google')).toMatchObject({ status: 'ok' });
		expect(used.of('GEMINI_BASE_URL')).toMatchObject({ status: 'ok', message: `google is called at ${simulator.url}` });
		const unread = await examine(
			{ GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: `https://user:${KEY}@elsewhere.example` },
			'--offline',
		);
		await simulator.close();
		expect(unread.of('GOOGLE_GEMINI_BASE_URL')).toMatchObject({
			status: 'warning',
			fix: expect.stringContaining('export GEMINI_BASE_URL=https://elsewhere.example'),
		});
	});

	it('two keys for Gemini: which of them is used is said', async () => {
		const found = await examine({ GEMINI_API_KEY: KEY, GOOGLE_API_KEY: `${KEY}-other` }, '--offline');
		expect(found.of('GOOGLE_API_KEY')).toMatchObject({
			status: 'warning',
			message: expect.stringContaining('differs from GEMINI_API_KEY, which switchyard uses'),
		});
		const same = await examine({ GEMINI_API_KEY: KEY, GOOGLE_API_KEY: KEY }, '--offline');
		expect(same.of('GOOGLE_API_KEY')).toBeUndefined();
	});

	it('a key of the gateway in the place of a provider’s key is not sent to the provider', async () => {
		const found = await examine({ ANTHROPIC_API_KEY: `sk-sy-0123456789ab-${'x'.repeat(32)}` });
		expect(found.of('anthropic')).toMatchObject({
			status: 'broken',
			message: expect.stringContaining('ANTHROPIC_API_KEY holds a key of a Switchyard gateway'),
		});
		expect(found.checks.filter(({ name }) => name === 'anthropic')).toHaveLength(1);
	});

	it('a token that only clients read is no provider key', async () => {
		const found = await examine({ ANTHROPIC_AUTH_TOKEN: KEY });
		expect(found.code).toBe(0);
		expect(found.of('ANTHROPIC_AUTH_TOKEN')).toMatchObject({
			status: 'skipped',
			message: expect.stringContaining('switchyard reads ANTHROPIC_API_KEY'),
		});
	});
});

describe('doctor --fix', () => {
	it('writes a config file with the limits in force, and says so; what is there it leaves alone', async () => {
		const first = await examine({}, '--fix');
		const path = join(project.path, '.claude/orchestration/routing/config.json');
		expect(first.of('configuration')).toMatchObject({ status: 'fixed', message: expect.stringContaining(path) });
		const text = readFileSync(path, 'utf8');
		expect(JSON.parse(text)).toEqual({ budget: { dailyLimit: 10, monthlyLimit: 250 } });
		expect((await examine({}, '--fix')).of('configuration')).toEqual({
			name: 'configuration',
			status: 'ok',
			message: path,
		});
		expect(readFileSync(path, 'utf8')).toBe(text);
	});

	it('keeps database and log from being committed and from other users, and names each file', async () => {
		await examine({}, '--offline');
		const folder = join(project.path, '.claude/orchestration/db');
		rmSync(join(folder, '.gitignore'));
		chmodSync(join(folder, 'routing.db'), 0o644);
		const found = await examine({}, '--offline');
		expect(found.of('gitignore')).toMatchObject({ status: 'warning', fix: 'switchyard doctor --fix' });
		expect(found.of('files')).toMatchObject({ status: 'warning' });
		expect(existsSync(join(folder, '.gitignore'))).toBe(false);
		const fixed = await examine({}, '--offline', '--fix');
		expect(fixed.code).toBe(0);
		expect(fixed.of('gitignore')).toEqual({
			name: 'gitignore',
			status: 'fixed',
			message: `wrote ${join(folder, '.gitignore')}`,
		});
		expect(fixed.of('files')).toMatchObject({ status: 'fixed', message: expect.stringContaining('routing.db') });
		expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^\*$/m);
		expect(statSync(join(folder, 'routing.db')).mode & 0o777).toBe(0o600);
	});

	it('what cannot be written is said with the reason', async () => {
		await examine({}, '--offline');
		const file = join(project.path, '.claude/orchestration/logs/.gitignore');
		rmSync(file);
		symlinkSync('/nowhere/at-all', file);
		const found = (await examine({}, '--fix', '--offline')).of('gitignore');
		expect(found).toMatchObject({ status: 'warning', fix: expect.stringMatching(/^--fix could not do it: ENOENT/) });
	});
});
