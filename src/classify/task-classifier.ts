import {
	type ClassifiedTask,
	type Classifier,
	type RequiredCapability,
	TASK_TYPE_TRAITS,
	TASK_TYPES,
	type TaskComplexity,
	type TaskDescriptor,
	type TaskInput,
	type TaskPattern,
	type TaskType,
	type TokenEstimate,
} from '../contracts/index.ts';
import {
	type AskShape,
	addIncidentFeature,
	addPastedFeatures,
	assessComplexity,
	CLEAR_EVIDENCE,
	countTaskTokens,
	countTextTokens,
	detectPattern,
	detectType,
	FeatureScores,
	MAX_FEW_WORDS,
	MIN_SURE_CONFIDENCE,
	rankPriority,
	sumLexiconEvidence,
	type TableEvidence,
	type TaskTokens,
} from './descriptor.ts';
import {
	estimateTokens,
	getTokenConfidence,
	type NamedLengths,
	readLengths,
	type TypeShare,
} from './estimate-tokens.ts';
import { FeatureMatcher } from './lexicon/feature-matcher.ts';
import { LEXICON_VERSION, type LexiconData } from './lexicon/index.ts';
import { decodeTable, listSigns, NgramList, NgramModel, readShape, type TextShape } from './ngram-model.ts';
import { findRequest } from './read-request.ts';
import { NOTHING_PASTED, type PastedMaterial, type ReadTask, readNothing, readTask } from './read-task.ts';
import { HashIndex, TextReader } from './text-reader.ts';

/** Options of a `TaskClassifier`. */
export interface TaskClassifierOptions {
	/** What reads the words. @default a trained table with the lexicon beside it, or the lexicon alone where there is no table */
	classifier?: Classifier | undefined;
	/** The bytes of a trained table, read on first use. @default in Node the package's own, elsewhere none */
	readTable?: (() => Uint8Array | null) | undefined;
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
		this.#classifier = options.classifier ?? new TrainedClassifier(options.readTable ?? (() => null));
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
/** Weight of an incident's n-grams: the table learned "production database" from asks for designs, and has seen few incidents. */
const INCIDENT_NGRAM_WEIGHT = 0.3;
/** N-grams of the model that are named among the features. */
const MAX_NAMED_NGRAMS = 6;
/** Characters that are read of an ask; of a longer one its beginning, its end, and the request where that stands between them. */
const WINDOW = { head: 160, tail: 80 } as const;
/** The same where a request was found between them: what stands around it says less. */
const CONTEXT = { head: 100, tail: 40 } as const;

function toWindow(ask: string): string {
	const { head, tail } = WINDOW;
	if (ask.length <= head + tail) return ask;
	const { start, end } = findRequest(ask);
	if (start < head || start >= ask.length - tail) return `${ask.slice(0, head)}\n${ask.slice(-tail)}`;
	return `${ask.slice(start, end)}\n${ask.slice(0, CONTEXT.head)}\n${ask.slice(-CONTEXT.tail)}`;
}

/** Valid until the next task is read. */
interface TaskEvidence {
	scores: FeatureScores;
	shape: AskShape;
	lengths: NamedLengths;
	model: TableEvidence | null;
	/** Words of earlier turns speak as well: n-grams of this one decide little, and are not named. */
	isFollowUp: boolean;
}

/** Reads the texts of tasks and says what speaks for each type. Its buffers are reused from task to task. */
export class EvidenceGatherer {
	readonly #matcher: FeatureMatcher;
	readonly #scores = new FeatureScores();
	readonly #ngrams = new NgramList();
	readonly #model: NgramModel | null;
	/** What the model says of the task that is being read. */
	readonly #evidence: TableEvidence | null = null;

	/** @param lexicons the words beside the model; an ablation leaves some out */
	constructor(model: NgramModel | null, lexicons?: readonly LexiconData[]) {
		this.#matcher = new FeatureMatcher(lexicons);
		this.#model = model;
		if (model === null) return;
		const { lexiconWeight, temperature, bias } = model.table;
		this.#evidence = { lexiconWeight, temperature, sums: Float64Array.from(bias) };
	}

