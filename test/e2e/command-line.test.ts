import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProviderSimulator, type SimulatorOptions, startProviderSimulator } from '../../src/testing.ts';
import { sampleProfile } from '../support/sample-defaults.ts';
import { callSwitchyard, SWITCHYARD, switchyard } from '../support/switchyard-command.ts';
import { type CommandResult, createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const CONFIG = '.claude/orchestration/routing/config.json';
const DATABASE = '.claude/orchestration/db/routing.db';

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => {
	project.remove();
});

function writeConfig(text: string): void {
	mkdirSync(join(project.path, '.claude/orchestration/routing'), { recursive: true });
	writeFileSync(join(project.path, CONFIG), text);
}

/** One clear error, the right exit code, and no stack trace. */
function expectRefusal(result: CommandResult, message: RegExp, code: 1 | 2 | 3 = 2): void {
	expect(result.stderr).toMatch(message);
	expect(result.stderr).not.toMatch(/^\s+at /m);
	expect(result.stdout).toBe('');
	expect(result.code).toBe(code);
}

describe('bad input gets one clear error', () => {
	it.each([
		[['route'], /missing required argument 'task'/],
		[['route', '   '], /The task is empty/],
		[['rout', 'x'], /Did you mean route\?/],
		[['route', 'x', '--max-cots', '1'], /--max-cost/],
		[['route', 'x', '--max-cost', 'cheap'], /"cheap" is not an amount/],
		[['route', 'x', '--prefer', 'opsu'], /Did you mean "opus"\?/],
		[['route', 'x', '--min-quality', '101'], /--min-quality.* "101" is not a quality/],
		[['budget', '--set-daily', '-5'], /"-5" is not an amount/],
		[
			['budget', '--set-daily', '500'],
			/^Error: budget\.dailyLimit is above budget\.monthlyLimit .*\. Nothing was changed\.$/m,
		],
		[['config', '--set-weight', 'cots', '1'], /Unknown weight "cots"/],
		[['config', '--set-weight', 'cost', '-1'], /"-1" is not a weight|unknown option/],
		[['fallback', '--set', 'opus', 'gtp-4'], /^Error: fallbacks\.opus\[0\] names a model nobody knows, "gtp-4"/m],
		[['cost', '--start', '2026-02-30'], /not a day/],
		[['cost', '--period', 'year'], /not one of: today, week, month, all/],
		[['stats', '--task-type', 'cooking'], /Unknown task type/],
		[['export', '--output', '/nonexistent/x.json'], /Could not write/],
		[['--project', 'mistyped', 'budget'], /--project.* There is no folder "mistyped"/],
		[['reset'], /--cache, --stats or --all/],
		[['feedback', 'nobody', '5'], /No decision "nobody"/],
		[['feedback', 'nobody', '7'], /rating/],
		[['completion', 'tcsh'], /bash, zsh, fish/],
	])('%j', async (args, message) => {
		expectRefusal(await callSwitchyard(project, args), message);
	});

	it('a character of a mistake is never cut in two', async () => {
		const { stderr } = await callSwitchyard(project, ['cost', '--period', `${'x'.repeat(38)}${'🐛'.repeat(9)}`]);
		expect(stderr).toMatch(/"x{38}…" is not one of/);
	});

	it('contradictory constraints: every model with its reason', async () => {
		const result = await callSwitchyard(project, ['route', 'x', '--max-cost', '0.0000001', '--min-quality', '99']);
		expectRefusal(result, /No eligible model[\s\S]*- opus: .*maxCost[\s\S]*- haiku: /, 1);
	});

	it.each([
		['{ "weights": { "cost": 0.4, }', /config\.json/],
		['{ "wieghts": {} }', /weights/],
		['{ "weights": { "cost": "much" } }', /weights\.cost/],
		['{ "weights": { "capability": 0, "cost": 0, "latency": 0, "quality": 0, "historical": 0 } }', /weights/],
		['{ "weights": { "cost": -1 } }', /weights\.cost/],
		['{ "defaultModel": "opsu" }', /opsu/],
		['{ "providers": { "anthropic": { "apiKey": "sk-ant-canary-0123456789" } } }', /env:/],
		['[]', /config\.json/],
	])('a config file that says %s', async (text, message) => {
		writeConfig(text);
		const result = await callSwitchyard(project, ['route', 'x']);
		expectRefusal(result, message);
		expect(result.stderr).not.toContain('canary');
		expect(readFileSync(join(project.path, CONFIG), 'utf8')).toBe(text);
	});

	it('a mistake of an earlier edit by hand is told of the file, not of the argument', async () => {
		writeConfig('{ "budget": { "dailyLimit": 500 } }');
		const result = await callSwitchyard(project, ['config', '--set-weight', 'cost', '0.3']);
		expectRefusal(result, /Invalid configuration: .*config\.json: budget\.dailyLimit: is above/);
	});

	it('a folder where the config file should be', async () => {
		mkdirSync(join(project.path, CONFIG), { recursive: true });
		expectRefusal(await callSwitchyard(project, ['route', 'x']), /config\.json/);
	});

	it('an environment variable that cannot be read', async () => {
		expectRefusal(
			await callSwitchyard(project, ['route', 'x'], { env: { ROUTING_TIMEOUT: 'soon' } }),
			/ROUTING_TIMEOUT/,
		);
	});

	it('shows a stack trace only when asked', async () => {
		const result = await callSwitchyard(project, ['route', ' '], { env: { ROUTING_DEBUG: 'true' } });
		expect(result.stderr).toMatch(/^\s+at /m);
	});

	it('wrong usage too is an object on stderr with --json, and a mistyped verb is not hidden by --help', async () => {
		const wrong = await callSwitchyard(project, ['route', '--json', '--nosuch', 'x']);
		expect(JSON.parse(wrong.stderr)).toEqual({
			error: { code: 'ROUTER_INVALID_INPUT', message: "unknown option '--nosuch'" },
		});
		expect(wrong.code).toBe(2);
		for (const args of [
			['rout', '--help'],
			['help', 'rout'],
		])
			expectRefusal(await callSwitchyard(project, args), /unknown command 'rout'\n\(Did you mean route\?\)/);
		for (const args of [['--json'], ['storage', '--json']])
			expect(JSON.parse((await callSwitchyard(project, args)).stderr).error.message).toMatch(/^name a command; /);
	});

	it('is an object on stderr with --json', async () => {
		const { stderr, code } = await callSwitchyard(project, ['route', ' ', '--json']);
		expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ROUTER_INVALID_INPUT' } });
		expect(code).toBe(2);
	});
});

