import type { ClassifiedTask, Classifier, RequiredCapability, TaskInput, TaskType } from '../contracts/index.ts';
import {
	type AskShape,
	assessComplexity,
	CLEAR_EVIDENCE,
	detectPattern,
	detectType,
	FeatureScores,
	getPastedFeatures,
	rankPriority,
	selectStrongestFeatures,
} from './descriptor.ts';
import { countTaskTokens, countTextTokens, estimateTokens } from './estimate-tokens.ts';
import { FeatureMatcher } from './lexicon/feature-matcher.ts';
import { LEXICON_VERSION } from './lexicon/index.ts';
import { readShape } from './read-shape.ts';
import { type ReadTask, readTask } from './read-task.ts';

/** A follow-up is short. */
const MAX_FOLLOW_UP_WORDS = 14;
/** What an earlier turn's words count for a follow-up, newest first. */
const EARLIER_TURN_WEIGHTS = [0.7, 0.35];
const CODE_WORK: ReadonlySet<TaskType> = new Set([
	'code-generation',
	'code-review',
	'debugging',
	'refactoring',
	'testing',
]);
const THINKING_WORK: ReadonlySet<TaskType> = new Set([
	'architecture',
	'planning',
	'debugging',
	'analysis',
	'code-review',
	'coordination',
]);
interface TaskEvidence {
	tally: FeatureScores;
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
		const tokens = countTaskTokens(task) + (context === undefined ? 0 : countTextTokens(context));
		return {
			...describe(read, evidence, tokens),
			...(context === undefined ? {} : { context }),
			classifier: this.version,
		};
	}
}

function isFollowUp({ tally, shape }: TaskEvidence): boolean {
	const strongest = tally.strongestEvidence();
	if (strongest < CLEAR_EVIDENCE) return true;
	return shape.words <= MAX_FOLLOW_UP_WORDS && tally.sum('follow-up') >= 1.5 && strongest < 2 * CLEAR_EVIDENCE;
}

function gatherEvidence(read: ReadTask, matcher: FeatureMatcher): TaskEvidence {
	const { signs, words } = matcher.match(read.ask);
	const shape = readShape(read.ask);
	const tally = new FeatureScores(signs);
	const evidence = { tally, shape: { words, items: shape.items } };
	if (shape.hasCode) tally.add({ name: 'code in the text', target: 'code', weight: 1 });
	if (shape.hasArithmetic) tally.add({ name: 'arithmetic', target: 'type:simple-task', weight: 3 });
	if (read.pasted.code || read.pasted.diff) tally.add({ name: 'pasted code', target: 'code', weight: 1 });
	if (tally.strongestEvidence() < CLEAR_EVIDENCE) for (const sign of getPastedFeatures(read.pasted)) tally.add(sign);
	if (read.earlier.length > 0 && isFollowUp(evidence)) addEarlierFeatures(tally, read.earlier, matcher);
	return evidence;
}

function addEarlierFeatures(tally: FeatureScores, earlier: readonly string[], matcher: FeatureMatcher): void {
	for (const [at, ask] of earlier.entries())
		for (const { name, target, weight } of matcher.match(ask).signs)
			if (target !== 'follow-up')
				tally.add({ name: `earlier: ${name}`, target, weight: weight * (EARLIER_TURN_WEIGHTS[at] ?? 0) });
}

function describe(
	read: ReadTask,
	{ tally, shape }: TaskEvidence,
	textTokens: number,
): Omit<ClassifiedTask, 'classifier'> {
	const { type, probabilities } = detectType(tally, shape.words);
	const { complexity, difficulty } = assessComplexity(type, tally, shape);
	const tokens = estimateTokens({ type, complexity }, { tokens: textTokens, isConversation: read.isConversation });
	const required = getRequiredCapabilities(read);
	const isHard = complexity === 'complex' || complexity === 'critical';
	return {
		task: read.ask,
		type,
		complexity,
		pattern: detectPattern({ type, complexity, items: shape.items }, tally),
		estimatedInputTokens: tokens.input,
		estimatedOutputTokens: tokens.output,
		requiresExtendedThinking:
			isHard || (complexity === 'medium' && THINKING_WORK.has(type)) || tally.sum('thinking') >= 1,
		involvesCode: CODE_WORK.has(type) || tally.sum('code') >= 0.6,
		requiresCreativity: type === 'creative' || tally.sum('creativity') >= 1,
		priority: rankPriority(type, complexity, tally.sum('urgency')),
		inputTokensInterval: tokens.inputInterval,
		outputTokensInterval: tokens.outputInterval,
		confidence: probabilities[type],
		typeProbabilities: probabilities,
		difficulty,
		features: selectStrongestFeatures(tally.features),
		...(required.length === 0 ? {} : { constraints: { requiredCapabilities: required } }),
	};
}

/** What the conversation itself asks of a model, whoever sends it. */
function getRequiredCapabilities({ hasImage, hasTools }: ReadTask): RequiredCapability[] {
	return [...(hasImage ? (['vision'] as const) : []), ...(hasTools ? (['tools'] as const) : [])];
}
