import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../src/evaluate/index.ts';
import { createRoutingSystem, DEFAULT_MODEL_PROFILES } from '../../src/index.ts';
import { type ProviderSimulator, type SimulatedModel, startProviderSimulator } from '../../src/testing.ts';
import { hashText } from '../../src/util/index.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const OPUS_ID = DEFAULT_MODEL_PROFILES.find(({ name }) => name === 'opus')?.modelId ?? '';
const MODELS = ['opus', 'sonnet', 'haiku'] as const;
type Model = (typeof MODELS)[number];
/** Chance of a right answer, by type: what `evaluate` has to find out. */
const TRUTH: Record<string, Record<Model, number>> = {
	debugging: { opus: 0.95, sonnet: 0.4, haiku: 0.3 },
	factual: { opus: 0.4, sonnet: 0.95, haiku: 0.4 },
	creative: { opus: 0.3, sonnet: 0.4, haiku: 0.95 },
};

/** A number from 0 to 1 that is the same for the same words. */
const chance = (words: string) => Number.parseInt(hashText(words).slice(-6), 16) / 0xffffff;
const nameOf = (modelId: string): Model => MODELS.find((name) => modelId.includes(name)) ?? 'haiku';

let project: TemporaryProject;
/** The model that answers 404. */
let gone: Model | null;
let simulator: ProviderSimulator;
/** Milliseconds until a model says anything. */
let firstTokenMs = 0;
/** What a judge says of a prompt. */
let judge: (shown: { a: number; b: number; isSame: boolean; text: string }) => Partial<SimulatedModel>;

/** How good an answer is that the simulated models gave to a task; 0 for one that is broken or to another task. */
function rate(answer: string, task: string): number {
	const [, of, model] = /^Task (\w+), answered by tone (\w+)/.exec(answer) ?? [];
	return of === task ? 1 + ['low', 'middle', 'high'].indexOf(model ?? '') : 0;
}

function answer({ bodyText, model }: { bodyText: string; model: string }): SimulatedModel {
	const text = JSON.parse(
		`"${/"(?:text|content)":\s*"((?:[^"\\]|\\.)*Task (?:[^"\\]|\\.)*)"/.exec(bodyText)?.[1] ?? ''}"`,
	);
	const task = /Task (\w+)/.exec(text)?.[1] ?? '';
	const shown = [...text.matchAll(/<answer-[AB] \w+>\n([\s\S]*?)\n<\/answer/g)].map(([, each]) => each ?? '');
	if (shown.length === 2) {
		const [a = '', b = ''] = shown;
		return judge({ a: rate(a, task), b: rate(b, task), isSame: a === b, text });
	}
	const name = nameOf(model);
	if (name === gone) return { afterwards: '404' };
	const type = /of type (\w+)/.exec(text)?.[1] ?? '';
	const tone = { opus: 'high', sonnet: 'middle', haiku: 'low' }[name];
	if (!(type in TRUTH))
		return { text: `Task ${task}, answered by tone ${tone} in so many words that they can be put out of order.` };
	return { text: chance(`${task} ${name}`) < (TRUTH[type]?.[name] ?? 0) ? `right ${task}` : 'wrong', firstTokenMs };
}

const say = (verdict: string) => ({ text: JSON.stringify({ reason: 'It is so.', verdict }) });
const goodJudge: typeof judge = ({ a, b, isSame }) => say(isSame || a === b ? 'tie' : a > b ? 'A' : 'B');

beforeEach(async () => {
	project = createTemporaryProject();
	simulator = await startProviderSimulator({ answerWith: answer, keptRequests: 10_000 });
	judge = goodJudge;
	gone = null;
	firstTokenMs = 0;
});
afterEach(async () => {
	await simulator.close();
	project.remove();
});