describe('odd input gets a sane answer', () => {
	it.each([
		['1 MB', 'fix the bug in the login endpoint '.repeat(31_000)],
		['NUL bytes and controls', 'fix\u0000 the \u001b[31mbug\u0007 in login'],
		['emoji and other scripts', '修复登录接口的错误 🐛 corrige el error'],
		['one character', 'x'],
	])('%s from standard input', async (_name, input) => {
		const { code, stdout, stderr } = await switchyard(project, ['route', '-', '--json'], { input });
		expect(code, stderr).toBe(0);
		expect(JSON.parse(stdout).model).toBeTruthy();
	});

	it('10 MB fits no model: refused with the reason, at once', async () => {
		const result = await switchyard(project, ['route', '-'], {
			input: 'fix the bug in the login endpoint '.repeat(310_000),
		});
		expectRefusal(result, /No eligible model[\s\S]*do not fit its context window/, 1);
	});

	it('prints nothing of a task that could steer a terminal', async () => {
		const { stdout } = await callSwitchyard(project, ['route', 'fix \u001b[31mthe bug']);
		expect(stdout).not.toContain('\u001b');
	});
});

describe('storage that cannot be used: routing goes on and says so', () => {
	it.each([
		['a folder in place of the file', () => mkdirSync(join(project.path, DATABASE), { recursive: true })],
		[
			'a file that is no database',
			() => {
				mkdirSync(join(project.path, '.claude/orchestration/db'), { recursive: true });
				writeFileSync(join(project.path, DATABASE), 'not a database, but long enough to be read as one. '.repeat(100));
			},
		],
		[
			'a file in place of its folder',
			() => {
				mkdirSync(join(project.path, '.claude/orchestration'));
				writeFileSync(join(project.path, '.claude/orchestration/db'), 'x');
			},
		],
	])('%s', async (_name, breakIt) => {
		breakIt();
		const { code, stdout, stderr } = await callSwitchyard(project, ['route', 'Fix the login bug']);
		expect(stdout).toContain('Selected Model: sonnet');
		expect(stderr).toMatch(/Warning: .*[\s\S]*Routing goes on in memory/);
		expect(stderr).not.toMatch(/^\s+at /m);
		expect(code).toBe(0);
	});

	it('a home that cannot be written', async () => {
		const { code, stdout, stderr } = await callSwitchyard(project, ['route', 'Fix the login bug', '--global'], {
			env: { HOME: '/sys/kernel' },
		});
		expect(stdout).toContain('Selected Model: sonnet');
		expect(stderr).toContain('Routing goes on in memory');
		expect(code).toBe(0);
	});
});

