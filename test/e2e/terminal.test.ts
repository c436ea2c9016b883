import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { measureText } from '../../src/cli/terminal-text.ts';
import { terminalOption } from '../support/as-terminal.ts';
import { callSwitchyard, SWITCHYARD } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const CHINESE =
	'请为我们的用户认证模块编写单元测试,并检查登录接口在并发情况下的竞争条件,特别是会话令牌的刷新逻辑和过期处理';
const LONG_NAME = 'a-model-with-a-remarkably-long-name-that-nobody-would-want-to-type-2026-11-29';

let project: TemporaryProject;
let decision = '';
let key = '';

beforeAll(async () => {
	project = createTemporaryProject();
	const folder = join(project.path, '.claude/orchestration/routing');
	mkdirSync(folder, { recursive: true });
	const flags = { supportsExtendedThinking: false, supportsVision: false, supportsToolUse: true };
	const rates = { costPer1kInputTokens: 0.00001, costPer1kOutputTokens: 0.00002 };
	const limits = { contextWindow: 128_000, maxOutputTokens: 8192, qualityScore: 77, latencyMs: 900, strengths: [] };
	const model = { name: LONG_NAME, modelId: `accounts/x/models/${LONG_NAME}`, provider: 'our-own-inference-cluster' };
	const rule = { scope: 'tag', of: CHINESE.slice(0, 40), period: 'week', limit: 20, kind: 'soft', warnAt: [50, 80] };
	const config = { models: [{ ...model, ...rates, ...limits, ...flags }], budget: { rules: [rule] } };
	writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
	writeFileSync(
		join(project.path, 'usage.csv'),
		`Day,Model,Cost\n2026-11-24,claude-opus-4-5-20251101,0.01\n2026-11-24,${LONG_NAME},3\n`,
	);
	const litellm = `model_list:\n  - model_name: ${LONG_NAME}-too\n    litellm_params: { model: openai/gpt-5.2, api_key: os.environ/OPENAI_API_KEY, mystery: 1 }\n`;
	writeFileSync(join(project.path, 'litellm.yaml'), litellm);
	const router = { Providers: [{ name: 'openai', api_base_url: 'https://api.openai.com/v1', models: ['gpt-5.2'] }] };
	writeFileSync(join(project.path, 'router.json'), JSON.stringify(router));
	const task = { id: CHINESE, prompt: CHINESE, type: 'factual', check: { match: '4' } };
	writeFileSync(join(project.path, 'tasks.jsonl'), JSON.stringify(task));
	writeFileSync(
		join(project.path, 'prices.json'),
		'{ "models": { "haiku": [{ "inputUsdPerMTok": 1, "outputUsdPerMTok": 5, "source": "contract", "asOf": "2026-11-01" }] } }',
	);
	for (const task of ['Explain what a circuit breaker is', CHINESE])
		decision = JSON.parse((await callSwitchyard(project, ['run', task, '--json'])).stdout).id;
	const limited = ['--rpm', '60', '--tpm', '100000', '--parallel', '4', '--daily', '5', '--expires', '30d'];
	const named = ['--name', CHINESE.slice(0, 40), '--team', 'a-team-with-a-long-name', '--tag', 'nightly,客户支持'];
	const made = await callSwitchyard(project, [
		'keys',
		'create',
		'--json',
		...named,
		...limited,
		'--commit',
		'whole-answer',
	]);
	key = JSON.parse(made.stdout).key.id;
});
afterAll(() => project.remove());

/** Runs as on a terminal so many columns wide; the lines that it would break, those that others take the place of among them. */
async function onTerminal(args: readonly string[], columns = 80, env: Record<string, string> = {}) {
	const options = { columns, env: { TERM: 'xterm-256color', ...env } };
	const { code, stdout, stderr } = await callSwitchyard(project, args, options);
	const text = stripVTControlCharacters(stdout + stderr);
	expect(text.trim()).not.toBe('');
	return { code, stdout, stderr, text, wide: text.split(/[\r\n]/).filter((line) => measureText(line) > columns) };
}

/** A use of every command, with data in it. What only another program reads is left out: scripts, CSV, JSON. */
const USES: ReadonlyArray<() => string[]> = [
	() => ['route', CHINESE, CHINESE],
	() => ['route', CHINESE, '--max-cost', '0.01', '--verbose'],
	() => ['run', CHINESE],
	() => ['classify', '--explain', `${CHINESE} Fix the authentication bug`],
	() => ['why', decision.slice(0, 13)],
	() => ['why-not', decision, 'opus'],
	() => ['diff', decision, decision],
	() => ['replay', decision],
	() => ['test', 'init', 'asks.json'],
	() => ['test', 'asks.json'],
	() => ['stats'],
	() => ['cost'],
	() => ['cost', '--by', 'model', '--chart'],
	() => ['budget'],
	() => ['audit'],
	() => ['evaluate', '--tasks', 'tasks.jsonl', '--models', 'opus,haiku', '--budget', '1', '--simulate'],
	() => ['experiment', 'create', 'small-first', '--arm', 'now', '--arm', 'small=model:haiku'],
	() => ['experiment', 'start', 'small-first'],
	() => ['experiment', 'status', 'small-first'],
	() => ['experiment', 'list'],
	() => ['experiment', 'stop', 'small-first'],
	() => ['config'],
	() => ['config', '--show-models'],
	() => ['doctor'],
	() => ['fallback'],
	() => ['feedback', decision.slice(0, 13), '5', '--comment', CHINESE],
	() => ['forecast'],
	() => ['import', 'litellm', 'litellm.yaml', '--write'],
	() => ['import', 'claude-code-router', 'router.json', '--write'],
	() => ['keys', 'create', '--name', `${CHINESE.slice(0, 30)}-two`],
	() => ['keys', 'list'],
	() => ['keys', 'rotate', key],
	() => ['keys', 'revoke', key],
	() => ['learn'],
	() => ['models'],
	() => ['models', '--all'],
	() => ['prices'],
	() => ['prices', 'check', 'prices.json'],
	() => ['prices', 'diff', 'prices.json'],
	() => ['prices', 'show', 'sonnet'],
	() => ['prices', 'update', '--from', 'prices.json'],
	() => ['reconcile', 'usage.csv', '--provider', 'anthropic', '--columns', 'date=Day,model=Model,cost=Cost'],
	() => ['reprice'],
	() => ['storage', 'archive', '--before', '2026-10-01'],
	() => ['reset', '--stats', '--yes'],
];
/** Refused in this project, where too little was judged. */
const REFUSED: ReadonlyArray<string[]> = [
	['learn', 'apply'],
	['learn', 'revert'],
];
const MACHINE_READ = ['completion', 'export'];
/** Other names of commands that are looked at. */
const SAME = ['prices list', 'prices import'];
/** Go on until they are stopped; they have tests of their own. */
const LISTENING = ['serve', 'dashboard', 'top'];