const keys = () => ({
	ANTHROPIC_API_KEY: 'x',
	ANTHROPIC_BASE_URL: simulator.url,
	OPENAI_API_KEY: 'x',
	OPENAI_BASE_URL: `${simulator.url}/v1`,
});
const evaluate = (...args: string[]) => callSwitchyard(project, ['evaluate', ...args], { env: keys() });
const writeTasks = (tasks: readonly object[], file = 'tasks.jsonl') =>
	writeFileSync(join(project.path, file), tasks.map((task) => JSON.stringify(task)).join('\n'));
function writeConfig(config: object): void {
	const folder = join(project.path, '.claude', 'orchestration', 'routing');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}
const checked = (count: number) =>
	Object.keys(TRUTH).flatMap((type) =>
		Array.from({ length: count }, (_, index) => ({
			id: `${type}${index}`,
			prompt: `Task ${type}${index} of type ${type}: say what is right.`,
			type,
			check: { match: `right ${type}${index}` },
		})),
	);
const judged = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		id: `j${index}`,
		prompt: `Task j${index}: write.`,
		check: { judge: true },
	}));
const COMPARE = ['--tasks', 'tasks.jsonl', '--models', MODELS.join(), '--budget', '2.00'];

it('with $2 the best model of each type of task is found and named with its confidence; what nobody asked for is left as it was', async () => {
	writeTasks(checked(14));
	const { code, stderr, stdout } = await evaluate(...COMPARE, '--json', '--junit', 'junit.xml', '--concurrency', '8');
	expect(code, stderr).toBe(0);
	const report: RunSummary & { spentUsd: number; run: string } = JSON.parse(stdout);
	expect(report).toMatchObject({ complete: 42, tasks: 42, leftOut: [], state: 'complete' });
	const best = report.best.filter(({ taskType }) => taskType !== null);
	expect(best.map(({ isShown, model, taskType }) => [taskType, model, isShown])).toEqual([
		['creative', 'haiku', true],
		['debugging', 'opus', true],
		['factual', 'sonnet', true],
	]);
	for (const { confidence } of best) expect(confidence).toBeGreaterThanOrEqual(0.95);
	expect(report.policies.map(({ name }) => name)).toContain('always sonnet');
	expect(readFileSync(join(project.path, 'junit.xml'), 'utf8')).toContain('tests="126"');

	const system = createRoutingSystem({}, {}, { projectDirectory: project.path, environment: {} });
	const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
	try {
		const tags = await system.costBy('tag', all);
		const ofRun = tags.find(({ key }) => key === `evaluation-${report.run}`);
		expect((ofRun?.costNanoUsd ?? 0) / 1e9).toBeCloseTo(report.spentUsd, 9);
		expect(ofRun?.requests).toBe(126);
		expect((await system.stats()).totalDecisions).toBe(0);
		expect(await system.exportData(all)).toMatchObject({ decisions: [], outcomes: [] });
		expect((await system.savings(all)).every(({ actualCost }) => actualCost === 0)).toBe(true);
	} finally {
		await system.close();
	}
	const before = await createAndRoute();
	expect((await evaluate('--resume', report.run, '--learn')).code).toBe(0);
	expect(simulator.requests).toHaveLength(126);
	expect(before).toBe(0);
	expect(await createAndRoute()).toBeGreaterThan(0);
});

/** Judged outcomes that stand behind the expected quality of `opus` at debugging. */
async function createAndRoute(): Promise<number> {
	const system = createRoutingSystem({}, {}, { projectDirectory: project.path, environment: {} });
	try {
		const decision = await system.routeTask('Fix the bug in this function', {
			constraints: { allowedModels: ['opus'] },
		});
		return decision.scores[0]?.predictedQuality?.outcomes ?? 0;
	} finally {
		await system.close();
	}
}

