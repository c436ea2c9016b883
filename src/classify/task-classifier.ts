import {
	type ClassifiedTask,
	type Classifier,
	type RequiredCapability,
	TASK_TYPE_TRAITS,
	type TaskComplexity,
	type TaskDescriptor,
	type TaskInput,
	type TaskPattern,
	type TaskType,
	type TokenEstimate,
} from '../contracts/index.ts';
import {
	type AskShape,
	assessComplexity,
	CLEAR_EVIDENCE,
	countTaskTokens,
	countTextTokens,
	detectPattern,
	detectType,
	FeatureScores,
	getPastedFeatures,
	rankPriority,
	selectStrongestFeatures,
	type TaskTokens,
} from './descriptor.ts';
import { estimateTokens, getTokenConfidence } from './estimate-tokens.ts';
import { FeatureMatcher } from './lexicon/feature-matcher.ts';
import { LEXICON_VERSION } from './lexicon/index.ts';
import { type ReadTask, readShape, readTask } from './read-task.ts';

/** Options of a `TaskClassifier`. */
export interface TaskClassifierOptions {
	/** What reads the words, e.g. a trained model. @default the lexicon of seven languages */
	classifier?: Classifier | undefined;
}

/**
 * Task → `TaskDescriptor`: its type with the probability of every type, complexity, pattern, expected tokens and the
 * features that decided. Same task, same answer; no network; the work does not grow with the length of the task.
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

	/** The whole descriptor of a task; `context` is text handed in beside it. @throws InvalidInputError for a blank text. */
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
			`- Requires Extended Thinking: ${formatYesNo(descriptor.requiresExtendedThinking)}`,
			`- Involves Code: ${formatYesNo(descriptor.involvesCode)}`,
			`- Requires Creativity: ${formatYesNo(descriptor.requiresCreativity)}`,
			'',
			'Token Estimates:',
			`- Input: ${formatTokens(input)}`,
			`- Output: ${formatTokens(output)}`,
			`- Total: ${formatTokens(input + output)}`,
		].join('\n');
	}
}

const formatYesNo = (value: boolean | undefined): string => (value === true ? 'Yes' : 'No');
const formatTokens = (tokens: number): string => `~${tokens.toLocaleString('en-US')} tokens`;

/** Longer messages are no follow-ups. */
const MAX_FOLLOW_UP_WORDS = 14;
/** Weight of the words of earlier turns for a follow-up, newest first. */
const EARLIER_TURN_WEIGHTS = [0.7, 0.35];

interface TaskEvidence {
	scores: FeatureScores;
	shape: AskShape;
}

/** The baseline: words and weights of a versioned lexicon in seven languages. Compiles it on first use. */
export class LexiconClassifier implements Classifier {
	readonly version: string = `lexicon@${LEXICON_VERSION}`;
	#matcher: FeatureMatcher | undefined;

	/** @throws InvalidInputError for a blank text. */
	classify(task: TaskInput, context?: string): ClassifiedTask {
		const read = readTask(task, context);
		this.#matcher ??= new FeatureMatcher();
		const evidence = gatherEvidence(read, this.#matcher);
		const counted = countTaskTokens(task);
		if (context !== undefined) counted.tokens += countTextTokens(context);
		const described = describe(read, evidence, counted);
		return { ...described, ...(context !== undefined && { context }), classifier: this.version };
	}
}

function isFollowUp({ scores, shape }: TaskEvidence): boolean {
	const strongest = scores.strongestEvidence();
	if (strongest < CLEAR_EVIDENCE) return true;
	return shape.words <= MAX_FOLLOW_UP_WORDS && scores.sum('follow-up') >= 1.5 && strongest < 2 * CLEAR_EVIDENCE;
}

function gatherEvidence(read: ReadTask, matcher: FeatureMatcher): TaskEvidence {
	const { features, words } = matcher.match(read.ask);
	const shape = readShape(read.ask);
	const scores = new FeatureScores(features);
	const evidence = { scores, shape: { words, items: shape.items } };
	if (shape.hasCode) scores.add({ name: 'code in the text', target: 'code', weight: 1 });
	if (shape.hasArithmetic) scores.add({ name: 'arithmetic', target: 'type:simple-task', weight: 3 });
	if (read.pasted.code || read.pasted.diff) scores.add({ name: 'pasted code', target: 'code', weight: 1 });
	if (scores.strongestEvidence() < CLEAR_EVIDENCE)
		for (const feature of getPastedFeatures(read.pasted)) scores.add(feature);
	if (read.earlier.length > 0 && isFollowUp(evidence)) addEarlierFeatures(scores, read.earlier, matcher);
	return evidence;
}

function addEarlierFeatures(scores: FeatureScores, earlier: readonly string[], matcher: FeatureMatcher): void {
	for (const [at, ask] of earlier.entries())
		for (const { name, target, weight } of matcher.match(ask).features)
			if (target !== 'follow-up')
				scores.add({ name: `earlier: ${name}`, target, weight: weight * (EARLIER_TURN_WEIGHTS[at] ?? 0) });
}

function describe(
	read: ReadTask,
	{ scores, shape }: TaskEvidence,
	counted: TaskTokens,
): Omit<ClassifiedTask, 'classifier'> {
	const { type, probabilities } = detectType(scores, shape.words);
	const { complexity, difficulty } = assessComplexity(type, scores, shape);
	const tokens = estimateTokens({ type, complexity }, read, counted);
	const required = getRequiredCapabilities(read);
	const traits = TASK_TYPE_TRAITS[type];
	const isHard = complexity === 'complex' || complexity === 'critical';
	return {
		task: read.ask,
		type,
		complexity,
		pattern: detectPattern({ type, complexity, items: shape.items }, scores),
		estimatedInputTokens: tokens.input,
		estimatedOutputTokens: tokens.output,
		requiresExtendedThinking:
			isHard || (complexity === 'medium' && traits.isThinking === true) || scores.sum('thinking') >= 1,
		involvesCode: traits.isCode === true || scores.sum('code') >= 0.6,
		requiresCreativity: type === 'creative' || scores.sum('creativity') >= 1,
		priority: rankPriority(type, complexity, scores.sum('urgency')),
		inputTokensInterval: tokens.inputInterval,
		outputTokensInterval: tokens.outputInterval,
		confidence: probabilities[type],
		typeProbabilities: probabilities,
		difficulty,
		features: [...selectStrongestFeatures(scores.features), ...tokens.signs],
		...(required.length > 0 && { constraints: { requiredCapabilities: required } }),
	};
}

/** Capabilities that the conversation itself requires. */
function getRequiredCapabilities({ hasImage, hasTools }: ReadTask): RequiredCapability[] {
	return [...(hasImage ? (['vision'] as const) : []), ...(hasTools ? (['tools'] as const) : [])];
}