	gather(read: ReadTask): TaskEvidence {
		const scores = this.#scores;
		const { reader } = this.#matcher;
		const window = toWindow(read.ask);
		scores.clear();
		this.#matcher.match(window, scores);
		const lengths = readLengths(reader, window);
		const shape = readShape(window, reader.marks);
		const { hasCode, hasArithmetic, items } = shape;
		if (hasCode) scores.add('code in the text', 'code', 1);
		if (hasArithmetic) scores.add('arithmetic', 'type:simple-task', 3);
		if (read.pasted.code || read.pasted.diff) scores.add('pasted code', 'code', 1);
		addPastedFeatures(scores, read.pasted);
		if (isAboutOnePerson(reader)) scores.add('one person', 'urgency', -1);
		const isIncident = addIncidentFeature(scores);
		const words = Math.round((reader.words * read.ask.length) / Math.max(1, window.length));
		const model = this.#evidence;
		if (model !== null) {
			model.sums.set(this.#model?.table.bias ?? []);
			this.#addNgrams(window, read.pasted, shape, isIncident ? INCIDENT_NGRAM_WEIGHT : 1);
		}
		const evidence: TaskEvidence = { scores, shape: { words, items }, lengths, model, isFollowUp: false };
		if (read.readEarlier !== readNothing && isFollowUp(evidence)) this.#addEarlier(evidence, read.readEarlier());
		return evidence;
	}

	/** Adds the n-grams that speak most for a type to the features of the task that was read last. */
	nameNgrams(type: TaskType): void {
		this.#model?.explain(this.#matcher.reader, type, MAX_NAMED_NGRAMS, this.#scores);
	}

	/** What training sees of a task: the lexicon's evidence per type, and the n-grams (valid until the next task). */
	inspect(read: ReadTask): { lexicon: Float64Array; ngrams: NgramList } {
		const { scores, shape } = this.gather(read);
		const lexicon = sumLexiconEvidence(scores, shape.words, new Float64Array(TASK_TYPES.length));
		const window = toWindow(read.ask);
		this.#matcher.match(window, scores);
		this.#collectNgrams(window, read.pasted, readShape(window, this.#matcher.reader.marks));
		return { lexicon, ngrams: this.#ngrams };
	}

	/** The n-grams of a window that the matcher has just read. */
	#collectNgrams(window: string, pasted: PastedMaterial, shape: TextShape): void {
		this.#ngrams.collect(this.#matcher.reader, listSigns(window, this.#matcher.reader, { pasted, shape }));
	}

	#addNgrams(window: string, pasted: PastedMaterial, shape: TextShape, factor: number): void {
		if (this.#model === null || this.#evidence === null) return;
		this.#collectNgrams(window, pasted, shape);
		this.#model.addScores(this.#ngrams, this.#evidence.sums, factor);
	}

	#addEarlier(evidence: TaskEvidence, earlier: readonly string[]): void {
		const { scores } = evidence;
		evidence.isFollowUp = earlier.length > 0;
		for (const [at, ask] of earlier.entries()) {
			const factor = EARLIER_TURN_WEIGHTS[at] ?? 0;
			const window = toWindow(ask);
			this.#matcher.match(window, {
				add(name, target, weight) {
					if (target !== 'follow-up') scores.add(`earlier: ${name}`, target, weight * factor);
				},
			});
			this.#addNgrams(window, NOTHING_PASTED, readShape(window, this.#matcher.reader.marks), factor);
		}
	}
}

function isFollowUp({ scores, shape, model }: TaskEvidence): boolean {
	const strongest = scores.strongestEvidence();
	if (strongest < CLEAR_EVIDENCE) {
		const { type, probabilities } = detectType(scores, shape.words, model);
		return model === null || shape.words <= MAX_FEW_WORDS || probabilities[type] < MIN_SURE_CONFIDENCE;
	}
	return shape.words <= MAX_FOLLOW_UP_WORDS && scores.sum('follow-up') >= 1.5 && strongest < 2 * CLEAR_EVIDENCE;
}

/** A trained table with the lexicon beside it; without a table the lexicon alone. */
export class TrainedClassifier implements Classifier {
	readonly #readTable: () => Uint8Array | null;
	#ready: { gatherer: EvidenceGatherer; version: string } | undefined;

	/** @param readTable the bytes of a table, called once, on first use; `null`: there is none */
	constructor(readTable: () => Uint8Array | null) {
		this.#readTable = readTable;
	}

