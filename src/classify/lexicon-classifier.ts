import {
	type ClassifiedTask,
	type Classifier,
	type RequiredCapability,
	TASK_TYPE_TRAITS,
	type TaskInput,
} from '../contracts/index.ts';
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
import { type ReadTask, readTask } from './read-task.ts';

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
		const tokens = countTaskTokens(task) + (context === undefined ? 0 : countTextTokens(context));
		return { ...describe(read, evidence, tokens), context, classifier: this.version };
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
	textTokens: number,
): Omit<ClassifiedTask, 'classifier'> {
	const { type, probabilities } = detectType(scores, shape.words);
	const { complexity, difficulty } = assessComplexity(type, scores, shape);
	const tokens = estimateTokens({ type, complexity }, { tokens: textTokens, isConversation: read.isConversation });
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
		features: selectStrongestFeatures(scores.features),
		constraints: required.length === 0 ? undefined : { requiredCapabilities: required },
	};
}

/** Capabilities that the conversation itself requires. */
function getRequiredCapabilities({ hasImage, hasTools }: ReadTask): RequiredCapability[] {
	return [...(hasImage ? (['vision'] as const) : []), ...(hasTools ? (['tools'] as const) : [])];
}

const CODE_EXTENSION =
	/\.(?:ts|tsx|js|jsx|mjs|py|go|rs|java|kt|rb|php|cs|cpp|c|h|swift|sql|sh|ya?ml|json|html|css|vue)\b/y;
/** The name before an extension; at most 60 characters of it are looked at. */
const FILE_NAME = /\b[\w-]{1,60}$/;
const NAME_CHARACTERS = 61;
const QUOTED = /`[^`\n]+`/;
const ARITHMETIC = /\d\s?(?:[+*×÷/^]|%\s+of)\s?\d/;
const LIST_ITEM = /^\s*(?:[-*•]|\d{1,2}[.)])\s+\S/gm;
const SMALL_THEN_CAPITAL = /[a-z][A-Z]/g;
const LIST_MARK = /[-*•\d]/;

/** What of a text's shape is a sign, beside its words. */
export interface TextShape {
	/** A call, a file of code, a word in backticks or a camelCase name. */
	hasCode: boolean;
	hasArithmetic: boolean;
	/** List items and numbered lines. */
	items: number;
}

const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isWordCode = (code: number): boolean => isLower(code) || isUpper(code) || isDigit(code) || code === 0x5f;

/** `name()` */
function hasCall(text: string): boolean {
	for (let at = text.indexOf('()', 1); at >= 0; at = text.indexOf('()', at + 2))
		if (isWordCode(text.charCodeAt(at - 1))) return true;
	return false;
}

/** `name.ts` */
function hasCodeFile(text: string): boolean {
	for (let at = text.indexOf('.', 1); at >= 0; at = text.indexOf('.', at + 1)) {
		if (!isLower(text.charCodeAt(at + 1))) continue;
		CODE_EXTENSION.lastIndex = at;
		if (CODE_EXTENSION.test(text) && FILE_NAME.test(text.slice(Math.max(0, at - NAME_CHARACTERS), at))) return true;
	}
	return false;
}

/** `camelCase`: a word that begins with small letters and goes on with a capital. */
function hasCamelCase(text: string): boolean {
	SMALL_THEN_CAPITAL.lastIndex = 0;
	for (let found = SMALL_THEN_CAPITAL.exec(text); found !== null; found = SMALL_THEN_CAPITAL.exec(text)) {
		let before = found.index - 1;
		while (isLower(text.charCodeAt(before))) before -= 1;
		if (!isWordCode(text.charCodeAt(before))) return true;
	}
	return false;
}

/** Reads a text's shape. Time grows with the text; bound it before. */
export function readShape(text: string): TextShape {
	return {
		hasCode: QUOTED.test(text) || hasCall(text) || hasCodeFile(text) || hasCamelCase(text),
		hasArithmetic: ARITHMETIC.test(text),
		items: LIST_MARK.test(text) ? (text.match(LIST_ITEM)?.length ?? 0) : 0,
	};
}