describe('a judge', () => {
	const run = async () => {
		writeTasks(judged(8));
		const args = [
			'--tasks',
			'tasks.jsonl',
			'--models',
			'opus,haiku',
			'--budget',
			'3',
			'--judge',
			'gpt-5.6-sol',
			'--concurrency',
			'16',
		];
		const { code, stderr, stdout } = await evaluate(...args);
		expect(code, stderr).toBe(0);
		return stdout;
	};
	const WITHHELD = 'The judge is not believed: what it says of the models is withheld.';

	it('that knows is believed, also of tasks whose text was captured; opted-in tasks are sent as they were asked', async () => {
		writeConfig({ storage: { captureTaskText: true } });
		const system = createRoutingSystem({}, {}, { projectDirectory: project.path, environment: {} });
		for (const { prompt } of judged(8)) await system.routeTask(prompt);
		await system.close();
		const args = [
			'--captured',
			'8',
			'--models',
			'sonnet,haiku',
			'--budget',
			'3',
			'--judge',
			'opus',
			'--concurrency',
			'16',
		];
		const { code, stderr, stdout } = await evaluate(...args);
		expect(code, stderr).toBe(0);
		expect(stdout).toContain('8 of 8 tasks count');
		expect(stdout).not.toContain(WITHHELD);
		expect(stdout).toMatch(/judged: sonnet \(9\d\.\d % sure\)/);
	});

	it('that is wrong one time in five is noticed', async () => {
		let replies = 0;
		judge = (shown) => {
			const right = goodJudge(shown);
			replies += 1;
			if (replies % 5 !== 0) return right;
			return right.text?.includes('"A"') ? say('B') : say('A');
		};
		const stdout = await run();
		expect(stdout).toContain(WITHHELD);
		expect(stdout).toContain('It is often wrong where the truth is known');
	});

	it('that answers nonsense is noticed, and nonsense is no tie', async () => {
		judge = () => ({ text: 'Both answers have their merits. I would call it a tie!' });
		const stdout = await run();
		expect(stdout).toContain(WITHHELD);
		expect(stdout).toContain('Its replies are often no verdict');
		expect(stdout).toContain('0 decided, 0 abstained (its two orders contradict each other), 8 without a verdict');
	});

	it('that always says "first" is noticed', async () => {
		judge = () => say('A');
		const stdout = await run();
		expect(stdout).toContain(WITHHELD);
		expect(stdout).toContain('the one shown first wins 100 %');
	});

	it('that is one of the compared models is refused, and so are tasks that nobody judges', async () => {
		writeTasks(judged(2));
		const own = await evaluate(...COMPARE, '--judge', OPUS_ID);
		expect(own.code).toBe(2);
		const none = await evaluate(...COMPARE);
		expect(none.stderr).toContain('Task "j0" is to be judged: name a model with --judge');
		expect(own.stderr).toContain('cannot judge opus');
		expect(simulator.requests).toHaveLength(0);
	});
});

it('the cap is never passed with sixteen calls at once; the run says that its budget ended, and goes on with more', async () => {
	writeTasks(checked(10));
	const args = ['--tasks', 'tasks.jsonl', '--models', MODELS.join(), '--concurrency', '16', '--max-output', '256'];
	const ended = await evaluate(...args, '--budget', '0.02', '--json');
	expect(ended.code, ended.stderr).toBe(3);
	const report = JSON.parse(ended.stdout);
	expect(report.state).toBe('budget-ended');
	expect(report.complete).toBeGreaterThan(0);
	expect(report.complete).toBeLessThan(30);
	expect(report.spentUsd).toBeLessThanOrEqual(0.02);
	for (const { tasks } of report.models) expect(tasks).toBeLessThanOrEqual(report.complete);
	const system = createRoutingSystem({}, {}, { projectDirectory: project.path, environment: {} });
	const tags = await system.costBy('tag', { from: 0, to: Number.MAX_SAFE_INTEGER });
	await system.close();
	const charged = tags.find(({ key }) => key === `evaluation-${report.run}`)?.costNanoUsd ?? 0;
	expect(charged).toBeLessThanOrEqual(20_000_000);
	expect(ended.stderr).toContain('with a smaller --max-output a new run holds less');
	expect((await evaluate('--resume', report.run)).stdout).toMatch(
		/spent\. What is left does not hold the most that the next call may cost\.\n/,
	);
	expect(ended.stderr).toContain(`switchyard evaluate --resume ${report.run} --budget MORE`);
	const more = await evaluate('--resume', report.run, '--budget', '1', '--json');
	expect(JSON.parse(more.stdout)).toMatchObject({ state: 'complete', complete: 30 });
	expect(simulator.requests).toHaveLength(90);
});

