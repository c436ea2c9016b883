import type { BaselineInterval, EvaluationAnswer, EvaluationVerdict, ModelName, TaskType } from '../contracts/index.ts';
import { nanoToUsd } from '../contracts/index.ts';
import { bootstrap, type Choice, findCoin } from '../cost/index.ts';
import { mean } from '../util/index.ts';
import { checkJudge, type JudgeReport, readPlanted } from './judge-checks.ts';
import { listPairs, pairOf, toRatedPair } from './run-evaluation.ts';
import { type ClusterEstimate, confidenceAbove, estimateMean, estimateShare } from './statistics.ts';
import type { EvaluationTask, RatedTask } from './task-file.ts';

/** How a quality was found: by checks, the share of the tasks that were passed; by a judge, the share of the comparisons that were won. */
export type QualitySource = 'check' | 'judge';

/** What is known of a model on a type of task, or on all. */
export interface ModelSummary {
	model: ModelName;
	/** `null`: all types together. */
	taskType: TaskType | null;
	tasks: number;
	by: QualitySource;
	/** 0-1; `null` where the judge is not believed. */
	quality: ClusterEstimate | null;
	/** USD per 1,000 tasks; `null` where a call had no price. */
	costPer1000: ClusterEstimate | null;
	/** Milliseconds to the last token. */
	latencyMs: ClusterEstimate;
	/** Answers that were cut off at their longest. */
	cut: number;
}

/** The best model of a type of task, and how sure that is. */
export interface BestModel {
	taskType: TaskType | null;
	by: QualitySource;
	model: ModelName;
	/** That no other compared model is better, 0-1: against each of them, paired by task, all together. */
	confidence: number;
	/** The confidence reaches 95 %. */
	isShown: boolean;
}

/** What a policy, or one model for everything, would have made of the tasks. */
export interface WaySummary {
	name: string;
	costPer1000: number;
	/** 0-1. */
	quality: number;
	/** Quality above the random mix of two models at the same cost; absent for what is no policy, `null` where none costs as little. */
	gain?: BaselineInterval | null;
}

/** What a run has found. */
export interface RunSummary {
	/** Tasks that count: every model answered them, and every answer was judged. */
	complete: number;
	tasks: number;
	/** Why the others do not count, each with how many answers (or verdicts) it concerns; most frequent first. */
	leftOut: Array<{ reason: string; count: number }>;
	models: ModelSummary[];
	best: BestModel[];
	policies: WaySummary[];
	judge: JudgeReport | null;
}

/** What a summary is made from. */
export interface RunRecords {
	tasks: readonly EvaluationTask[];
	rated: readonly RatedTask[];
	models: readonly ModelName[];
	hasJudge: boolean;
	answers: readonly EvaluationAnswer[];
	verdicts: readonly EvaluationVerdict[];
	/** The model that each policy would have chosen, by policy and task. */
	choices: ReadonlyMap<string, ReadonlyMap<string, ModelName>>;
}

/** Confidence from which on a model is called the best. */
const SHOWN = 0.95;

/** A task that counts. */
interface CountedTask {
	cluster: string;
	taskType: TaskType;
	by: QualitySource;
	id: string;
	answers: ReadonlyMap<ModelName, EvaluationAnswer>;
	/** 0-1, by model; without those that no comparison was decided of. */
	quality: ReadonlyMap<ModelName, number>;
}

interface Reading {
	counted: CountedTask[];
	leftOut: Map<string, number>;
}

/** Share of its decided comparisons that each model has won; a tie is half. */
function readWins(
	models: readonly ModelName[],
	verdicts: ReadonlyMap<string, EvaluationVerdict>,
): Map<ModelName, number> {
	const points = new Map<ModelName, number[]>(models.map((model) => [model, []]));
	for (const [first, second] of listPairs(models)) {
		const verdict = verdicts.get(pairOf(first, second))?.verdict;
		if (verdict !== 'first' && verdict !== 'second' && verdict !== 'tie') continue;
		const point = verdict === 'tie' ? 0.5 : verdict === 'first' ? 1 : 0;
		points.get(first)?.push(point);
		points.get(second)?.push(1 - point);
	}
	return new Map([...points].filter(([, won]) => won.length > 0).map(([model, won]) => [model, mean(won)]));
}

