import type {
	EvaluationAnswer,
	EvaluationRun,
	EvaluationStore,
	EvaluationVerdict,
	ModelName,
	NanoUsd,
	TaskComplexity,
	TaskType,
} from '../contracts/index.ts';
import { hashText } from '../util/index.ts';
import { type JudgedPair, type JudgePrompt, type JudgeReply, judgePair } from './judge.ts';
import { BROKEN_PAIRS, IDENTICAL_PAIRS, plantPairs, readPlanted } from './judge-checks.ts';
import { type EvaluationTask, formatAsk, type RatedTask } from './task-file.ts';
import { UnitQueue } from './unit-queue.ts';

/** What a call brought. */
export interface AnsweredCall {
	text: string;
	finishReason: string;
	costNanoUsd: NanoUsd | null;
	/** To the last token, all attempts together. */
	latencyMs: number;
	inputTokens: number;
	outputTokens: number;
}

/** How a call ended: with an answer, with a failure of this task alone, or before it was made. */
export type CallEnd<Answer> =
	| { kind: 'answered'; answer: Answer }
	| { kind: 'failed'; reason: string }
	| { kind: 'refused'; reason: string }
	| { kind: 'gone'; reason: string };

/** What a run needs from its surroundings. */
export interface EvaluationPorts {
	store: EvaluationStore;
	now: () => number;
	answer: (task: EvaluationTask, model: ModelName) => Promise<CallEnd<AnsweredCall>>;
	askJudge: (prompt: JudgePrompt) => Promise<CallEnd<JudgeReply & Pick<AnsweredCall, 'costNanoUsd'>>>;
	/** What the task's check says of an answer; never called for a judge's. */
	check: (task: EvaluationTask, answer: string) => Promise<{ quality: number } | { error: string }>;
	describe: (task: EvaluationTask) => { taskType: TaskType; complexity: TaskComplexity };
	/** Aborted: no further unit begins. */
	signal: AbortSignal;
	onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

/** How far a run is. */
export interface EvaluationProgress {
	/** Answers and judged pairs that are there. */
	done: number;
	total: number;
	spentNanoUsd: NanoUsd;
}

/** How a run ended; `reason`: why it did not come to its end. */
export interface EvaluationEnd {
	state: 'complete' | 'budget-ended' | 'stopped';
	reason: string | null;
	/** Why calls of the judge failed, each with how many did: such pairs have no verdict yet. */
	judgeFailures: Array<{ reason: string; count: number }>;
}

/** A pair that a judge is asked about, and the models it is of, or which verdict is right. */
export interface PlannedPair extends JudgedPair {
	/** Where its verdict is kept. */
	taskId: string;
}

/** The key of a row. */
const keyOf = (taskId: string, name: string): string => JSON.stringify([taskId, name]);

/** The name under which a pair of models is kept. */
export const pairOf = (first: ModelName, second: ModelName): string => `${first} / ${second}`;

/** Every two of the models, in the order in which they were named. */
export function listPairs(models: readonly ModelName[]): Array<[first: ModelName, second: ModelName]> {
	return models.flatMap((first, index) =>
		models.slice(index + 1).map((second): [ModelName, ModelName] => [first, second]),
	);
}

/** The tasks in an order that the seed draws, so that a run whose money ends has seen a random part of them. */
export function drawOrder<Task extends Pick<EvaluationTask, 'id'>>(tasks: readonly Task[], seed: number): Task[] {
	const keyed = tasks.map((task) => ({ task, key: hashText(task.id, seed) }));
	return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ task }) => task);
}

/** How many calls a run makes at most, by what they are for: answers, and replies of the judge (two a pair). */
export function countCalls(
	tasks: readonly EvaluationTask[],
	rated: readonly RatedTask[],
	models: number,
): { answers: number; replies: number } {
	const judged = tasks.filter(({ check }) => check.kind === 'judge').length;
	const pairs = (judged * models * (models - 1)) / 2;
	const planted = judged === 0 ? 0 : BROKEN_PAIRS + IDENTICAL_PAIRS;
	return { answers: tasks.length * models, replies: 2 * (pairs + planted + (judged === 0 ? 0 : rated.length)) };
}

/** One run of an evaluation: asks what is not answered yet, checks, and has judged what a judge is to say. */
export class EvaluationRunner {
	readonly #run: EvaluationRun;
	readonly #ports: EvaluationPorts;
	readonly #queue: UnitQueue;
	readonly #answers = new Map<string, EvaluationAnswer>();
	readonly #verdicts = new Map<string, EvaluationVerdict>();
	/** Names of the pairs with a known verdict that were judged before, by task. */
	readonly #planted = new Map<string, string[]>();
	readonly #judgeFailures = new Map<string, number>();
	#total = 0;
	#spentNanoUsd = 0;