it('a run that was killed goes on: what was answered is not asked again', async () => {
	writeTasks(checked(8));
	const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
	const child = project.start(
		process.execPath,
		[main, 'evaluate', ...COMPARE, '--concurrency', '2', '--max-output', '256'],
		{
			env: keys(),
			stdio: 'ignore',
		},
	);
	const ended = new Promise((resolve) => child.on('exit', resolve));
	await expect.poll(() => simulator.requests.length, { timeout: 20_000, interval: 10 }).toBeGreaterThan(20);
	child.kill('SIGKILL');
	await ended;
	const asked = simulator.requests.length;
	expect(asked).toBeLessThan(72);
	const { stderr } = await evaluate('--resume', 'none');
	const run = /The latest are (\w+)/.exec(stderr)?.[1] ?? '';
	const { code, stdout } = await evaluate('--resume', run, '--json');
	expect(code).toBe(0);
	expect(JSON.parse(stdout)).toMatchObject({ state: 'complete', complete: 24 });
	// at most what was under way is asked twice
	expect(simulator.requests.length).toBeLessThanOrEqual(72 + 2);
});

it('a run whose tasks or models are not what they were does not go on, and says what is another', async () => {
	writeTasks(checked(2));
	const { run } = JSON.parse((await evaluate(...COMPARE, '--json')).stdout);
	const [first, ...others] = checked(2);
	writeTasks([{ ...first, prompt: 'Another task' }, ...others.slice(1), { ...first, id: 'new' }]);
	const changed = await evaluate('--resume', run);
	expect(changed.code).toBe(2);
	expect(changed.stderr).toContain('tasks are changed: debugging0; tasks are gone: debugging1; tasks are new: new');
	writeTasks(checked(2));
	const other = await evaluate('--resume', run, '--models', 'opus,haiku');
	expect(other.stderr).toContain('--models says opus,haiku, the run compares opus,sonnet,haiku');
	const dearer = {
		...DEFAULT_MODEL_PROFILES.find(({ name }) => name === 'haiku'),
		pricing: undefined,
		costPer1kOutputTokens: 1,
	};
	writeConfig({ models: [dearer] });
	expect((await evaluate('--resume', run)).stderr).toContain('haiku has another id, provider or price');
});