/** Why a task does not count; empty when it does. */
function findGaps(
	{ check }: EvaluationTask,
	{ hasJudge, models }: RunRecords,
	of: { answers: ReadonlyMap<ModelName, EvaluationAnswer>; verdicts: ReadonlyMap<string, EvaluationVerdict> },
): string[] {
	const gaps = models.flatMap((model) => {
		const answer = of.answers.get(model);
		if (answer === undefined) return [`${model} was not asked`];
		return answer.error === null ? [] : [`${model}: ${answer.error}`];
	});
	if (gaps.length > 0 || check.kind !== 'judge') return gaps;
	if (!hasJudge) return ['no judge was named'];
	return listPairs(models).some(([first, second]) => !of.verdicts.has(pairOf(first, second)))
		? ['the judge was not asked about every pair']
		: [];
}

function readTasks(records: RunRecords): Reading {
	const { models, tasks } = records;
	const answersOf = Map.groupBy(records.answers, ({ taskId }) => taskId);
	const verdictsOf = Map.groupBy(records.verdicts, ({ taskId }) => taskId);
	const reading: Reading = { counted: [], leftOut: new Map() };
	for (const task of tasks) {
		const answers = new Map((answersOf.get(task.id) ?? []).map((answer) => [answer.model, answer]));
		const verdicts = new Map((verdictsOf.get(task.id) ?? []).map((verdict) => [verdict.pair, verdict]));
		const gaps = findGaps(task, records, { answers, verdicts });
		for (const gap of gaps) reading.leftOut.set(gap, (reading.leftOut.get(gap) ?? 0) + 1);
		const [first] = answers.values();
		if (gaps.length > 0 || first === undefined) continue;
		const by = task.check.kind === 'judge' ? 'judge' : 'check';
		const checked = () => new Map([...answers].map(([model, { quality }]) => [model, (quality ?? 0) / 100]));
		const quality = by === 'judge' ? readWins(models, verdicts) : checked();
		reading.counted.push({ id: task.id, cluster: task.conversation, taskType: first.taskType, by, answers, quality });
	}
	return reading;
}

function summarizeModel(
	model: ModelName,
	tasks: readonly CountedTask[],
	group: Pick<ModelSummary, 'taskType' | 'by'> & { isBelieved: boolean },
): ModelSummary {
	const pick = (get: (task: CountedTask) => number | null | undefined) =>
		tasks.flatMap((task) => {
			const value = get(task);
			return value == null ? [] : [{ value, cluster: task.cluster }];
		});
	const costs = pick(({ answers }) => answers.get(model)?.costNanoUsd);
	const { by, isBelieved, taskType } = group;
	return {
		model,
		taskType,
		tasks: tasks.length,
		by,
		quality: isBelieved ? estimateShare(pick(({ quality }) => quality.get(model))) : null,
		costPer1000:
			costs.length < tasks.length
				? null
				: estimateMean(costs.map(({ cluster, value }) => ({ cluster, value: 1000 * nanoToUsd(value) }))),
		latencyMs: estimateMean(pick(({ answers }) => answers.get(model)?.latencyMs)),
		cut: tasks.filter(({ answers }) => answers.get(model)?.finishReason === 'length').length,
	};
}

/** The model with the highest mean, and how sure it is that no other one is better (Bonferroni over the others). */
function findBest(
	models: readonly ModelName[],
	tasks: readonly CountedTask[],
	group: Pick<BestModel, 'taskType' | 'by'>,
): BestModel | null {
	const means = models.map((model) => ({
		model,
		value: mean(tasks.flatMap(({ quality }) => quality.get(model) ?? [])),
	}));
	const [best] = means.toSorted((a, b) => b.value - a.value);
	if (best === undefined || models.length < 2 || tasks.length === 0) return null;
	const doubts = models
		.filter((model) => model !== best.model)
		.map((other) => {
			const differences = tasks.flatMap(({ cluster, quality }) => {
				const [own, others] = [quality.get(best.model), quality.get(other)];
				return own === undefined || others === undefined ? [] : [{ cluster, value: own - others }];
			});
			return 1 - confidenceAbove(differences);
		});
	const confidence = Math.max(0, 1 - doubts.length * Math.max(0, ...doubts));
	return { ...group, model: best.model, confidence, isShown: confidence >= SHOWN };
}

