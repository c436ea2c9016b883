import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { createRoutedPorts, type RoutedPorts } from '../../ai-sdk/index.ts';
import {
	type EvaluationPlan,
	type EvaluationRun,
	getRunTag,
	type ModelName,
	type NanoUsd,
	nanoToUsd,
	usdToNano,
} from '../../contracts/index.ts';
import { InvalidInputError, NoEligibleModelError } from '../../errors/index.ts';
import {
	type EvaluationEnd,
	type EvaluationProgress,
	EvaluationRunner,
	type EvaluationTask,
	parseTaskFile,
	type RunSummary,
	summarizeRun,
	type TaskFile,
} from '../../evaluate/index.ts';
import {
	type CallableProject,
	CONFIG_DEFAULTS,
	loadProject,
	openCallableProject,
	type ProjectOptions,
	resolveAccesses,
} from '../../project.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { hashText } from '../../util/index.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { renderJunit } from '../junit.ts';
import type { GlobalOptions } from '../options.ts';
import { formatUsd, writeWholeFile } from '../output.ts';
import { inProject, inSession, type Session } from '../session.ts';
import { prepareSimulatedProviders } from '../simulated-deployments.ts';
import { createAnswerChecks } from './answer-checks.ts';
import { withClaim } from './claim-run.ts';
import { createModelCalls } from './create-model-calls.ts';
import { formatRun } from './evaluation-text.ts';
import { checkUnchanged, describeTask, estimateRun, planRun, readCaptured } from './plan-run.ts';

/** Flags of `evaluate --tasks`, `--captured` and `--resume`. */
export interface EvaluateTasksFlags extends GlobalOptions {
	tasks?: string;
	captured?: number;
	resume?: string;
	models?: string[];
	judge?: string;
	/** USD. */
	budget?: number;
	concurrency?: number;
	maxOutput?: number;
	allowCommands?: boolean;
	workdir?: string;
	/** Seconds. */
	checkTimeout?: number;
	report?: string;
	junit?: string;
	learn?: boolean;
	simulate?: boolean;
}

/** Policies that are put beside the models. */
const POLICIES = ['auto', 'best', 'cheap', 'cheapest'];
/** Where the tasks of a run come from that were captured. */
const CAPTURED = 'captured';
const DEFAULT_CONCURRENCY = 4;
/** Longest answer where nobody says otherwise, tokens; so much is held for each call. */
const DEFAULT_MAX_OUTPUT = 4096;
const DEFAULT_CHECK_TIMEOUT_S = 30;
/** Milliseconds between two lines of progress where there is no terminal. */
const PROGRESS_INTERVAL_MS = 10_000;

function readTasks(path: string, isResumed: boolean): TaskFile {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (cause) {
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		const next = isResumed
			? 'Say with --tasks where the tasks of the run are now.'
			: 'Name a file with one JSON object in each line.';
		throw new InvalidInputError(`${path} cannot be read (${reason}). ${next}`, { cause });
	}
	return parseTaskFile(text, path);
}

/** Before anything is paid for. @throws InvalidInputError where a file cannot be written */
function checkWritable(option: string, path: string | undefined): void {
	if (path === undefined) return;
	try {
		accessSync(dirname(resolve(path)), constants.W_OK | constants.X_OK);
		if (existsSync(path)) readFileSync(path);
	} catch (cause) {
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		throw new InvalidInputError(
			`${option}: ${path} cannot be written (${reason}). Name a file in a folder that is there and that you may write in.`,
			{ cause },
		);
	}
}

/** The run that goes on. @throws InvalidInputError where there is none of that id */
async function readRun(flags: EvaluateTasksFlags, id: string): Promise<EvaluationRun> {
	let run: EvaluationRun | null = null;
	let known: string[] = [];
	await inProject(flags, async ({ system }) => {
		const { evaluations } = await system.storage();
		run = await evaluations.run(id);
		known = (await evaluations.runs(3)).map((each) => each.id);
	});
	if (run !== null) return run;
	const latest = known.length === 0 ? 'There are none here.' : `The latest are ${known.join(', ')}.`;
	throw new InvalidInputError(`There is no run ${JSON.stringify(id)}. ${latest}`);
}

