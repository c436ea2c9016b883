import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callSwitchyard, switchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'test/fixtures/specification/routing-system.md'), 'utf8');
const library = pathToFileURL(join(root, 'src', 'index.ts')).href;

interface Block {
	language: string;
	code: string;
}

const blocks: Block[] = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map((match) => ({
	language: match[1] ?? '',
	code: match[2] ?? '',
}));

/** The one block of a language that holds a phrase. */
function block(language: string, phrase: string): string {
	const found = blocks.filter((each) => each.language === language && each.code.includes(phrase));
	expect(found, `${language} blocks with ${phrase}`).toHaveLength(1);
	return found[0]?.code ?? '';
}

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => {
	project.remove();
});

/** What the blocks take for granted: an import, a prompt, clients that answer as the providers' SDKs do. */
const SURROUNDINGS = `
import * as switchyard from '${library}';
const prompt = 'Fix it';
const modelIdMap = new Proxy({}, { get: (_target, name) => String(name) });
const callLLM = async (model, prompt) => model + ': ' + prompt;
const anthropic = { messages: { create: async ({ model }) => ({
	type: 'message', role: 'assistant', model, content: [{ type: 'text', text: 'Fixed by ' + model }],
	usage: { input_tokens: 1200, output_tokens: 300 },
}) } };
`;

/** Runs a block as it stands, with its import mapped to the package, between what it needs and what is asked of it. */
async function runBlock(
	code: string,
	{ before = '', after = '' }: { before?: string; after?: string },
): Promise<string> {
	const mapped = code.replaceAll("'./.claude/orchestration/routing'", `'${library}'`);
	const file = join(project.path, 'block.ts');
	writeFileSync(file, `${SURROUNDINGS}\n${before}\n${mapped}\n${after}\n`);
	const { code: exit, stdout, stderr } = await project.run(process.execPath, [file]);
	expect(exit, stderr).toBe(0);
	return stdout;
}

const CLASSIFIER = 'const classifier = new switchyard.TaskClassifier();';
const ROUTER = 'const router = new switchyard.ModelRouter(switchyard.DEFAULT_ROUTER_CONFIG);';

describe('every TypeScript block of the specification runs as it is written', () => {
	it('has as many blocks as are tested here', () => {
		expect(blocks.filter(({ language }) => language === 'typescript')).toHaveLength(11);
	});

	it('quick start', async () => {
		const output = await runBlock(block('typescript', 'Create routing system with default config'), {
			after: 'await routing.close();',
		});
		expect(output).toMatch(/^Selected: (claude-sonnet-5-5|opus)\nConfidence: [\d.]+%\nEstimated cost: \$0\.\d{4}\n$/);
	});

	it('TaskClassifier: the descriptor has the values that are printed', async () => {
		const code = block('typescript', 'Fix authentication bug in login endpoint');
		const output = await runBlock(code, { after: 'console.log("\\n=== " + JSON.stringify(descriptor));' });
		const descriptor = JSON.parse(output.split('=== ')[1] ?? '');
		expect(descriptor).toMatchObject({
			type: 'debugging',
			complexity: 'medium',
			pattern: 'multi-step',
			estimatedInputTokens: 850,
			estimatedOutputTokens: 1500,
			requiresExtendedThinking: true,
			involvesCode: true,
			priority: 4,
		});
	});

	it('ModelRouter: reasoning is in the words that are printed', async () => {
		const output = await runBlock(block('typescript', 'router.route(taskDescriptor)'), {
			before: `${CLASSIFIER}\nconst taskDescriptor = classifier.classify('Implement REST API endpoint for user profile');`,
		});
		expect(output).toContain('Strong capability match for code-generation tasks');
		expect(output).toContain('Cost-efficient option');
	});

	it('FallbackChain', async () => {
		const output = await runBlock(block('typescript', "defineFallbacks('opus', ['sonnet', 'gpt-4'])"), {});
		expect(output).toBe('Success with opus after 1 attempts\n');
	});

	it('CostOptimizer', async () => {
		await runBlock(block('typescript', "trackUsage('sonnet', 'code-generation'"), {
			before: `const budgetConfig = switchyard.DEFAULT_BUDGET_CONFIG;
const modelProfiles = new Map(switchyard.DEFAULT_MODEL_PROFILES.map((profile) => [profile.name, profile]));`,
			after: 'if (optimizer.checkBudget().dailySpent !== 0.0189) throw new Error("not tracked");',
		});
	});

	it('example 1: the three tasks go to haiku, opus and sonnet', async () => {
		const output = await runBlock(block('typescript', 'Simple documentation task'), {
			after:
				'console.log([doc, arch, code].map(({ model }) => model.standsFor ?? model.name).join()); await routing.close();',
		});
		expect(output).toBe('haiku,opus,sonnet\n');
	});

	it('example 2: the constraints hold', async () => {
		const output = await runBlock(block('typescript', 'Comprehensive security audit'), {
			before: `${CLASSIFIER}\n${ROUTER}`,
			after: `console.log(JSON.stringify({ cost: decision.estimatedCost, latency: decision.estimatedLatency, quality: decision.model.qualityScore }));`,
		});
		const { cost, latency, quality } = JSON.parse(output);
		expect(cost).toBeLessThanOrEqual(0.1);
		expect(latency).toBeLessThanOrEqual(5000);
		expect(quality).toBeGreaterThanOrEqual(85);
	});

	it('example 3: executes, and tracks what the SDK’s response said', async () => {
		const output = await runBlock(block('typescript', 'Fix bug in payment processing'), {
			before: 'const routing = switchyard.createDefaultRoutingSystem();',
			after: 'console.log(result, (await routing.budgetStatus()).dailySpent > 0); await routing.close();',
		});
		expect(output).toBe('Fixed by claude-sonnet-5-5 true\n');
	});

	it('example 4: custom configuration', async () => {
		const output = await runBlock(block('typescript', 'Prioritize cost savings'), {
			after: `const status = routing.costOptimizer.checkBudget(); console.log(status.dailyLimit, status.monthlyLimit);`,
		});
		expect(output).toBe('5 100\n');
	});

	it('budget alerts', async () => {
		const output = await runBlock(block('typescript', 'No more requests allowed'), {
			before: `const optimizer = new switchyard.CostOptimizer(switchyard.DEFAULT_BUDGET_CONFIG, new Map());
console.error = console.log; optimizer.trackUsage('opus', 'architecture', { input: 1, output: 1 }, 10);`,
		});
		expect(output).toContain('Budget exceeded! No more requests allowed.');
	});

	it('debug mode logs decisions, scores and reasoning', async () => {
		await runBlock(block('typescript', 'ROUTING_DEBUG'), {
			before: 'const { createDefaultRoutingSystem } = switchyard;',
			after: "await routing.routeTask('Fix bug in payment processing'); await routing.close();",
		});
		const log = readFileSync(join(project.path, '.claude/orchestration/logs/routing.log'), 'utf8');
		expect(log).toContain('Routed to claude-sonnet-5-5');
		expect(log).toContain('capabilityMatch');
		expect(log).not.toContain('payment');
	});
});

