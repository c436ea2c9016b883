import type {
	ClassifiedTask,
	Classifier,
	TaskComplexity,
	TaskDescriptor,
	TaskInput,
	TaskPattern,
	TaskType,
	TokenEstimate,
} from '../contracts/index.ts';
import { getTokenConfidence } from './estimate-tokens.ts';
import { LexiconClassifier } from './lexicon-classifier.ts';

/** What a `TaskClassifier` may be given. */
export interface TaskClassifierOptions {
	/** What reads the words, e.g. a trained model. @default the lexicon of seven languages */
	classifier?: Classifier | undefined;
}

/**
 * Task → `TaskDescriptor`: its type with the probability of every type, complexity, pattern, expected tokens and the
 * signs that decided. Same task, same answer; no network; the work does not grow with the length of the task.
 *
 * @example
 * new TaskClassifier().classify('Fix authentication bug in login endpoint').type; // 'debugging'
 */
export class TaskClassifier implements Classifier {
	readonly #classifier: Classifier;

	constructor(options: TaskClassifierOptions = {}) {
		this.#classifier = options.classifier ?? new LexiconClassifier();
	}

	/** Name and version of what classifies, e.g. `lexicon@1.0.0`. */
	get version(): string {
		return this.#classifier.version;
	}

	/** Everything there is to know of a task; `context` is text handed in beside it. @throws InvalidInputError for a blank text. */
	classify(task: TaskInput, context?: string): ClassifiedTask {
		return this.#classifier.classify(task, context);
	}

	/** Only the complexity. @throws InvalidInputError for a blank text. */
	classifyComplexity(task: TaskInput): TaskComplexity {
		return this.classify(task).complexity;
	}

	/** Only the type. @throws InvalidInputError for a blank text. */
	classifyType(task: TaskInput): TaskType {
		return this.classify(task).type;
	}

	/** Only the pattern. @throws InvalidInputError for a blank text. */
	detectTaskPattern(task: TaskInput): TaskPattern {
		return this.classify(task).pattern;
	}

	/** Expected tokens with a confidence of 0-1. @throws InvalidInputError for a blank text. */
	estimateTokens(task: TaskInput, context?: string): TokenEstimate {
		const classified = this.classify(task, context);
		const { estimatedInputTokens: input, estimatedOutputTokens: output } = classified;
		return {
			input,
			output,
			total: input + output,
			confidence: getTokenConfidence(classified.inputTokensInterval, classified.confidence),
		};
	}

	/** Each task on its own, in order. @throws InvalidInputError for the first blank text. */
	batchClassify(tasks: readonly TaskInput[], context?: string): ClassifiedTask[] {
		return tasks.map((task) => this.classify(task, context));
	}

	/** A descriptor as a report of a few lines ("Task Classification Report"), without the task's text. */
	explain(descriptor: TaskDescriptor): string {
		return explainTask(descriptor);
	}
}

function yesOrNo(value: boolean | undefined): string {
	return value === true ? 'Yes' : 'No';
}

function grouped(tokens: number): string {
	return `~${tokens.toLocaleString('en-US')} tokens`;
}

/** A descriptor as a report of a few lines, without the task's text. */
function explainTask(descriptor: TaskDescriptor): string {
	const { estimatedInputTokens: input, estimatedOutputTokens: output } = descriptor;
	return [
		'Task Classification Report',
		'==========================',
		'',
		`Type: ${descriptor.type}`,
		`Complexity: ${descriptor.complexity}`,
		`Pattern: ${descriptor.pattern}`,
		`Priority: ${descriptor.priority}/5`,
		'',
		'Characteristics:',
		`- Requires Extended Thinking: ${yesOrNo(descriptor.requiresExtendedThinking)}`,
		`- Involves Code: ${yesOrNo(descriptor.involvesCode)}`,
		`- Requires Creativity: ${yesOrNo(descriptor.requiresCreativity)}`,
		'',
		'Token Estimates:',
		`- Input: ${grouped(input)}`,
		`- Output: ${grouped(output)}`,
		`- Total: ${grouped(input + output)}`,
	].join('\n');
}
