import type { OutcomeObservation } from './execution.ts';
import type { ModelName } from './model.ts';
import { type NanoUsd, nanoToUsd } from './money.ts';
import type { TaskComplexity } from './task.ts';
import type { TaskType } from './task-types.ts';

/** The tag that all spending on evaluations carries: it is work done to compare models, and no user's request. */
export const EVALUATION_TAG = 'evaluation';
/** Who has judged what an evaluation's checks say, where learning counts it; its judgements weigh as those of one key. */
const EVALUATION_RATER = 'evaluation';

/** The tag of one run, which its money is limited by. */
export function getRunTag(runId: string): string {
	return `${EVALUATION_TAG}-${runId}`;
}

/** A model as it was when a run began. */
export interface EvaluationArm {
	model: ModelName;
	modelId: string;
	/** Of what its answers and costs depend on: provider, id and prices. */
	hash: string;
}

/** What a run compares, frozen at its start: nothing of it may change until its end. */
export interface EvaluationPlan {
	/** The task file as it was named, or `captured`. */
	source: string;
	/** A hash of each task by its id. */
	tasks: Readonly<Record<string, string>>;
	arms: readonly EvaluationArm[];
	/** `null`: nothing is judged. */
	judge: EvaluationArm | null;
	/** Longest answer of a compared model, tokens. */
	maxOutputTokens: number;
	/** Draws the order of the tasks, and which answer a judge sees first. */
	seed: number;
}

/** A run of an evaluation. */
export interface EvaluationRun {
	id: string;
	plan: EvaluationPlan;
	/** What all of it may cost, judge included. */
	budgetNanoUsd: NanoUsd;
	/** Epoch milliseconds at which it began. */
	at: number;
	/** When its checked answers began to count for learning; `null`: they do not. */
	learnedAt: number | null;
}

/** One model's answer to one task of a run. */
export interface EvaluationAnswer {
	runId: string;
	taskId: string;
	model: ModelName;
	taskType: TaskType;
	complexity: TaskComplexity;
	/** `null`: the call failed. */
	text: string | null;
	/** As the provider says; `length`: it was cut off. Empty for a call that failed. */
	finishReason: string;
	/** What the check says, 0-100; `null` where the judge is to say, or nobody could. */
	quality: number | null;
	/** Why the answer, or what the check says of it, is missing; such a row counts nowhere. */
	error: string | null;
	/** `null`: the model has no price, or the call failed. */
	costNanoUsd: NanoUsd | null;
	/** To the last token, all attempts together. */
	latencyMs: number;
	inputTokens: number;
	outputTokens: number;
	at: number;
}

/** What both orders of a judged pair together say: `abstain` where they contradict each other, `error` where one is no verdict. */
export type Verdict = 'first' | 'second' | 'tie' | 'abstain' | 'error';

/** One reply of a judge: whether the second answer was shown as A, and which it preferred, or why it said nothing. */
export interface JudgedOrder {
	isSwapped: boolean;
	/** Absent where the reply was no verdict. */
	label?: 'A' | 'B' | 'tie' | undefined;
	fault?: 'truncated' | 'malformed' | 'refused' | undefined;
}

/** A pair as it was judged, in both orders. */
export interface PairJudgement {
	verdict: Verdict;
	orders: readonly JudgedOrder[];
}

/** A judged pair of a run. */
export interface EvaluationVerdict extends PairJudgement {
	runId: string;
	taskId: string;
	/** Names the pair within its task. */
	pair: string;
	/** Of both replies; `null`: the judge has no price. */
	costNanoUsd: NanoUsd | null;
	at: number;
}

/** Keeps what evaluations have found, so that a run can go on where it was stopped. */
export interface EvaluationStore {
	/** @throws InvalidInputError where a run has that id already */
	create(run: EvaluationRun): Promise<void>;
	/** `null`: there is none. */
	run(id: string): Promise<EvaluationRun | null>;
	/** Newest first. */
	runs(limit: number): Promise<EvaluationRun[]>;
	/** Changes what may change of a run; false where there is none. */
	update(id: string, change: Partial<Pick<EvaluationRun, 'budgetNanoUsd' | 'learnedAt'>>): Promise<boolean>;
	/**
	 * Has a run worked on by one holder alone, until a time (epoch milliseconds); again by the same holder: for longer. Answers who has it
	 * then: another one whose time has not passed keeps it, unless it is named in `instead`. `null`: there is no such run.
	 */
	claim(runId: string, holder: string, times: { now: number; until: number; instead?: string }): Promise<string | null>;
	/** Gives a run back; does nothing where another one holds it. */
	release(runId: string, holder: string): Promise<void>;
	/** One row for each task and model; one without an error stays as it is. */
	saveAnswer(answer: EvaluationAnswer): Promise<void>;
	/** In the order in which they were saved. */
	answers(runId: string): Promise<EvaluationAnswer[]>;
	/** One row for each pair of a task; one that is there stays as it is. */
	saveVerdict(verdict: EvaluationVerdict): Promise<void>;
	/** In the order in which they were saved. */
	verdicts(runId: string): Promise<EvaluationVerdict[]>;
}

/** What learning reads of an answer that a check has judged, as of the time from which it counts. */
export function toEvaluationObservation(
	answer: EvaluationAnswer & { quality: number },
	learnedAt: number,
): OutcomeObservation {
	const { complexity, inputTokens, latencyMs, model, outputTokens, quality, taskType } = answer;
	return {
		model,
		taskType,
		complexity,
		success: true,
		quality,
		ratedBy: EVALUATION_RATER,
		costUsd: answer.costNanoUsd === null ? null : nanoToUsd(answer.costNanoUsd),
		latencyMs,
		inputTokens,
		outputTokens,
		at: learnedAt,
	};
}