	/** `types@<version of the table>+lexicon@<version>`; `lexicon@<version>` without a table. */
	get version(): string {
		return this.#prepare().version;
	}

	/** @throws InvalidInputError for a blank text; Error for a damaged table. */
	classify(task: TaskInput, context?: string): ClassifiedTask {
		const { gatherer, version } = this.#prepare();
		const read = readTask(task, context);
		const counted = countTaskTokens(task);
		if (context !== undefined) counted.tokens += countTextTokens(context);
		const described = describe(read, gatherer, counted);
		return { ...described, ...(context !== undefined && { context }), classifier: version };
	}

	#prepare(): { gatherer: EvidenceGatherer; version: string } {
		if (this.#ready === undefined) {
			const bytes = this.#readTable();
			const model = bytes === null ? null : new NgramModel(decodeTable(bytes));
			const lexicon = `lexicon@${LEXICON_VERSION}`;
			const version = model === null ? lexicon : `types@${model.table.version}+${lexicon}`;
			this.#ready = { gatherer: new EvidenceGatherer(model), version };
		}
		return this.#ready;
	}
}

/** The lexicon alone: words and weights in seven languages. */
export class LexiconClassifier implements Classifier {
	readonly #classifier = new TrainedClassifier(() => null);

	get version(): string {
		return this.#classifier.version;
	}

	/** @throws InvalidInputError for a blank text. */
	classify(task: TaskInput, context?: string): ClassifiedTask {
		return this.#classifier.classify(task, context);
	}
}

function describe(read: ReadTask, gatherer: EvidenceGatherer, counted: TaskTokens): Omit<ClassifiedTask, 'classifier'> {
	const { scores, shape, lengths, model, isFollowUp } = gatherer.gather(read);
	const { type, probabilities } = detectType(scores, shape.words, model);
	if (!isFollowUp) gatherer.nameNgrams(type);
	const { complexity, difficulty } = assessComplexity(type, scores, shape);
	const isGuess = probabilities[type] < MIN_SURE_CONFIDENCE;
	const types = isGuess ? listLikelyTypes(type, probabilities) : [{ type, share: 1 }];
	const tokens = estimateTokens({ types, complexity }, read, lengths, counted);
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
		isGuess,
		typeProbabilities: probabilities,
		difficulty,
		features: [...scores.listStrongest(), ...tokens.signs],
		...(required.length > 0 && { constraints: { requiredCapabilities: required } }),
	};
}

/** Less likely types do not count among those that a guess may be of. */
const MIN_LIKELY_SHARE = 0.1;

/** The types that a guess may be of, its own first; shares in whole percents, so that small differences change nothing. */
function listLikelyTypes(own: TaskType, probabilities: Readonly<Record<TaskType, number>>): TypeShare[] {
	const types = TASK_TYPES.map((type) => ({ type, share: Math.round(probabilities[type] * 100) / 100 }));
	const likely = types.filter(({ type, share }) => type !== own && share >= MIN_LIKELY_SHARE);
	return [...types.filter(({ type }) => type === own), ...likely];
}

/** Capabilities that the conversation itself requires. */
function getRequiredCapabilities({ hasImage, hasTools }: ReadTask): RequiredCapability[] {
	return [...(hasImage ? (['vision'] as const) : []), ...(hasTools ? (['tools'] as const) : [])];
}

const ONE = hashWords(
	`a an one single this my another ein eine einem un une uno una um uma один одна одного jeden jedna bir एक`,
);
const PEOPLE = hashWords(
	`user customer client person colleague member benutzer nutzer kunde kollege utilisateur usuario cliente usuário utente пользователь клиент
	użytkownik klient kullanıcı müşteri`,
);

function hashWords(words: string): HashIndex {
	const reader = new TextReader();
	reader.read(words);
	return new HashIndex(reader.spacedHashes.slice(0, reader.spacedCount));
}

/** "A user cannot log in" is no outage: the words of a phrase do not tell one from many. */
function isAboutOnePerson({ spacedCount, spacedHashes }: TextReader): boolean {
	for (let place = 1; place < spacedCount; place += 1)
		if (PEOPLE.find(spacedHashes[place] as number) >= 0 && ONE.find(spacedHashes[place - 1] as number) >= 0)
			return true;
	return false;
}