/** What ways of choosing make of the tasks, each beside the coin: the random mix of two models at the same cost. */
function compareWays(models: readonly ModelName[], tasks: readonly CountedTask[], records: RunRecords): WaySummary[] {
	const clusters = [...new Set(tasks.map(({ cluster }) => cluster))];
	const positions = tasks.map(({ cluster }) => clusters.indexOf(cluster));
	const ways: Array<[name: string, choose: (task: CountedTask) => ModelName | undefined]> = [
		...[...records.choices].map(([name, chosen]): (typeof ways)[number] => [name, ({ id }) => chosen.get(id)]),
		...models.map((model): (typeof ways)[number] => [`always ${model}`, () => model]),
	];
	const measure = (counts: ArrayLike<number>): Choice[] =>
		ways.map(([, choose]) => {
			let [cost, quality, total] = [0, 0, 0];
			for (const [index, task] of tasks.entries()) {
				const count = counts[positions[index] ?? 0] ?? 0;
				const model = choose(task) ?? '';
				cost += count * nanoToUsd(task.answers.get(model)?.costNanoUsd ?? Number.NaN);
				quality += count * (task.quality.get(model) ?? 0.5);
				total += count;
			}
			return { cost: cost / total, quality: quality / total };
		});
	const policies = records.choices.size;
	const gains = bootstrap(clusters.length, (counts) => {
		const measured = measure(counts);
		const singles = measured.slice(policies);
		return measured
			.slice(0, policies)
			.map(({ cost, quality }) => quality - (findCoin(singles, cost)?.quality ?? Number.NaN));
	});
	return measure(new Float64Array(clusters.length).fill(1)).map(({ cost, quality }, index) => {
		const gain = gains[index];
		const isPolicy = index < policies;
		return {
			name: ways[index]?.[0] ?? '',
			costPer1000: 1000 * cost,
			quality,
			...(isPolicy && { gain: gain === undefined || Number.isNaN(gain.value) ? null : gain }),
		};
	});
}

function reportJudge({ answers, rated, tasks, verdicts }: RunRecords): JudgeReport {
	const conversations = new Map([...tasks, ...rated].map(({ conversation, id }) => [id, conversation]));
	const texts = new Map(answers.map(({ model, taskId, text }) => [JSON.stringify([taskId, model]), text?.length ?? 0]));
	const expectedOf = new Map(rated.map((task) => [task.id, toRatedPair(task).expected]));
	const sampleOf = (verdict: EvaluationVerdict) => ({
		cluster: conversations.get(verdict.taskId) ?? verdict.taskId,
		judgement: verdict,
	});
	const expected = (verdict: EvaluationVerdict, of: 'first' | 'second' | 'tie' | null | undefined) =>
		of == null ? [] : [{ ...sampleOf(verdict), expected: of }];
	const isReal = ({ pair, taskId }: EvaluationVerdict) => readPlanted(pair) === null && !expectedOf.has(taskId);
	return checkJudge({
		real: verdicts.filter(isReal).map((verdict) => {
			const [first = '', second = ''] = verdict.pair.split(' / ');
			const lengthOf = (model: string) => texts.get(JSON.stringify([verdict.taskId, model])) ?? 0;
			return { ...sampleOf(verdict), lengths: { first: lengthOf(first), second: lengthOf(second) } };
		}),
		planted: verdicts.flatMap((verdict) => expected(verdict, readPlanted(verdict.pair))),
		rated: verdicts.flatMap((verdict) => expected(verdict, expectedOf.get(verdict.taskId))),
	});
}

/** What a run has found so far: only tasks count that every model has answered and whose answers were all judged. */
export function summarizeRun(records: RunRecords): RunSummary {
	const { hasJudge, models, tasks } = records;
	const { counted, leftOut } = readTasks(records);
	const judge = hasJudge && records.verdicts.length > 0 ? reportJudge(records) : null;
	const isBelieved = (by: QualitySource) => by === 'check' || judge?.isWithheld === false;
	const groups = (['check', 'judge'] as const).flatMap((by) => {
		const ofSource = counted.filter((task) => task.by === by);
		if (ofSource.length === 0) return [];
		const byType = [...Map.groupBy(ofSource, ({ taskType }) => taskType)].sort(([a], [b]) => (a < b ? -1 : 1));
		const every = { by, taskType: null, tasks: ofSource };
		return byType.length === 1 ? [every] : [every, ...byType.map(([taskType, own]) => ({ by, taskType, tasks: own }))];
	});
	const believed = groups.filter(({ by }) => isBelieved(by));
	// checks and judges measure different things: policies are compared by one of them
	const main = believed.find(({ taskType }) => taskType === null);
	return {
		complete: counted.length,
		tasks: tasks.length,
		leftOut: [...leftOut].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
		models: groups.flatMap(({ by, taskType, tasks: own }) =>
			models.map((model) => summarizeModel(model, own, { by, taskType, isBelieved: isBelieved(by) })),
		),
		best: believed.flatMap(({ by, taskType, tasks: own }) => findBest(models, own, { by, taskType }) ?? []),
		policies: main === undefined ? [] : compareWays(models, main.tasks, records),
		judge,
	};
}
