import type { ClassificationFeature, ClassifiedTask, Classifier, TaskInput, TaskType } from '../contracts/index.ts';
import { type AskShape, assessComplexity } from './assess-complexity.ts';
import { type CompiledLexicon, compileLexicon } from './compiled-lexicon.ts';
import { countTaskTokens, countTextTokens } from './count-tokens.ts';
import { detectPattern } from './detect-pattern.ts';
import { CLEAR_EVIDENCE, detectType, pastedSigns, strongestEvidence } from './detect-type.ts';
import { expectTokens } from './estimate-tokens.ts';
import { LEXICON_VERSION } from './lexicon/index.ts';
import { matchSigns, type Sign, sumSigns } from './match-signs.ts';
import { rankPriority } from './rank-priority.ts';
import { type ReadTask, readTask } from './read-task.ts';

/** Features a descriptor carries. */
const MOST_FEATURES = 12;
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
const CODE_LIKE =
	/`[^`\n]+`|\b\w+\(\)|\b[\w-]{1,60}\.(?:ts|tsx|js|jsx|mjs|py|go|rs|java|kt|rb|php|cs|cpp|c|h|swift|sql|sh|ya?ml|json|html|css|vue)\b|\b[a-z]+[A-Z]\w*\b/;
const ARITHMETIC = /\d\s?(?:[+*×÷/^]|%\s+of)\s?\d/;
const LIST_ITEM = /^\s*(?:[-*•]|\d{1,2}[.)])\s+\S/gm;

interface Evidence {
	signs: Sign[];
	shape: AskShape;
}

/** The baseline: words and weights of a versioned lexicon in seven languages. Compiles it on first use. */
export class LexiconClassifier implements Classifier {
	readonly version: string = `lexicon@${LEXICON_VERSION}`;
	#lexicon: CompiledLexicon | undefined;

	/** @throws InvalidInputError for a blank text. */
	classify(task: TaskInput, context?: string): ClassifiedTask {
		const read = readTask(task, context);
		this.#lexicon ??= compileLexicon();
		const evidence = gatherEvidence(read, this.#lexicon);
		const tokens = countTaskTokens(task) + (context === undefined ? 0 : countTextTokens(context));
		return {
			...describe(read, evidence, tokens),
			...(context === undefined ? {} : { context }),
			classifier: this.version,
		};
	}
}

function isFollowUp(evidence: Evidence): boolean {
	const strongest = strongestEvidence(evidence.signs);
	if (strongest < CLEAR_EVIDENCE) return true;
	return (
		evidence.shape.words <= FOLLOW_UP_WORDS &&
		sumSigns(evidence.signs, 'follow-up') >= 1.5 &&
		strongest < 2 * CLEAR_EVIDENCE
	);
}

function gatherEvidence(read: ReadTask, lexicon: CompiledLexicon): Evidence {
	const { signs, words } = matchSigns(read.ask, lexicon);
	const evidence = { signs, shape: { words, items: read.ask.match(LIST_ITEM)?.length ?? 0 } };
	if (CODE_LIKE.test(read.ask)) signs.push({ name: 'code in the text', target: 'code', weight: 1 });
	if (ARITHMETIC.test(read.ask)) signs.push({ name: 'arithmetic', target: 'type:simple-task', weight: 3 });
	if (read.pasted.code || read.pasted.diff) signs.push({ name: 'pasted code', target: 'code', weight: 1 });
	if (strongestEvidence(signs) < CLEAR_EVIDENCE) signs.push(...pastedSigns(read.pasted));
	if (read.earlier.length > 0 && isFollowUp(evidence)) addEarlierSigns(evidence, read.earlier, lexicon);
	return evidence;
}

function addEarlierSigns(evidence: Evidence, earlier: readonly string[], lexicon: CompiledLexicon): void {
	for (const [at, ask] of earlier.entries())
		for (const sign of matchSigns(ask, lexicon).signs)
			if (sign.target !== 'follow-up')
				evidence.signs.push({
					...sign,
					name: `earlier: ${sign.name}`,
					weight: sign.weight * (EARLIER_WEIGHT[at] ?? 0),
				});
}

function strongestFeatures(signs: readonly Sign[]): ClassificationFeature[] {
	return signs
		.map((sign) => ({
			name: sign.name.slice(0, 40),
			target: sign.target,
			weight: Math.round(sign.weight * 1_000) / 1_000,
		}))
		.sort(
			(a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (`${a.target} ${a.name}` < `${b.target} ${b.name}` ? -1 : 1),
		)
		.slice(0, MOST_FEATURES);
}

function describe(read: ReadTask, { signs, shape }: Evidence, textTokens: number): Omit<ClassifiedTask, 'classifier'> {
	const { type, probabilities } = detectType(signs, shape.words);
	const { complexity, difficulty } = assessComplexity(type, signs, shape);
	const tokens = expectTokens({ type, complexity }, { tokens: textTokens, isConversation: read.isConversation });
	const isHard = complexity === 'complex' || complexity === 'critical';
	return {
		task: read.ask,
		type,
		complexity,
		pattern: detectPattern({ type, complexity, items: shape.items }, signs),
		estimatedInputTokens: tokens.input,
		estimatedOutputTokens: tokens.output,
		requiresExtendedThinking:
			isHard || (complexity === 'medium' && THINKING_WORK.has(type)) || sumSigns(signs, 'thinking') >= 1,
		involvesCode: CODE_WORK.has(type) || sumSigns(signs, 'code') >= 0.6,
		requiresCreativity: type === 'creative' || sumSigns(signs, 'creativity') >= 1,
		priority: rankPriority(type, complexity, sumSigns(signs, 'urgency')),
		inputTokensInterval: tokens.inputInterval,
		outputTokensInterval: tokens.outputInterval,
		confidence: probabilities[type],
		typeProbabilities: probabilities,
		difficulty,
		features: strongestFeatures(signs),
		...(read.hasImage ? { constraints: { requiredCapabilities: ['vision'] } } : {}),
	};
}
