import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProviderSimulator, type SimulatorOptions, startProviderSimulator } from '../../src/testing.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const KEY = 'sk-canary-0123456789abcdef';
let project: TemporaryProject;
let simulator: ProviderSimulator | null = null;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(async () => {
	project.remove();
	await simulator?.close();
	simulator = null;
});

function writeConfig(config: object): void {
	const folder = join(project.path, '.claude/orchestration/routing');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

interface Check {
	name: string;
	status: string;
	message: string;
	fix?: string;
}

/** What doctor finds with Anthropic played by a simulator. */
async function examine(options: SimulatorOptions = {}, args: string[] = [], env: Record<string, string> = {}) {
	simulator = await startProviderSimulator(options);
	const variables = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: simulator.url, ...env };
	const result = await callSwitchyard(project, ['doctor', '--json', ...args], { env: variables });
	expect(result.stdout + result.stderr).not.toContain(KEY);
	// What the command prints is its own documented shape.
	const said = JSON.parse(result.stdout) as { ok: boolean; checks: Check[] };
	return { ...said, code: result.code, of: (name: string) => said.checks.find((check) => check.name === name) };
}

describe('doctor says what is wrong before a request does', () => {
	it('a sound project is sound, and its check is in the ledger', async () => {
		const found = await examine();
		expect(found).toMatchObject({ ok: true, code: 0 });
		expect(found.of('configuration')).toMatchObject({ status: 'ok' });
		expect(found.of('database')).toMatchObject({ status: 'ok', message: expect.stringContaining('routing.db') });
		expect(found.of('anthropic')).toMatchObject({ status: 'ok', message: expect.stringMatching(/answered in \d+ ms/) });
		expect(found.of('openai')).toMatchObject({ status: 'skipped', message: 'not used: OPENAI_API_KEY is not set' });
		expect(simulator?.requests).toHaveLength(1);
		const costs = await callSwitchyard(project, ['cost', '--json', '--period', 'all']);
		expect(JSON.parse(costs.stdout).totalCost).toBeGreaterThan(0);
	});

	it('a parameter that a model refuses and its requests go without is named', async () => {
		expect((await examine({}, ['--offline'])).of('parameters')).toBeUndefined();
		await simulator?.close();
		await examine();
		const database = new DatabaseSync(join(project.path, '.claude/orchestration/db/routing.db'));
		const message = 'The provider refuses seed: left out from now on.';
		// the database has a clock of its own
		const at = new Date(Date.now() - 60_000).toISOString();
		const insert = 'INSERT INTO attempts (model, deployment, outcome, message, created_at) VALUES (?, ?, ?, ?, ?)';
		database.prepare(insert).run('local', 'here', 'success', message, at);
		database.close();
		await simulator?.close();
		const found = (await examine({}, ['--offline'])).of('parameters');
		expect(found).toMatchObject({ status: 'warning', message: expect.stringContaining('local at here: seed') });
	});

	it('a proxy that does not let a provider be called is what doctor names, not the key', async () => {
		const proxy = await startConnectProxy({});
		proxy.refuseWith = 407;
		const local = await examine({}, [], { HTTP_PROXY: proxy.url });
		expect(local.of('anthropic')).toMatchObject({ status: 'ok' });
		const far = { ANTHROPIC_BASE_URL: 'http://models.example', HTTP_PROXY: proxy.url };
		await simulator?.close();
		const found = (await examine({}, [], far)).of('anthropic');
		await proxy.close();
		expect(found).toMatchObject({ status: 'broken', fix: expect.stringContaining('HTTPS_PROXY') });
		expect(found?.message).toContain('the proxy did not open the way to it');
	});

	it('prices that nobody has read for a quarter of a year are named, with what to do', async () => {
		expect((await examine()).of('prices')).toBeUndefined();
		await simulator?.close();
		const sheet = { inputUsdPerMTok: 1, outputUsdPerMTok: 5, source: 'contract', asOf: '2025-01-31' };
		const file = join(project.path, 'old.json');
		writeFileSync(file, JSON.stringify({ models: { haiku: [sheet] } }));
		await callSwitchyard(project, ['prices', 'update', '--from', file]);
		const found = await examine();
		expect(found).toMatchObject({ ok: true, code: 0 });
		expect(found.of('prices')).toMatchObject({
			status: 'warning',
			message: 'read more than 90 days ago: haiku (2025-01-31)',
			fix: expect.stringContaining('switchyard prices update --from FILE'),
		});
	});

	it.each<[SimulatorOptions['models'], string, RegExp, RegExp]>([
		[{ '*': { schedule: ['401'] } }, 'broken', /the key in ANTHROPIC_API_KEY was refused \(401\)/, /revoked/],
		[{ '*': { schedule: ['402'] } }, 'broken', /no credit left/, /billing/],
		[{ '*': { schedule: ['404'] } }, 'broken', /does not know the model "claude-/, /"models" of the deployment/],
		[{ '*': { schedule: ['429'] } }, 'warning', /rate limit is reached/, /calls wait/],
		[{ '*': { schedule: ['529'] } }, 'broken', /answered 529/, /status page/],
		[{ '*': { schedule: ['reset'] } }, 'broken', /connection was cut/, /proxy or firewall/],
		[{ '*': { schedule: ['hang'] } }, 'broken', /did not answer in time/, /--timeout/],
		[{ '*': { schedule: ['html'] } }, 'broken', /JSON/, /by hand/],
	])('%j', async (models, status, message, fix) => {
		const found = await examine({ models: models ?? {} }, ['--timeout', '2']);
		expect(found.of('anthropic')).toMatchObject({ status });
		expect(found.of('anthropic')?.message).toMatch(message);
		expect(found.of('anthropic')?.fix).toMatch(fix);
		expect(found.code).toBe(status === 'broken' ? 1 : 0);
	});

	it('names the variable that is missing, the port where nothing listens, the name nobody knows', async () => {
		const gone = await startProviderSimulator();
		await gone.close();
		writeConfig({
			deployments: [
				{ id: 'second', kind: 'anthropic', apiKey: 'env:SECOND_KEY' },
				{ id: 'local', kind: 'openai-compatible', baseUrl: `${gone.url}/v1`, models: { opus: 'x' } },
				{ id: 'slip', kind: 'openai-compatible', baseUrl: 'http://nobody.invalid/v1', models: { opus: 'x' } },
			],
		});
		const found = await examine();
		expect(found).toMatchObject({ ok: false, code: 1 });
		expect(found.of('second')).toMatchObject({ message: 'SECOND_KEY is not set' });
		expect(found.of('local')?.message).toMatch(/nothing listens at its address \(127\.0\.0\.1:\d+\)/);
		expect(found.of('slip')?.message).toMatch(/host name is not known \(nobody\.invalid\)/);
		expect(found.of('anthropic')?.status).toBe('ok');
	});

	it('offline it calls nothing', async () => {
		const found = await examine({}, ['--offline']);
		expect(found.of('anthropic')).toMatchObject({
			status: 'skipped',
			message: 'env:ANTHROPIC_API_KEY is there; nothing was called',
		});
		expect(simulator?.requests).toEqual([]);
	});

	it('a project without any key is sound: the simulator answers, and it says how to change that', async () => {
		const { stdout, code } = await callSwitchyard(project, ['doctor']);
		expect(stdout).toMatch(
			/deployments +skipped +no provider key is set: the built-in simulator .*\n +Set ANTHROPIC_API_KEY/,
		);
		expect(stdout).toMatch(/Nothing is broken\.\n$/);
		expect(code).toBe(0);
	});

	it('a good key of OpenAI or Gemini is tried with a chat, not with a model for embeddings', async () => {
		const started = await startProviderSimulator();
		const env = {
			OPENAI_API_KEY: KEY,
			OPENAI_BASE_URL: `${started.url}/v1`,
			GEMINI_API_KEY: KEY,
			GEMINI_BASE_URL: started.url,
		};
		const { checks } = JSON.parse((await callSwitchyard(project, ['doctor', '--json'], { env })).stdout);
		await started.close();
		const tried = checks.filter(({ name }: Check) => name === 'openai' || name === 'google');
		expect(tried.map(({ status }: Check) => status)).toEqual(['ok', 'ok']);
		expect(JSON.stringify(tried)).not.toContain('embedding');
	});

	it('an endpoint whose model takes the limit of an answer under another name is sound', async () => {
		const started = await startProviderSimulator();
		writeConfig({
			deployments: [
				{
					id: 'proxy',
					kind: 'openai-compatible',
					baseUrl: `${started.url}/v1`,
					models: { 'gpt-5-mini': 'gpt-5-mini' },
				},
			],
		});
		const found = await examine();
		await started.close();
		expect(found.of('proxy')).toMatchObject({ status: 'ok' });
	});

	it('a broken config file and a database that cannot be written are findings, not crashes', async () => {
		writeConfig({ gateway: { prot: 1 } });
		const broken = await callSwitchyard(project, ['doctor']);
		expect(broken.stdout).toMatch(
			/configuration +broken +.*gateway\.prot is not a known setting\. Did you mean "port"\?/,
		);
		expect(broken.code).toBe(1);
		writeConfig({});
		const found = await examine({}, [], { ROUTING_DATABASE: '/dev/null/routing.db' });
		expect(found.of('database')).toMatchObject({ status: 'broken', fix: expect.stringContaining('ROUTING_DATABASE') });
	});

	it('a database with a damaged page is named, with how to recover it', async () => {
		await examine({}, ['--offline']);
		await simulator?.close();
		const path = join(project.path, '.claude/orchestration/db/routing.db');
		const database = new DatabaseSync(path);
		const table = database.prepare(`SELECT rootpage FROM sqlite_master WHERE name = 'cost_tracking'`).get();
		database.close();
		const file = openSync(path, 'r+');
		writeSync(file, Buffer.alloc(4096, 7), 0, 4096, (Number(table?.['rootpage']) - 1) * 4096);
		closeSync(file);
		const found = (await examine({}, ['--offline'])).of('database');
		expect(found).toMatchObject({ status: 'broken', message: expect.stringMatching(/damaged.*\.recover/) });
		expect(found).not.toHaveProperty('fix');
	});
});
