import type { RoutedPorts } from '../../ai-sdk/index.ts';
import { estimateCost, resolvePriceSheet, resolvePricing } from '../../catalog/index.ts';
import {
	type ClassifiedTask,
	type EvaluationArm,
	type EvaluationPlan,
	type ModelProfile,
	nanoToUsd,
	type TaskComplexity,
	type TaskType,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { checkJudgeIsNoArm, countCalls, type EvaluationTask, MAX_TASKS, type TaskFile } from '../../evaluate/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { stableHash } from '../../util/index.ts';

/** Models that one run compares at most: a judge sees every two of them. */
const MAX_ARMS = 6;
/** Tokens of a judge's reply, as is usual. */
const REPLY_TOKENS = 150;
/** Tokens around the answers that a judge is sent. */
const JUDGE_FRAME_TOKENS = 300;

/** What a run is asked to compare. */
export interface RunRequest {
	models: readonly string[];
	judge: string | undefined;
	maxOutputTokens: number;
	source: string;
	seed: number;
}

function toArm(profile: ModelProfile): EvaluationArm {
	const { modelId, name, provider } = profile;
	return { model: name, modelId, hash: stableHash({ provider, modelId, pricing: resolvePricing(profile) }) };
}

/** A model that can be called here within a budget. @throws UnknownModelError, InvalidInputError */
function requireModel({ deployments, system }: RoutedPorts, name: string): ModelProfile {
	const { catalog } = system.router;
	const profile = catalog.get(system.router.getModel(name)?.name ?? name);
	if (profile.kind === 'embedding')
		throw new InvalidInputError(`${profile.name} makes embeddings: it answers nothing.`);
	if (deployments.idsServing(profile.name).length === 0)
		throw new InvalidInputError(
			`${profile.name} cannot be called here: nothing serves it. "switchyard models" says which models are, "switchyard doctor" what is missing.`,
		);
	const obstacle = system.router.createAdmission(null)(profile.name);
	if (obstacle !== null) throw new InvalidInputError(`${profile.name}: ${obstacle}`);
	if (resolvePricing(profile) === null)
		throw new InvalidInputError(
			`${profile.name} has no price, so that no budget can hold it. Give it "pricing" under "models" in the config file.`,
		);
	return profile;
}

/** What a run compares, from now on frozen. @throws InvalidInputError for models that cannot be compared, and for a judge that is missing or is one of them */
export function planRun(ports: RoutedPorts, { rated, tasks }: TaskFile, request: RunRequest): EvaluationPlan {
	const arms = request.models.map((name) => requireModel(ports, name));
	const names = arms.map(({ name }) => name);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined)
		throw new InvalidInputError(`--models names ${twice} twice, perhaps by an alias. Name it once.`);
	if (arms.length > MAX_ARMS)
		throw new InvalidInputError(`--models names ${arms.length} models; a run compares at most ${MAX_ARMS}.`);
	const judged = tasks.find(({ check }) => check.kind === 'judge');
	if (judged !== undefined && request.judge === undefined)
		throw new InvalidInputError(
			`Task ${JSON.stringify(judged.id)} is to be judged: name a model with --judge that is none of the compared ones.`,
		);
	if (judged !== undefined && arms.length < 2)
		throw new InvalidInputError('A judge compares answers: name at least two models with --models.');
	const judge = request.judge === undefined || judged === undefined ? null : requireModel(ports, request.judge);
	if (judge !== null) checkJudgeIsNoArm(judge, arms);
	const { maxOutputTokens, seed, source } = request;
	return {
		source,
		tasks: Object.fromEntries([...tasks, ...rated].map(({ hash, id }) => [id, hash])),
		arms: arms.map(toArm),
		judge: judge === null ? null : toArm(judge),
		maxOutputTokens,
		seed,
	};
}