/** The project with what the run may spend as one limit more, that nothing may pass. */
function openProjectOfRun(
	runId: string,
	budgetUsd: number,
	simulated: ReturnType<typeof prepareSimulatedProviders> | null,
): (options: ProjectOptions) => Promise<CallableProject> {
	return async (options) => {
		const loaded = loadProject(options);
		const accesses = simulated === null ? resolveAccesses(loaded, options) : await simulated.accesses();
		if (accesses.length === 0)
			throw new InvalidInputError(
				'No model can be called: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own under "deployments". --simulate tries the command on made-up answers.',
			);
		const rule = {
			scope: 'tag' as const,
			of: getRunTag(runId),
			period: 'total' as const,
			limit: budgetUsd,
			atLimit: 'refuse' as const,
			warnAt: [],
		};
		// what is made up counts nowhere: neither in the ledger nor against limits, and nobody is alerted
		const budget = simulated === null ? loaded.config.budget : CONFIG_DEFAULTS.budget;
		const config = { ...loaded.config, budget: { ...budget, rules: [...(budget.rules ?? []), rule] } };
		const paths = simulated === null ? loaded.paths : { ...loaded.paths, databaseFile: ':memory:' };
		return openCallableProject({ ...loaded, config, paths }, accesses, options);
	};
}

/** What a new run is asked for with. @throws InvalidInputError for what is missing */
function requireNewRun(flags: EvaluateTasksFlags): { models: readonly string[]; budget: number } {
	const { budget, models = [] } = flags;
	if (flags.tasks !== undefined && flags.captured !== undefined)
		throw new InvalidInputError('Name a file with --tasks or a number with --captured, not both.');
	if (models.length === 0) throw new InvalidInputError('Say which models to compare: --models opus,sonnet,haiku.');
	if (budget === undefined || budget <= 0)
		throw new InvalidInputError('Say what the run may cost at most, in USD: --budget 2.00.');
	return { models, budget };
}

/** @throws InvalidInputError for what would mix made-up answers with real ones */
function checkSimulation({ learn, resume, simulate }: EvaluateTasksFlags): void {
	if (simulate !== true) return;
	if (resume !== undefined)
		throw new InvalidInputError(
			'A run goes on as it began, with real answers: leave --simulate out. What the simulator answers is not kept.',
		);
	if (learn === true)
		throw new InvalidInputError(
			'What the simulator answers is made up: nothing is learned from it. Leave --learn out.',
		);
}

/** `switchyard evaluate --tasks FILE`, `--captured N` and `--resume RUN` */
export async function evaluateTasks(flags: EvaluateTasksFlags): Promise<void> {
	checkSimulation(flags);
	checkWritable('--report', flags.report);
	checkWritable('--junit', flags.junit);
	const known = flags.resume === undefined ? null : await readRun(flags, flags.resume);
	const budget = flags.budget ?? (known === null ? requireNewRun(flags).budget : nanoToUsd(known.budgetNanoUsd));
	if (known === null) requireNewRun(flags);
	const named = flags.tasks === undefined ? undefined : resolve(flags.tasks);
	const source = named ?? (flags.captured === undefined ? known?.plan.source : CAPTURED) ?? CAPTURED;
	// before anything is opened: a file that is wrong costs nothing
	let file = source === CAPTURED ? null : readTasks(flags.tasks ?? source, flags.tasks === undefined);
	const id = known?.id ?? randomBytes(6).toString('hex');
	const simulated = flags.simulate === true ? prepareSimulatedProviders() : null;
	if (simulated !== null && file === null)
		await inProject(flags, async ({ system }) => {
			file = await readCaptured(system, flags.captured ?? 0);
		});
	try {
		await inSession(flags, openProjectOfRun(id, budget, simulated), async (session) => {
			const { deployments, loaded, system } = session;
			const ports = createRoutedPorts({ system, deployments, streams: loaded.config.gateway.streams });
			const tasks =
				file ?? (await readCaptured(system, known === null ? (flags.captured ?? 0) : Object.keys(known.plan.tasks)));
			const asked = { models: flags.models, judge: flags.judge, maxOutputTokens: flags.maxOutput };
			let run = known;
			if (run === null) {
				const plan: EvaluationPlan = planRun(ports, tasks, {
					...asked,
					models: asked.models ?? [],
					maxOutputTokens: flags.maxOutput ?? DEFAULT_MAX_OUTPUT,
					source,
					seed: Number.parseInt(hashText(id).slice(-7), 16),
				});
				run = { id, plan, budgetNanoUsd: usdToNano(budget), at: Date.now(), learnedAt: null };
			} else {
				checkUnchanged(run.plan, ports, tasks, asked);
				const spent = nanoToUsd(await readSpent(system, run));
				if (flags.budget !== undefined && flags.budget < spent)
					throw new InvalidInputError(
						`--budget says ${formatUsd(flags.budget)}, and ${formatUsd(spent)} of the run are spent. Give more, or leave it out.`,
					);
				run = { ...run, budgetNanoUsd: usdToNano(budget) };
			}
			await runInSession({ ...session, ports, run, source, tasks, isNew: known === null }, flags);
		});
	} finally {
		await simulated?.close();
	}
}