describe('every command of the specification is understood', () => {
	const commands = [
		...new Set(blocks.filter(({ language }) => language === 'bash').flatMap(({ code }) => code.split('\n'))),
	]
		.map((line) => line.replace(/\s+#.*$/, '').trim())
		.filter((line) => line.startsWith('/model'))
		.map((line) => line.replace('[task]', '"Fix the login bug"').replace(/^\/model reset$/, '/model reset --cache'));

	it('finds the commands', () => {
		expect(commands.length).toBeGreaterThanOrEqual(15);
	});

	it.each(commands)('%s', async (line) => {
		const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '').slice(1);
		const { code, stderr } = await callSwitchyard(project, words);
		expect(code, stderr).toBe(0);
		expect(stderr).not.toContain('Error');
	});
});

it('the environment variables and the config file of the specification are accepted', async () => {
	const environment = Object.fromEntries(
		block('bash', 'ROUTING_DEFAULT_MODEL')
			.split('\n')
			.filter((line) => line.startsWith('ROUTING_'))
			.map((line) => line.split('=') as [string, string]),
	);
	await project.run('mkdir', ['-p', '.claude/orchestration/routing']);
	writeFileSync(join(project.path, '.claude/orchestration/routing/config.json'), block('json', '"defaultModel"'));
	const { code, stdout, stderr } = await callSwitchyard(project, ['config', '--json'], { env: environment });
	expect(code, stderr).toBe(0);
	const { values } = JSON.parse(stdout) as {
		values: Array<{ path: string; value: unknown; origin: { source: string } }>;
	};
	expect(values.find(({ path }) => path === 'budget.dailyLimit')?.origin.source).toBe('environment');
	expect(values.find(({ path }) => path === 'budget.alerts.dailyWarning')?.origin.source).toBe('file');
});

it('sqlite3 < routing.sql makes the database that the product then opens', async () => {
	await project.run('mkdir', ['-p', '.claude/orchestration/db']);
	const database = '.claude/orchestration/db/routing.db';
	const made = await project.run('sqlite3', [database], { input: readFileSync(join(root, 'routing.sql'), 'utf8') });
	if (made.code === null) return; // no sqlite3 shell on this machine
	expect(made.code, made.stderr).toBe(0);
	expect((await switchyard(project, ['route', 'Fix the login bug'])).code).toBe(0);
	const counted = await project.run('sqlite3', [database, 'SELECT count(*) FROM routing_decisions']);
	expect(counted.stdout.trim()).toBe('1');
});