const listSome = (names: readonly string[]): string =>
	`${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

/** What is another than it was when the run began. */
function findTaskChanges(plan: EvaluationPlan, { rated, tasks }: TaskFile): string[] {
	const now = new Map([...tasks, ...rated].map(({ hash, id }) => [id, hash]));
	const then = new Map(Object.entries(plan.tasks));
	const changed = [...then.keys()].filter((id) => now.has(id) && now.get(id) !== then.get(id));
	const gone = [...then.keys()].filter((id) => !now.has(id));
	const added = [...now.keys()].filter((id) => !then.has(id));
	return [
		...(changed.length > 0 ? [`tasks are changed: ${listSome(changed)}`] : []),
		...(gone.length > 0 ? [`tasks are gone: ${listSome(gone)}`] : []),
		...(added.length > 0 ? [`tasks are new: ${listSome(added)}`] : []),
	];
}

function findArmChange({ deployments, system }: RoutedPorts, arm: EvaluationArm): string[] {
	const profile = system.router.catalog.find(arm.model);
	if (profile === undefined || profile.name !== arm.model) return [`${arm.model} is no longer in the catalog`];
	if (toArm(profile).hash !== arm.hash) return [`${arm.model} has another id, provider or price`];
	return deployments.idsServing(profile.name).length === 0 ? [`${arm.model} cannot be called here any more`] : [];
}

/** @throws InvalidInputError that names what is not as it was when the run began */
export function checkUnchanged(
	plan: EvaluationPlan,
	ports: RoutedPorts,
	file: TaskFile,
	asked: Pick<RunRequest, 'judge'> & { models: readonly string[] | undefined; maxOutputTokens: number | undefined },
): void {
	const resolveName = (name: string) => ports.system.router.getModel(name)?.name ?? name;
	const arms = plan.arms.map(({ model }) => model);
	const changes = [
		...findTaskChanges(plan, file),
		...[...plan.arms, ...(plan.judge === null ? [] : [plan.judge])].flatMap((arm) => findArmChange(ports, arm)),
	];
	const { judge, maxOutputTokens, models } = asked;
	if (models !== undefined && models.map(resolveName).join() !== arms.join())
		changes.push(`--models says ${models.join()}, the run compares ${arms.join()}`);
	if (judge !== undefined && resolveName(judge) !== plan.judge?.model)
		changes.push(`--judge says ${judge}, the run has ${plan.judge?.model ?? 'none'}`);
	if (maxOutputTokens !== undefined && maxOutputTokens !== plan.maxOutputTokens)
		changes.push(`--max-output says ${maxOutputTokens}, the run has ${plan.maxOutputTokens}`);
	if (changes.length === 0) return;
	throw new InvalidInputError(
		`The run cannot go on, as its figures would mix two comparisons: ${changes.join('; ')}. Put it back as it was, or start a new run.`,
	);
}

/** What the classifier reads out of a task; its type, where the file says it. */
export function describeTask(
	system: RoutingSystem,
	task: EvaluationTask,
): { taskType: TaskType; complexity: TaskComplexity; descriptor: ClassifiedTask } {
	const descriptor = system.classifier.classify({ messages: task.messages });
	return { taskType: task.type ?? descriptor.type, complexity: descriptor.complexity, descriptor };
}

/** What a run will cost as expected, USD: by what the router expects of each task, and of a judge's replies. */
export function estimateRun(
	system: RoutingSystem,
	{ arms, judge, maxOutputTokens }: EvaluationPlan,
	{ rated, tasks }: TaskFile,
): number {
	const { catalog } = system.router;
	const priceOf = (model: string, inputTokens: number, outputTokens: number): number => {
		const pricing = resolvePricing(catalog.get(model));
		if (pricing === null) return 0;
		return estimateCost(resolvePriceSheet(pricing, Date.now()), { inputTokens, outputTokens });
	};
	let nano = 0;
	let [tokens, judged] = [0, 0];
	for (const task of tasks) {
		const { descriptor } = describeTask(system, task);
		const output = Math.min(descriptor.estimatedOutputTokens, maxOutputTokens);
		for (const { model } of arms) nano += priceOf(model, descriptor.estimatedInputTokens, output);
		if (task.check.kind !== 'judge') continue;
		tokens += descriptor.estimatedInputTokens + 2 * output + JUDGE_FRAME_TOKENS;
		judged += 1;
	}
	if (judge !== null && judged > 0) {
		const { replies } = countCalls(tasks, rated, arms.length);
		nano += replies * priceOf(judge.model, tokens / judged, REPLY_TOKENS);
	}
	return nanoToUsd(nano);
}

/** Tasks whose text was captured: so many of the newest, or those with these ids. @throws InvalidInputError where there are none, with what to switch on */
export async function readCaptured(system: RoutingSystem, wanted: number | readonly string[]): Promise<TaskFile> {
	const { records } = await system.flush();
	const decisions =
		typeof wanted === 'number'
			? await records.decisions({ from: 0, to: Number.MAX_SAFE_INTEGER }, MAX_TASKS)
			: (await Promise.all(wanted.map((id) => records.decision(id)))).flatMap((decision) => decision ?? []);
	const seen = new Set<string>();
	const tasks = decisions.flatMap(({ id, taskHash, taskText, taskType }): EvaluationTask[] => {
		if (taskText === null || taskText.trim() === '' || (typeof wanted === 'number' && seen.has(taskText))) return [];
		seen.add(taskText);
		return [
			{
				id,
				messages: [{ role: 'user', content: taskText }],
				type: taskType,
				conversation: taskHash === '' ? id : taskHash,
				check: { kind: 'judge', criteria: undefined },
				hash: stableHash(taskText),
			},
		];
	});
	if (tasks.length === 0)
		throw new InvalidInputError(
			'No task was captured. Set "storage": {"captureTaskText": true} in the config file, and work for a while; texts are kept from then on.',
		);
	return { tasks: typeof wanted === 'number' ? tasks.slice(0, wanted) : tasks, rated: [] };
}