it('a model that its provider serves no more in the middle of a run ends it, and the tasks it has not answered count nowhere', async () => {
	writeTasks(checked(4));
	const { code, stdout } = await evaluate(...COMPARE, '--concurrency', '1');
	expect(code).toBe(0);
	gone = 'haiku';
	writeTasks(checked(5));
	const stopped = await evaluate(...COMPARE, '--concurrency', '1');
	expect(stdout).toContain('12 of 12 tasks count');
	expect(stopped.code).toBe(1);
	expect(stopped.stdout).toMatch(/^Stopped: 0 of 15 tasks count, .* haiku cannot be called any more \(not-found: /);
	expect(stopped.stderr).toContain('Go on with: switchyard evaluate --resume');
});

it('a second process on a run is refused while the first works on it: nobody pays twice', async () => {
	writeTasks(checked(1));
	firstTokenMs = 400;
	const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
	const args = [main, 'evaluate', ...COMPARE, '--concurrency', '1', '--max-output', '256'];
	const child = project.start(process.execPath, args, { env: keys(), stdio: 'ignore' });
	const ended = new Promise((resolve) => child.on('exit', resolve));
	await expect.poll(() => simulator.requests.length, { timeout: 20_000, interval: 10 }).toBeGreaterThan(0);
	const run = /The latest are (\w+)/.exec((await evaluate('--resume', 'none')).stderr)?.[1] ?? '';
	const second = await evaluate('--resume', run);
	expect(second.code).toBe(2);
	expect(second.stderr).toContain(`Process ${child.pid} on `);
	expect(second.stderr).toContain(`works on run ${run}`);
	await ended;
	expect(simulator.requests).toHaveLength(9);
});

it('what the simulator answers is nobody’s bill: it is not kept, not learned from and mixes with no run', async () => {
	writeTasks(checked(2));
	const simulated = await evaluate(...COMPARE, '--simulate');
	expect(simulated.stderr).not.toContain('--resume');
	expect(simulated.stdout).toContain('tasks count');
	expect(simulator.requests).toHaveLength(0);
	const spent = await callSwitchyard(project, ['cost', '--json']);
	expect(spent.stdout).not.toContain('evaluation');
	expect((await evaluate('--resume', 'none')).stderr).toContain('There are none here.');
	expect((await evaluate(...COMPARE, '--simulate', '--learn')).stderr).toContain('nothing is learned from it');
	const { run } = JSON.parse((await evaluate(...COMPARE, '--json')).stdout);
	expect((await evaluate('--resume', run, '--simulate')).stderr).toContain('leave --simulate out');
});

it('a report that cannot be written is said before anything is paid for', async () => {
	writeTasks(checked(1));
	for (const option of ['--report', '--junit']) {
		const { code, stderr } = await evaluate(...COMPARE, option, join(project.path, 'none', 'x'));
		expect([code, stderr]).toEqual([
			2,
			expect.stringMatching(new RegExp(`${option}: .* cannot be written \\(ENOENT\\)`)),
		]);
	}
	expect(simulator.requests).toHaveLength(0);
});

it('a run goes on from any folder, with its tasks where they are now; its budget is not below what it has spent', async () => {
	writeTasks(checked(1));
	const { run, spentUsd } = JSON.parse((await evaluate(...COMPARE, '--json')).stdout);
	const folder = join(project.path, 'elsewhere');
	mkdirSync(folder);
	const elsewhere = { ...project, path: folder };
	const resume = (...args: string[]) =>
		callSwitchyard(elsewhere, ['evaluate', '--resume', run, '--project', project.path, ...args], { env: keys() });
	expect((await resume()).stdout).toContain('3 of 3 tasks count');
	expect((await resume('--budget', `${spentUsd / 2}`)).stderr).toMatch(
		/--budget says \S+, and \S+ of the run are spent/,
	);
	renameSync(join(project.path, 'tasks.jsonl'), join(folder, 'moved.jsonl'));
	expect((await resume()).stderr).toContain('Say with --tasks where the tasks of the run are now');
	expect((await resume('--tasks', 'moved.jsonl')).stdout).toContain('3 of 3 tasks count');
});

describe('a command that checks answers', () => {
	const byCommand = (...command: string[]) => {
		writeTasks([{ id: 'one', prompt: 'Task one: write.', check: { command } }]);
		const args = ['--tasks', 'tasks.jsonl', '--models', 'haiku', '--budget', '1', '--check-timeout', '1'];
		return evaluate(...args, '--allow-commands');
	};

	it('is run only where that is allowed, and says by its exit code whether the answer is right', async () => {
		const code =
			"process.exit(require('fs').readFileSync('answer.txt','utf8').startsWith('Task one') && !process.env.ANTHROPIC_API_KEY ? 0 : 1)";
		const { stdout } = await byCommand('node', '-e', code);
		expect(stdout).toContain('1 of 1 tasks count');
		expect(stdout).toMatch(/haiku +1 +100 %/);
		const refused = await evaluate('--tasks', 'tasks.jsonl', '--models', 'haiku', '--budget', '1');
		expect(refused.code).toBe(2);
		expect(refused.stderr).toContain('then add --allow-commands');
	});

	it.each([
		['sh', '-c', 'echo ERR_ACCESS_DENIED >&2; exit 1'],
		['node', '-e', "console.error('ERR_ACCESS_DENIED'); process.exit(1)"],
	])('says that an answer is wrong also where it prints the name of an error of Node’s: %s', async (...command) => {
		const { code, stdout } = await byCommand(...command);
		expect([code, stdout]).toEqual([0, expect.stringMatching(/haiku +1 +0 %/)]);
	});

	it('is ended with all it has started when it hangs, and the answer counts nowhere', async () => {
		const startedAt = Date.now();
		const { code, stdout } = await byCommand('sh', '-c', 'sleep 30 & sleep 30');
		expect(stdout).toContain('0 of 1 tasks count');
		expect(code).toBe(1);
		expect(stdout).toContain('check: sh took over 1 s');
		expect(Date.now() - startedAt).toBeLessThan(10_000);
	});

	it('is caught when it writes outside its folder, by Node’s permissions or by what has changed', async () => {
		const target = join(project.path, 'mine.txt');
		const node = await byCommand('node', '-e', `require('fs').writeFileSync(${JSON.stringify(target)}, 'x')`);
		expect(node.stdout).toContain('check: node tried what it may not');
		expect(existsSync(target)).toBe(false);
		const shell = await byCommand('sh', '-c', 'echo x > {workdir}/mine.txt');
		expect(shell.stdout).toContain('check: sh wrote outside its folder');
		writeConfig({ storage: { path: 'routing.db' } });
		const beside = await byCommand('sh', '-c', 'echo x > {workdir}/other.txt');
		expect(beside.stdout).toContain('check: sh wrote outside its folder');
		const folder = await byCommand(
			'sh',
			'-c',
			'mkdir -p {workdir}/.claude/orchestration/routing; echo x > {workdir}/.claude/orchestration/routing/mine.txt',
		);
		expect(folder.stdout).toContain('check: sh wrote outside its folder');
		expect(shell.stdout).toContain('0 of 1 tasks count');
	});
});

describe('a check that would pass wrong answers or undo its own bounds', () => {
	it.each([
		[{ command: ['node', '--allow-child-process', 'x.mjs'] }, 'gives node --allow-child-process'],
		[{ command: ['node', '--allow_fs_write=*', 'x.mjs'] }, 'gives node --allow_fs_write=*'],
		[{ command: ['node', '--no-permission', 'x.mjs'] }, 'gives node --no-permission'],
		[{ command: ['node', '--env-file=x', 'x.mjs'] }, 'gives node --env-file=x'],
		[{ schema: { type: 'object', requird: ['a'] } }, '#/requird is not checked here'],
		[{ regex: 'a', flags: 5 }, '"check.flags" must be a text'],
	])('is refused before anything is paid for: %j', async (check, message) => {
		writeTasks([{ id: 'one', prompt: 'Task one: write.', check }]);
		const { code, stderr } = await evaluate(...COMPARE, '--allow-commands');
		expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
		expect(simulator.requests).toHaveLength(0);
	});
});

it('a regular expression that needs years, a file that is wrong and a model that nobody knows are said, and cost nothing', async () => {
	writeTasks([{ id: 'slow', prompt: 'Task slow: write.', check: { regex: '^([\\w ,]+)*!$' } }]);
	expect((await evaluate('--tasks', 'tasks.jsonl', '--models', 'haiku', '--budget', '1')).stdout).toContain(
		'check: the regular expression took over 1 s',
	);
	const asked = simulator.requests.length;
	writeFileSync(join(project.path, 'tasks.jsonl'), '{"id":"a","prompt":"x"}\n{');
	const wrong = await evaluate(...COMPARE);
	expect(wrong.code).toBe(2);
	expect(wrong.stderr).toContain('line 1: "check" is missing');
	expect(wrong.stderr).toContain('line 2: it is no JSON');
	writeTasks(checked(1));
	expect((await evaluate('--tasks', 'tasks.jsonl', '--models', 'opus,sonet', '--budget', '1')).stderr).toContain(
		'sonnet',
	);
	expect((await evaluate('--tasks', 'tasks.jsonl', '--models', 'opus')).stderr).toContain('--budget 2.00');
	expect(
		(await evaluate('--captured', '5', '--models', 'opus,haiku', '--judge', 'gpt-5.6-sol', '--budget', '1')).stderr,
	).toContain('captureTaskText');
	expect(simulator.requests).toHaveLength(asked);
});
