import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSwitchyard } from '../../src/ai-sdk.ts';
import { createRoutingSystem } from '../../src/index.ts';
import { switchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const TASK = 'Design scalable microservices architecture';
const OPENAI = { OPENAI_API_KEY: 'sk-test' };

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

interface Decision {
	model: string;
	standsFor: string[];
	provider: string;
	competing: string;
	exclusions: Array<{ model: string; reason: string; message: string }>;
}

async function route(env: Record<string, string>, ...flags: string[]): Promise<Decision> {
	const { code, stdout, stderr } = await switchyard(project, ['route', TASK, '--json', ...flags], { env });
	expect(code, stderr).toBe(0);
	return JSON.parse(stdout) as Decision;
}

function configure(config: object): void {
	const folder = join(project.path, '.claude/orchestration/routing');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

const unavailable = ({ exclusions }: Pick<Decision, 'exclusions'>) =>
	exclusions.filter(({ reason }) => reason === 'unavailable').map(({ model }) => model);

describe('`route` recommends what `run` could call', () => {
	it('with one key its provider only; the others are told with the variable that they need', async () => {
		const decision = await route(OPENAI);
		expect(decision).toMatchObject({ provider: 'openai', competing: 'callable', standsFor: ['gpt-4'] });
		expect(unavailable(decision).sort()).toEqual(
			['claude-sonnet-5-5', 'gemini-3.1-pro-preview', 'gemini-3.8-flash', 'haiku', 'opus'].sort(),
		);
		expect(decision.exclusions.find(({ model }) => model === 'opus')?.message).toContain('set ANTHROPIC_API_KEY');
	});

	it('without a key all compete, and it says so; so they do where that is asked for', async () => {
		expect(await route({})).toMatchObject({ model: 'opus', competing: 'all', exclusions: [] });
		expect(await route(OPENAI, '--all')).toMatchObject({ model: 'opus', competing: 'all', exclusions: [] });
		expect((await switchyard(project, ['route', TASK])).stdout).toContain('No key is set, so all providers compete');
		expect((await switchyard(project, ['route', TASK, '--all'], { env: OPENAI })).stdout).not.toContain('No key');
	});

	it('credentials of a cloud, or a deployment without a key, are as good as a key', async () => {
		configure({ deployments: [{ id: 'aws', kind: 'bedrock', region: 'us-east-1', models: { haiku: 'my-haiku' } }] });
		const credentials = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
		expect(await route(credentials)).toMatchObject({ model: 'haiku', competing: 'callable' });
		const local = {
			id: 'local',
			kind: 'openai-compatible',
			baseUrl: 'http://127.0.0.1:9/v1',
			auth: 'none',
			provider: 'custom',
			models: { opus: 'my-opus' },
		};
		configure({ deployments: [local], gateway: { allowedPrivateHosts: ['127.0.0.1'] } });
		expect(await route({})).toMatchObject({ model: 'opus', competing: 'callable' });
		const { stdout } = await switchyard(project, ['route', TASK]);
		for (const variable of ['ANTHROPIC', 'OPENAI', 'GEMINI']) expect(stdout).toContain(`(${variable}_API_KEY)`);
	});

	it('what is left out takes two lines; --verbose gives each its own', async () => {
		const env = OPENAI;
		const short = await switchyard(project, ['route', TASK, '--max-cost', '0.04'], { env });
		const lines = short.stdout.split('\n');
		const told = lines.filter((line) => /^(Not callable|Excluded): /.test(line));
		expect(told).toEqual([
			'Not callable: 3 of anthropic (ANTHROPIC_API_KEY), 2 of google (GEMINI_API_KEY)',
			'Excluded: gpt-6.1-sol (max-cost)',
		]);
		expect(lines.find((line) => line.startsWith('Selected Model: '))).toBe('Selected Model: gpt-3.5 → gpt-6.1-terra');
		expect(lines.filter((line) => line.length > 80)).toEqual([]);
		const long = await switchyard(project, ['route', TASK, '--max-cost', '0.04', '--verbose'], { env });
		expect(long.stdout).toMatch(/^- opus: no deployment here serves it; set ANTHROPIC_API_KEY/m);
		expect(long.stdout).toMatch(/^- gpt-6\.1-sol: expected \$\S+ is over maxCost/m);
	});
});

describe('the library', () => {
	const open = (environment: Record<string, string>, config = {}) =>
		createRoutingSystem(config, {}, { environment, projectDirectory: project.path });

	it('chooses what can be called, too, unless the caller names candidates or the model', async () => {
		await using system = open(OPENAI);
		const decision = await system.routeTask(TASK);
		expect(decision.model).toMatchObject({ provider: 'openai', standsFor: ['gpt-4'] });
		expect(unavailable(decision)).toContain('opus');
		const named = await system.routeTask(TASK, { constraints: { preferredModel: 'opus' } });
		expect(named.model.name).toBe('opus');
		await using listed = open(OPENAI, { candidates: ['opus', 'haiku'] });
		expect((await listed.routeTask(TASK)).model.name).toBe('opus');
		await using open1 = open({});
		expect((await open1.routeTask(TASK)).exclusions).toEqual([]);
	});

	it('an executor of one’s own may still call what it has a key for: a fallback that somebody defined is asked', async () => {
		await using system = open(OPENAI);
		const options = { fallbacks: ['opus'] };
		const answer = await system.executeWithRouting(
			TASK,
			async (model) => {
				if (model === 'opus') return 'answered by opus';
				throw Object.assign(new Error('no access to this model'), { status: 403 });
			},
			options,
		);
		expect(answer).toBe('answered by opus');
	});

	it('the AI SDK’s models are chosen among what can be called', async () => {
		const models = createSwitchyard({ environment: OPENAI, projectDirectory: project.path });
		const decision = await models.system.routeTask(TASK);
		expect([decision.model.provider, unavailable(decision).length]).toEqual(['openai', 5]);
		await models.close();
	});
});

describe('`models`', () => {
	it('lists what is served and who competes within 80 columns; --all adds the retired, --json has sourced cards', async () => {
		const { stdout } = await switchyard(project, ['models']);
		expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
		expect(stdout).toMatch(/^gpt-6\.1-sol +gpt-4 +2\/10 +96\.8 +2026-09-29$/m);
		expect(stdout).toMatch(/^sonnet +3\/15 +90 +2025-09-29 +2026-11-30$/m);
		expect(stdout).not.toMatch(/^gpt-4 /m);
		const all = await switchyard(project, ['models', '--all']);
		expect(all.stdout).toMatch(/^gpt-4 .*2026-10-23$/m);
		const { stdout: json } = await switchyard(project, ['models', '--all', '--json'], { env: OPENAI });
		const cards = JSON.parse(json) as Array<Record<string, unknown>>;
		const find = (name: string) => cards.find((card) => card['name'] === name);
		expect(find('gpt-4')).toMatchObject({
			state: 'retired',
			competesAs: [],
			retires: { value: '2026-10-23', source: expect.stringContaining('https://developers.openai.com') },
			successor: { value: 'gpt-5.6-sol' },
		});
		expect(find('gpt-6.1-sol')).toMatchObject({
			competesAs: ['gpt-4'],
			callable: true,
			deprecated: null,
			retires: null,
		});
		expect(find('opus')).toMatchObject({ competesAs: ['opus'], callable: false });
	});
});