interface RunSession extends Session {
	ports: RoutedPorts;
	run: EvaluationRun;
	tasks: TaskFile;
	/** The file of the tasks as it is named now, or `captured`. */
	source: string;
	isNew: boolean;
}

/** What a run has cost, by the ledger: calls that failed may have been billed as well. */
async function readSpent(system: RoutingSystem, { at, id }: EvaluationRun): Promise<NanoUsd> {
	const tags = await system.costBy('tag', { from: at, to: Number.MAX_SAFE_INTEGER });
	return tags.find(({ key }) => key === getRunTag(id))?.costNanoUsd ?? 0;
}

async function runInSession(session: RunSession, flags: EvaluateTasksFlags): Promise<void> {
	const { isNew, loaded, output, ports, run, signal, source, system, tasks } = session;
	const { plan } = run;
	const store = (await system.storage()).evaluations;
	const check = createAnswerChecks(tasks.tasks, {
		areCommandsAllowed: flags.allowCommands === true,
		workdir: resolve(flags.workdir ?? (source === CAPTURED ? '.' : dirname(source))),
		unwatched: [loaded.paths.databaseFile, loaded.paths.logFile].map((path) => resolve(path)),
		timeoutMs: 1000 * (flags.checkTimeout ?? DEFAULT_CHECK_TIMEOUT_S),
		signal,
	});
	if (isNew) await store.create(run);
	const expected = estimateRun(system, plan, tasks);
	const limit = formatUsd(nanoToUsd(run.budgetNanoUsd), 2);
	const end = await withClaim(store, run.id, signal, async (held) => {
		await store.update(run.id, { budgetNanoUsd: run.budgetNanoUsd });
		output.note(
			`Run ${run.id}: ${tasks.tasks.length} tasks × ${plan.arms.length} models, about ${formatUsd(expected)} in all, ${limit} at most.`,
		);
		if (expected > nanoToUsd(run.budgetNanoUsd)) output.warn('The budget will probably end before the last task.');
		if (flags.simulate === true)
			output.note(
				"The built-in simulator answers: its texts are made up, what they cost is nobody's bill, and nothing of the run is kept.",
			);
		const progress = showProgress(output.isJson ? null : output);
		const runner = new EvaluationRunner(
			run,
			{
				...createModelCalls({ run, ports, signal: held }),
				store,
				now: Date.now,
				check,
				describe: (task) => describeTask(system, task),
				signal: held,
				onProgress: progress.show,
			},
			flags.concurrency ?? DEFAULT_CONCURRENCY,
		);
		const ended = await runner.run(tasks.tasks, tasks.rated);
		progress.end();
		return ended;
	});
	const summary = await readSummary(session);
	await reportRun(session, { end, summary }, flags);
}

async function readSummary({ run, system, tasks }: RunSession): Promise<RunSummary> {
	const { evaluations } = await system.storage();
	const models = run.plan.arms.map(({ model }) => model);
	return summarizeRun({
		...tasks,
		models,
		hasJudge: run.plan.judge !== null,
		answers: await evaluations.answers(run.id),
		verdicts: await evaluations.verdicts(run.id),
		choices: new Map(
			POLICIES.flatMap((policy) => {
				const chosen = decideAll(system, policy, tasks.tasks, models);
				return chosen === null ? [] : [[policy, chosen] as const];
			}),
		),
	});
}

/** What a policy would have chosen of the compared models; `null` where it can choose none of them for some task. */
function decideAll(
	system: RoutingSystem,
	policy: string,
	tasks: readonly EvaluationTask[],
	models: readonly ModelName[],
): Map<string, ModelName> | null {
	const router = system.router.createTrial(policy === 'auto' ? undefined : policy);
	try {
		return new Map(
			tasks.map((task) => {
				const { taskType: type, descriptor } = describeTask(system, task);
				const constraints = { ...descriptor.constraints, allowedModels: [...models] };
				return [task.id, router.route({ ...descriptor, type, constraints }).model.name];
			}),
		);
	} catch (error) {
		if (error instanceof NoEligibleModelError) return null;
		throw error;
	}
}