describe('on a terminal of 80 columns', () => {
	it('every command has been looked at', () => {
		const program = createProgram('0.0.0');
		const paths = program.commands.flatMap((command) => {
			const verb = command.name();
			return command.commands.length === 0 ? [verb] : command.commands.map((child) => `${verb} ${child.name()}`);
		});
		const used = [...USES.map((use) => use().slice(0, 2)), ...REFUSED];
		const seen = (path: string) => used.some(([verb, second]) => path === verb || path === `${verb} ${second}`);
		expect(paths.filter((path) => !seen(path) && ![...MACHINE_READ, ...SAME, ...LISTENING].includes(path))).toEqual([]);
	});

	it.each(
		USES.map(
			(use) =>
				[
					use()
						.slice(0, 3)
						.map((word) => word.slice(0, 24))
						.join(' '),
					use,
				] as const,
		),
	)('%s is not broken by the terminal', async (_title, use) => {
		const { code, stderr, wide } = await onTerminal(use());
		expect(code, stderr).toBe(0);
		// a path, an address or a secret to copy stays in one piece
		expect(wide.filter((line) => !/^\s*\S+$|^(Config file|Database|Log|Source): \S+/.test(line))).toEqual([]);
	});

	it.each([
		[['route', 'x', '--max-cost', '0']],
		[['route', 'x', '--prefer', CHINESE]],
		[['nosuch', CHINESE]],
		...REFUSED.map((args) => [args]),
	])('so is the error of %j', async (args) => {
		const { code, wide } = await onTerminal(args);
		expect(code).not.toBe(0);
		expect(wide).toEqual([]);
	});

	it('serve tells its addresses in lines that can be pasted', async () => {
		const child = project.start(process.execPath, [SWITCHYARD, 'serve', '--port', '0'], {
			env: { NODE_OPTIONS: terminalOption(80) },
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		let said = '';
		for await (const chunk of child.stdout ?? []) {
			said += String(chunk);
			if (said.includes('fallbacks.')) child.kill('SIGTERM');
		}
		expect(said).toMatch(/export OPENAI_BASE_URL=http:\S+\/v1 OPENAI_API_KEY=local\n/);
		expect(said.split('\n').filter((line) => line.length > 80)).toEqual([]);
	});
});

describe('a wider terminal', () => {
	it('is used: a sentence takes fewer lines', async () => {
		const narrow = await onTerminal(['fallback']);
		const wide = await onTerminal(['fallback'], 160);
		expect(wide.wide).toEqual([]);
		expect(Math.max(...wide.text.split('\n').map(measureText))).toBeGreaterThan(100);
		expect(wide.text.split('\n').length).toBeLessThan(narrow.text.split('\n').length);
	});
});

describe('colours', () => {
	const ESCAPE = '\u001b[';
	it('come on a terminal, and with FORCE_COLOR', async () => {
		expect((await onTerminal(['budget'])).stdout).toContain(`${ESCAPE}32m`);
		const forced = await callSwitchyard(project, ['budget'], { env: { FORCE_COLOR: '1' } });
		expect(forced.stdout).toContain(`${ESCAPE}32m`);
		expect((await onTerminal(['route', 'x', '--max-cost', '0'])).stderr).toContain(`${ESCAPE}31mError:`);
	});

	it.each([
		['NO_COLOR', { NO_COLOR: '1' }, []],
		['TERM=dumb', { TERM: 'dumb' }, []],
		['--no-color', {}, ['--no-color']],
	])('do not come with %s', async (_title, env, args) => {
		const { stderr, stdout } = await onTerminal(['budget', ...args], 80, env);
		expect(stdout + stderr).not.toContain(ESCAPE);
	});

	it('do not come in a pipe', async () => {
		const { stderr, stdout } = await callSwitchyard(project, ['doctor', '--offline']);
		expect(stdout + stderr).not.toContain(ESCAPE);
	});
});

it.each([
	['route', ['route', 'Fix the login bug']],
	['stats', ['stats']],
	['cost', ['cost']],
])('after %s a person is told what to try next, and a program is not', async (_verb, args) => {
	expect((await onTerminal(args)).stderr).toContain('Next: "switchyard ');
	expect((await callSwitchyard(project, args)).stderr).not.toContain('Next:');
});