	constructor(run: EvaluationRun, ports: EvaluationPorts, concurrency: number) {
		this.#run = run;
		this.#ports = ports;
		this.#queue = new UnitQueue(concurrency, ports.signal);
	}

	/** Does what is missing, as far as the money goes; never throws for what a call or a check met. */
	async run(tasks: readonly EvaluationTask[], rated: readonly RatedTask[]): Promise<EvaluationEnd> {
		const { arms, judge, seed } = this.#run.plan;
		const models = arms.map(({ model }) => model);
		await this.#restore();
		const counts = countCalls(tasks, judge === null ? [] : rated, models.length);
		this.#total = counts.answers + (judge === null ? 0 : counts.replies / 2);
		const order = drawOrder(tasks, seed);
		const judged = order.filter(({ check }) => check.kind === 'judge');
		// what the judge is believed by comes first
		const hasJudge = judge !== null && judged.length > 0;
		const first = hasJudge ? rated.map((task) => () => this.#judge(toRatedPair(task), -1)) : [];
		const rest = order.map((task, index) => async () => {
			await Promise.all(models.map((model) => this.#answer(task, model, index)));
			if (hasJudge && task.check.kind === 'judge') await this.#judgeTask(task, judged, index);
		});
		await this.#queue.runAll([...first, ...rest]);
		const judgeFailures = [...this.#judgeFailures].map(([reason, count]) => ({ reason, count }));
		const { ended } = this.#queue;
		if (ended !== null) return { ...ended, judgeFailures };
		return this.#ports.signal.aborted
			? { state: 'stopped', reason: 'It was interrupted.', judgeFailures }
			: { state: 'complete', reason: null, judgeFailures };
	}

	async #restore(): Promise<void> {
		const { store } = this.#ports;
		for (const answer of await store.answers(this.#run.id)) this.#keepAnswer(answer);
		for (const verdict of await store.verdicts(this.#run.id)) {
			this.#keepVerdict(verdict);
			if (readPlanted(verdict.pair) === null) continue;
			this.#planted.set(verdict.taskId, [...(this.#planted.get(verdict.taskId) ?? []), verdict.pair]);
		}
	}

	#keepAnswer(answer: EvaluationAnswer): void {
		this.#answers.set(keyOf(answer.taskId, answer.model), answer);
		this.#report(answer.costNanoUsd);
	}

	#keepVerdict(verdict: EvaluationVerdict): void {
		this.#verdicts.set(keyOf(verdict.taskId, verdict.pair), verdict);
		this.#report(verdict.costNanoUsd);
	}

	#report(costNanoUsd: NanoUsd | null): void {
		this.#spentNanoUsd += costNanoUsd ?? 0;
		const done = this.#answers.size + this.#verdicts.size;
		this.#ports.onProgress?.({ done, total: this.#total, spentNanoUsd: this.#spentNanoUsd });
	}

	async #answer(task: EvaluationTask, model: ModelName, priority: number): Promise<void> {
		const known = this.#answers.get(keyOf(task.id, model));
		if (known !== undefined && known.error === null) return;
		await this.#queue.run(priority, async () => {
			// an answer whose check failed is checked again; it was paid for
			const end = known?.text == null ? await this.#ports.answer(task, model) : toCallEnd(known);
			if (end.kind === 'refused' || end.kind === 'gone') return end;
			const { now, store } = this.#ports;
			const row = { runId: this.#run.id, taskId: task.id, model, ...this.#ports.describe(task), at: now() };
			const saved: EvaluationAnswer =
				end.kind === 'failed'
					? { ...row, ...NO_ANSWER, error: end.reason }
					: { ...row, ...end.answer, ...(await this.#checkAnswer(task, end.answer)) };
			await store.saveAnswer(saved);
			// what is only checked again was paid for before
			this.#spentNanoUsd -= known?.costNanoUsd ?? 0;
			this.#keepAnswer(saved);
			return null;
		});
	}

	async #checkAnswer(
		task: EvaluationTask,
		{ text }: AnsweredCall,
	): Promise<Pick<EvaluationAnswer, 'quality' | 'error'>> {
		if (task.check.kind === 'judge') return { quality: null, error: null };
		return { quality: null, error: null, ...(await this.#ports.check(task, text)) };
	}

	/** Has the answers to a task judged, with a share of the pairs that the judge itself is checked by. */
	async #judgeTask(task: EvaluationTask, judged: readonly EvaluationTask[], priority: number): Promise<void> {
		const { arms, seed } = this.#run.plan;
		const texts = new Map<ModelName, string>();
		for (const { model } of arms) {
			const text = this.#answers.get(keyOf(task.id, model))?.text;
			if (text != null) texts.set(model, text);
		}
		const criteria = task.check.kind === 'judge' ? task.check.criteria : undefined;
		const ask = { taskId: task.id, ask: formatAsk(task), criteria };
		const pairs = listPairs([...texts.keys()]).map(([one, other]) => ({
			...ask,
			id: pairOf(one, other),
			first: texts.get(one) ?? '',
			second: texts.get(other) ?? '',
		}));
		const position = judged.indexOf(task);
		const before = judged[position - 1] ?? judged[position + 1];
		const share = (count: number) =>
			Math.floor(((position + 1) * count) / judged.length) - Math.floor((position * count) / judged.length);
		const planted = plantPairs(
			{ ...ask, id: task.id, answers: [...texts.values()] },
			{
				others:
					before === undefined
						? []
						: arms.flatMap(({ model }) => this.#answers.get(keyOf(before.id, model))?.text ?? []),
				broken: share(BROKEN_PAIRS),
				identical: share(IDENTICAL_PAIRS),
				judged: this.#planted.get(task.id) ?? [],
				seed,
			},
		);
		const all = [...pairs, ...planted.map((pair) => ({ ...ask, ...pair }))];
		await Promise.all(all.map((pair) => this.#judge(pair, priority)));
	}

	async #judge(pair: PlannedPair, priority: number): Promise<void> {
		if (this.#verdicts.has(keyOf(pair.taskId, pair.id))) return;
		// a pair whose second reply has to wait for money is not asked for its first again
		const replies: JudgeReply[] = [];
		let [costNanoUsd, asked]: [NanoUsd | null, number] = [0, 0];
		const ask = async (prompt: JudgePrompt): Promise<JudgeReply> => {
			const known = replies[asked];
			asked += 1;
			if (known !== undefined) return known;
			const end = await this.#ports.askJudge(prompt);
			if (end.kind !== 'answered') throw new NoReply(end);
			const { costNanoUsd: cost } = end.answer;
			costNanoUsd = cost === null || costNanoUsd === null ? null : costNanoUsd + cost;
			this.#report(cost);
			replies.push(end.answer);
			return end.answer;
		};
		await this.#queue.run(priority, async () => {
			asked = 0;
			try {
				const named = { ...pair, id: keyOf(pair.taskId, pair.id) };
				const judgement = await judgePair(named, { ask, seed: this.#run.plan.seed });
				const { now, store } = this.#ports;
				const row = { runId: this.#run.id, taskId: pair.taskId, pair: pair.id, ...judgement, costNanoUsd, at: now() };
				await store.saveVerdict(row);
				// each reply was counted when it came
				this.#keepVerdict({ ...row, costNanoUsd: 0 });
				return null;
			} catch (error) {
				if (!(error instanceof NoReply)) throw error;
				// no verdict is kept: it is asked for again when the run goes on
				if (error.end.kind !== 'failed') return error.end;
				const { reason } = error.end;
				this.#judgeFailures.set(reason, (this.#judgeFailures.get(reason) ?? 0) + 1);
				return null;
			}
		});
	}
}

/** What is kept of a call without an answer. */
const NO_ANSWER = {
	text: null,
	finishReason: '',
	quality: null,
	costNanoUsd: null,
	latencyMs: 0,
	inputTokens: 0,
	outputTokens: 0,
};

function toCallEnd({ text, ...row }: EvaluationAnswer): CallEnd<AnsweredCall> {
	return { kind: 'answered', answer: { ...row, text: text ?? '' } };
}

/** A judge's call that brought no reply. */
class NoReply extends Error {
	readonly end: Exclude<CallEnd<never>, { kind: 'answered' }>;

	constructor(end: Exclude<CallEnd<never>, { kind: 'answered' }>) {
		super(end.reason);
		this.end = end;
	}
}

/** The pair of answers that a user has rated. */
export function toRatedPair(task: RatedTask): PlannedPair & { expected: 'first' | 'second' | 'tie' } {
	const [first, second] = task.rated;
	const difference = first.rating - second.rating;
	const expected = difference === 0 ? 'tie' : difference > 0 ? 'first' : 'second';
	return { id: 'rated', taskId: task.id, ask: formatAsk(task), first: first.answer, second: second.answer, expected };
}