async function reportRun(
	session: RunSession,
	{ end, summary }: { end: EvaluationEnd; summary: RunSummary },
	flags: EvaluateTasksFlags,
): Promise<void> {
	const { output, run, source, system } = session;
	const spent = await readSpent(system, run);
	const { evaluations } = await system.storage();
	const answers = await evaluations.answers(run.id);
	const checked = answers.filter(({ quality }) => quality !== null);
	const isLearned = flags.learn === true && checked.length > 0;
	if (isLearned) await evaluations.update(run.id, { learnedAt: Date.now() });
	const whole = {
		run: run.id,
		...end,
		budgetUsd: nanoToUsd(run.budgetNanoUsd),
		spentUsd: nanoToUsd(spent),
		learned: isLearned ? checked.length : 0,
		...summary,
	};
	const document = { ...whole, answers, verdicts: await evaluations.verdicts(run.id) };
	// what was paid for is shown, whatever becomes of the files
	output.result(whole, () => formatRun(whole, output));
	sayNext(session, { end, summary, learned: isLearned ? checked.length : 0, checked: checked.length }, flags);
	const testName = source === CAPTURED ? CAPTURED : basename(source);
	if (flags.report !== undefined)
		await writeWholeFile(flags.report, `${JSON.stringify(document, null, 2)}\n`, '--report');
	if (flags.junit !== undefined)
		await writeWholeFile(flags.junit, renderJunit(toTestCases(answers), testName), '--junit');
}

/** What can be done next, and the exit code. */
function sayNext(
	{ output, run }: Pick<RunSession, 'output' | 'run'>,
	{ checked, end, learned, summary }: { end: EvaluationEnd; summary: RunSummary; checked: number; learned: number },
	{ learn = false, simulate = false }: EvaluateTasksFlags,
): void {
	const isShort = end.state === 'budget-ended';
	if (isShort) process.exitCode = EXIT_CODES.budgetExceeded;
	else if (end.state === 'stopped' || summary.complete === 0) process.exitCode ??= EXIT_CODES.error;
	if (isShort)
		output.note(
			'Before each call the most that it may cost is held: with a smaller --max-output a new run holds less.',
		);
	// there is nothing to go on with
	if (simulate) return;
	if (learn && learned === 0)
		output.note(
			'Nothing to learn: only what checks say counts for learning. A judge says which answer is better, not how good it is.',
		);
	if (end.state !== 'complete')
		output.note(`Go on with: switchyard evaluate --resume ${run.id}${isShort ? ' --budget MORE' : ''}`);
	else if (checked > 0 && !learn)
		output.hint(
			`Next: "switchyard evaluate --resume ${run.id} --learn" has the router learn from the checked answers.`,
		);
}

/** Checked answers as tests: what was judged is no test. */
function toTestCases(
	answers: Awaited<ReturnType<Awaited<ReturnType<RoutingSystem['storage']>>['evaluations']['answers']>>,
) {
	return answers.flatMap(({ error, latencyMs, model, quality, taskId }) => {
		if (quality === null && error === null) return [];
		const failures = error === null ? (quality === 100 ? [] : ['The check says that the answer is wrong.']) : [error];
		return [{ name: `${taskId}: ${model}`, failures, milliseconds: latencyMs }];
	});
}

/** Shows how far a run is: one line that changes on a terminal, a line now and then elsewhere. */
function showProgress(output: { note(text: string): void } | null) {
	let shownAt = Date.now();
	const isTerminal = output !== null && process.stderr.isTTY === true;
	const format = ({ done, spentNanoUsd, total }: EvaluationProgress) =>
		`${done} of ${total} answers and verdicts, ${formatUsd(nanoToUsd(spentNanoUsd), 4)} spent`;
	return {
		show: (progress: EvaluationProgress) => {
			if (isTerminal) process.stderr.write(`\r${format(progress)} `);
			else if (output !== null && Date.now() - shownAt >= PROGRESS_INTERVAL_MS) {
				shownAt = Date.now();
				output.note(format(progress));
			}
		},
		end: () => {
			if (isTerminal) process.stderr.write('\r\u001b[K');
		},
	};
}
