import type { ClassifiedTask, Classifier, RequiredCapability, TaskInput, TaskType } from '../contracts/index.ts';
import { type AskShape, assessComplexity } from './assess-complexity.ts';
import { countTaskTokens, countTextTokens } from './count-tokens.ts';
import { detectPattern } from './detect-pattern.ts';
import { CLEAR_EVIDENCE, detectType, pastedSigns } from './detect-type.ts';
import { expectTokens } from './estimate-tokens.ts';
import { LEXICON_VERSION } from './lexicon/index.ts';
import { rankPriority } from './rank-priority.ts';
import { readShape } from './read-shape.ts';
import { type ReadTask, readTask } from './read-task.ts';
import { SignMatcher } from './sign-matcher.ts';
import { SignTally } from './sign-tally.ts';
import { strongestFeatures } from './strongest-features.ts';

/** A follow-up is short. */
const FOLLOW_UP_WORDS = 14;
/** What an earlier turn's words count for a follow-up, newest first. */
const EARLIER_WEIGHT = [0.7, 0.35];
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
interface Evidence {
	tally: SignTally;
	shape: AskShape;
}

/** The baseline: words and weights of a versioned lexicon in seven languages. Compiles it on first use. */
export class LexiconClassifier implements Classifier {
	readonly version: string = `lexicon@${LEXICON_VERSION}`;
	#matcher: SignMatcher | undefined;

	/** @throws InvalidInputError for a blank text. */
	classify(task: TaskInput, context?: string): ClassifiedTask {
		const read = readTask(task, context);
		this.#matcher ??= new SignMatcher();
		const evidence = gatherEvidence(read, this.#matcher);
		const tokens = countTaskTokens(task) + (context === undefined ? 0 : countTextTokens(context));
		return {
			...describe(read, evidence, tokens),
			...(context === undefined ? {} : { context }),
			classifier: this.version,
		};
	}
}

function isFollowUp({ tally, shape }: Evidence): boolean {
	const strongest = tally.strongestEvidence();
	if (strongest < CLEAR_EVIDENCE) return true;
	return shape.words <= FOLLOW_UP_WORDS && tally.sum('follow-up') >= 1.5 && strongest < 2 * CLEAR_EVIDENCE;
}

function gatherEvidence(read: ReadTask, matcher: SignMatcher): Evidence {
	const { signs, words } = matcher.match(read.ask);
	const shape = readShape(read.ask);
	const tally = new SignTally(signs);
	const evidence = { tally, shape: { words, items: shape.items } };
	if (shape.hasCode) tally.add({ name: 'code in the text', target: 'code', weight: 1 });
	if (shape.hasArithmetic) tally.add({ name: 'arithmetic', target: 'type:simple-task', weight: 3 });
	if (read.pasted.code || read.pasted.diff) tally.add({ name: 'pasted code', target: 'code', weight: 1 });
	if (tally.strongestEvidence() < CLEAR_EVIDENCE) for (const sign of pastedSigns(read.pasted)) tally.add(sign);
	if (read.earlier.length > 0 && isFollowUp(evidence)) addEarlierSigns(tally, read.earlier, matcher);
	return evidence;
}

function addEarlierSigns(tally: SignTally, earlier: readonly string[], matcher: SignMatcher): void {
	for (const [at, ask] of earlier.entries())
		for (const { name, target, weight } of matcher.match(ask).signs)
			if (target !== 'follow-up')
				tally.add({ name: `earlier: ${name}`, target, weight: weight * (EARLIER_WEIGHT[at] ?? 0) });
}

function describe(read: ReadTask, { tally, shape }: Evidence, textTokens: number): Omit<ClassifiedTask, 'classifier'> {
	const { type, probabilities } = detectType(tally, shape.words);
	const { complexity, difficulty } = assessComplexity(type, tally, shape);
	const tokens = expectTokens({ type, complexity }, { tokens: textTokens, isConversation: read.isConversation });
	const required = requiredOf(read);
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
		features: strongestFeatures(tally.signs),
		...(required.length === 0 ? {} : { constraints: { requiredCapabilities: required } }),
	};
}

/** What the conversation itself asks of a model, whoever sends it. */
function requiredOf({ hasImage, hasTools }: ReadTask): RequiredCapability[] {
	return [...(hasImage ? (['vision'] as const) : []), ...(hasTools ? (['tools'] as const) : [])];
}