describe('budget', () => {
	it('a limit of one request that every model passes ends with 3 as well, also before anything is called', async () => {
		const set = await callSwitchyard(project, ['budget', '--set-per-request', '0.0001']);
		expect(set.stdout).toMatch(/^Per request: at most \$0\.0001$/m);
		for (const verb of ['route', 'run'])
			expectRefusal(await callSwitchyard(project, [verb, 'Fix the bug']), /over the per-request limit/, 3);
		// a constraint of the caller is no budget
		await callSwitchyard(project, ['budget', '--set-per-request', '5']);
		expectRefusal(await callSwitchyard(project, ['route', 'x', '--max-cost', '0.0000001']), /over maxCost/, 1);
	});

	it('refuses with exit code 3 and the specification’s words, and calls nobody', async () => {
		await callSwitchyard(project, ['budget', '--set-daily', '0.000001']);
		const result = await callSwitchyard(project, ['run', 'Fix the login bug']);
		expect(result.code).toBe(3);
		expect(result.stderr).toMatch(/^Error: Daily budget exceeded \(\$0\.00\)$/m);
	});

	it('counts what earlier runs spent', async () => {
		await callSwitchyard(project, ['run', 'Fix the login bug']);
		const { stdout } = await callSwitchyard(project, ['budget', '--json']);
		expect(JSON.parse(stdout).dailySpent).toBeGreaterThan(0);
	});
});

describe('the real provider is called when there is a key', () => {
	it('with the configured address, and the key appears nowhere', async () => {
		const simulator = await startProviderSimulator();
		try {
			const env = {
				ANTHROPIC_API_KEY: 'sk-ant-canary-0123456789',
				ANTHROPIC_BASE_URL: simulator.url,
				ROUTING_DEBUG: 'true',
			};
			const { code, stdout, stderr } = await switchyard(project, ['run', 'Fix the login bug'], { env });
			expect(code, stderr).toBe(0);
			expect(stdout).toContain('Simulated answer from claude-sonnet');
			expect(stderr).not.toContain('built-in simulator');
			expect(simulator.requests).toHaveLength(1);
			const kept = await project.run('grep', ['-rl', 'canary', '.']);
			expect(kept.stdout + stdout + stderr).not.toContain('canary');
		} finally {
			await simulator.close();
		}
	});

	it('only models whose provider has a key compete', async () => {
		const simulator = await startProviderSimulator();
		try {
			const env = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: `${simulator.url}/v1` };
			const { code, stdout, stderr } = await callSwitchyard(project, ['run', 'Fix the login bug', '--json'], { env });
			expect(code, stderr).toBe(0);
			expect(JSON.parse(stdout).provider).toBe('openai');
		} finally {
			await simulator.close();
		}
	});
});

describe('a task is run at the deployments that the configuration names', () => {
	let simulator: ProviderSimulator | null = null;
	afterEach(async () => {
		await simulator?.close();
		simulator = null;
	});

	/** A project whose only deployment is a server of its own, played by a simulator. */
	async function writeLocalServer(options: SimulatorOptions = {}, more: object = {}): Promise<ProviderSimulator> {
		simulator = await startProviderSimulator(options);
		const served = { auth: 'none', models: { 'llama-local': 'llama3' } };
		const config = {
			deployments: [{ id: 'local', kind: 'openai-compatible', baseUrl: `${simulator.url}/v1`, ...served }],
			models: [{ ...sampleProfile('llama-local'), provider: 'custom' }],
			...more,
		};
		writeConfig(JSON.stringify(config));
		return simulator;
	}

	it.each([
		['without a key', {}],
		['beside the key of a provider', { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }],
	])('a server of one’s own answers %s, not the built-in simulator', async (_title, env: Record<string, string>) => {
		const { requests } = await writeLocalServer({}, { candidates: ['llama-local'] });
		const { code, stderr, stdout } = await callSwitchyard(project, ['run', 'Say hello', '--json'], { env });
		expect(code, stderr).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({
			answeredBy: 'llama-local',
			simulated: false,
			output: expect.stringContaining('Simulated answer from llama3'),
		});
		expect(stderr).not.toContain('built-in simulator');
		expect(requests).toHaveLength(1);
	});

	it('only what is served competes: nothing is booked for a model that nobody called', async () => {
		await writeLocalServer();
		const { code, stderr } = await callSwitchyard(project, ['run', 'Say hello']);
		expect(code, stderr).toBe(0);
		const { stdout } = await callSwitchyard(project, ['cost', '--period', 'today', '--json']);
		expect(Object.keys(JSON.parse(stdout).byModel)).toEqual(['llama-local']);
	});

	it('a fallback that no deployment serves is left out: the failure told is that of the model that was called', async () => {
		const fallbacks = { 'llama-local': ['opus'] };
		await writeLocalServer({ models: { '*': { schedule: ['401'] } } }, { fallbacks });
		const { code, stderr } = await callSwitchyard(project, ['run', 'Say hello']);
		expect(code).not.toBe(0);
		expect(stderr).toContain('1. llama-local: authentication 401');
		expect(stderr).not.toMatch(/opus|unknown/);
	});

	it.each(['', '/v1'])('an address of Anthropic may end in "%s", as for the gateway', async (ending) => {
		simulator = await startProviderSimulator();
		const env = { ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: `${simulator.url}${ending}` };
		const { code, stderr } = await callSwitchyard(project, ['run', 'Fix the login bug'], { env });
		expect(code, stderr).toBe(0);
		expect(simulator.requests.map(({ path }) => path)).toEqual(['/v1/messages']);
	});
});

describe('interrupted in the middle', () => {
	it.each([
		['SIGINT', 130],
		['SIGTERM', 143],
	] as const)('%s: ends at once with %i, keeps what was decided, holds no money', async (signal, expected) => {
		const simulator = await startProviderSimulator({ models: { '*': { schedule: ['hang'] } } });
		try {
			const child = project.start(process.execPath, [SWITCHYARD, 'run', 'Fix the login bug'], {
				env: { ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: simulator.url },
				stdio: 'ignore',
			});
			while (simulator.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
			child.kill(signal);
			const [code] = await once(child, 'exit');
			expect(code).toBe(expected);
			const database = new DatabaseSync(join(project.path, DATABASE), { readOnly: true });
			expect(database.prepare('SELECT count(*) AS n FROM routing_decisions').get()).toEqual({ n: 1 });
			expect(database.prepare('SELECT total(reserved_nano) AS held FROM budget_spend').get()).toEqual({ held: 0 });
			database.close();
		} finally {
			await simulator.close();
		}
	});

	it('a reader that has seen enough is no error', async () => {
		await callSwitchyard(project, ['route', 'Fix the login bug']);
		const { code, stderr } = await project.run('bash', [
			'-o',
			'pipefail',
			'-c',
			`"${process.execPath}" "${SWITCHYARD}" config | head -1`,
		]);
		expect(stderr).toBe('');
		expect(code).toBe(0);
	});
});

it('a shortened id of a decision is enough to rate it, and what nothing came of is not shown as failed', async () => {
	const { id } = JSON.parse((await callSwitchyard(project, ['route', '--json', 'Fix the login bug'])).stdout);
	expect((await callSwitchyard(project, ['stats'])).stdout).toContain(': 1 (100.0%) | no outcome yet');
	expectRefusal(await callSwitchyard(project, ['feedback', '01a00000-0000', '5']), /No decision "01a00000-0000"/);
	const rated = await callSwitchyard(project, ['feedback', '--json', id.slice(0, 13), '5']);
	expect(JSON.parse(rated.stdout)).toEqual({ id, rating: 5 });
	expect((await callSwitchyard(project, ['stats'])).stdout).toContain('Success: 100.0%');
});

it('database, key and logs of a project are not committed by accident', async () => {
	await callSwitchyard(project, ['route', 'Fix the login bug']);
	for (const folder of ['db', 'logs'])
		expect(readFileSync(join(project.path, '.claude/orchestration', folder, '.gitignore'), 'utf8')).toContain('\n*\n');
});

it('prompts are not kept: a secret in a task is in no file of the project', async () => {
	await callSwitchyard(project, ['run', 'Fix the login bug, my password is canary-7731'], {
		env: { ROUTING_DEBUG: 'true' },
	});
	await callSwitchyard(project, ['export', '--output', 'export.json']);
	const { stdout } = await project.run('grep', ['-rl', 'canary-7731', '.']);
	expect(stdout).toBe('');
});

it('made-up answers of the simulator do not count as errors of the estimates', async () => {
	await callSwitchyard(project, ['run', 'Fix the login bug']);
	const simulated = JSON.parse((await callSwitchyard(project, ['stats', '--json'])).stdout);
	expect(simulated.estimates.requests).toBe(0);
	const { startProviderSimulator } = await import('../../src/testing.ts');
	const provider = await startProviderSimulator();
	const env = { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: provider.url };
	await callSwitchyard(project, ['run', 'Fix the login bug'], { env });
	await provider.close();
	const real = JSON.parse((await callSwitchyard(project, ['stats', '--json'])).stdout);
	expect(real.estimates.requests).toBe(1);
});
