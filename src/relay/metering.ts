import { resolveLatency } from '../catalog/index.ts';
import type { Clock, FinishReason, MeteredUsage, ModelProfile, RoutingDecision } from '../contracts/index.ts';
import {
	countBytes,
	getTokenRates,
	IN_FLIGHT_TOKENS,
	type TextTokenCounter,
	type TokenRates,
} from '../protocol/index.ts';
import type { Deployment } from '../providers/index.ts';

/** Tokens that count against a provider's limits before it has counted itself. */
export function countExpectedTokens({ descriptor }: RoutingDecision): number {
	return descriptor.estimatedInputTokens + descriptor.estimatedOutputTokens;
}

/** The usage of the current attempt, as far as its executor has seen it. */
export class UsageMeter {
	#read: () => MeteredUsage | Promise<MeteredUsage> = () => 'unknown';

	/** Sets how to find out what the attempt has used so far. */
	set(read: () => MeteredUsage | Promise<MeteredUsage>): void {
		this.#read = read;
	}

	/** Forgets the attempt before. */
	reset(): void {
		this.#read = () => 'unknown';
	}

	/** Reads the meter once: an attempt that fails before it is made must not be charged for the one before it. */
	async take(): Promise<MeteredUsage> {
		const usage = this.#read();
		this.reset();
		return usage;
	}
}

/** Tokens around the text of an answer: the marks of its blocks. */
const MARK_TOKENS = 32;
/** How a provider's tokenizer compares with `o200k_base`. */
type OutputRates = Pick<TokenRates, 'longestToken' | 'perCounted'>;

/** What a meter ends an answer by, and charges it by. */
interface MeterPlan {
	/** Tokens of all answers together beyond which a stream is ended. */
	allowedTokens: number;
	/** Tokens of all answers together beyond which nothing is billed by a provider that keeps to the limit of its request. */
	limitTokens: number;
	/** Tokens that may have been billed beside those that were seen, e.g. for hidden reasoning. @default 0 */
	getUnseenTokens?: ((isInterrupted: boolean) => number) | undefined;
}

/**
 * How many tokens an answer can have been billed for so far. While it is far from what is allowed, each byte counts as a
 * token, since no tokenizer makes more of them; nearer to it the text is counted.
 */
export class OutputMeter {
	readonly #plan: MeterPlan;
	readonly #rates: OutputRates;
	readonly #countTokens: TextTokenCounter | undefined;
	/** Tokens by `o200k_base` of the text that was counted, and its bytes. */
	#countedTokens = 0;
	#countedBytes = 0;
	/** Text that was not counted. */
	#text: string[] = [];
	#textBytes = 0;
	/** Tokens that are no text. */
	#otherTokens = 0;

	/** `countTokens`: without one tokens are estimated. */
	constructor(plan: MeterPlan, rates: OutputRates, countTokens: TextTokenCounter | undefined) {
		this.#plan = plan;
		this.#rates = rates;
		this.#countTokens = countTokens;
	}

	/** Adds text of the answer: words, reasoning, names and inputs of calls. */
	add(text: string): void {
		if (text === '') return;
		this.#text.push(text);
		this.#textBytes += countBytes(text);
	}

	/** Adds tokens that are no text, e.g. reasoning that comes encrypted. */
	addTokens(tokens: number): void {
		this.#otherTokens += tokens;
	}

	/** Tokens that can have been billed so far, at most. */
	get tokens(): number {
		const all = this.#countAll();
		return all === 0 ? 0 : all + MARK_TOKENS;
	}

	/** Bytes of text that may be added before the answer can have passed what is allowed. */
	get room(): number {
		return this.#plan.allowedTokens - MARK_TOKENS - this.#countAll();
	}

	#countAll(): number {
		const { longestToken, perCounted } = this.#rates;
		const counted = Math.ceil(this.#countedTokens * perCounted);
		const byLength = longestToken === null ? 0 : Math.ceil(this.#countedBytes / longestToken);
		const text = Math.min(this.#countedBytes, Math.max(counted, byLength)) + this.#textBytes;
		return text + this.#otherTokens;
	}

	/** The answer has passed what is allowed. Where there is text that was not counted, it only may have. */
	get isPassed(): boolean {
		return this.tokens > this.#plan.allowedTokens;
	}

	/**
	 * Tokens to charge where the provider did not say: never less than it can have billed. `isInterrupted`: it may have
	 * written more than was seen here.
	 */
	toCharge(isInterrupted: boolean): number {
		const { allowedTokens, getUnseenTokens, limitTokens } = this.#plan;
		if (this.isPassed) return Math.max(this.tokens, allowedTokens + IN_FLIGHT_TOKENS);
		const unseen = (getUnseenTokens?.(isInterrupted) ?? 0) + (isInterrupted ? IN_FLIGHT_TOKENS : 0);
		return Math.min(this.tokens + unseen, limitTokens, allowedTokens + IN_FLIGHT_TOKENS);
	}

	/** There is text that was not counted: there may be fewer tokens than bytes. */
	get isRough(): boolean {
		return this.#textBytes > 0;
	}

	/** Counts the text so far. */
	async count(): Promise<void> {
		const text = this.#text.join('');
		const bytes = this.#textBytes;
		this.#text = [];
		this.#textBytes = 0;
		// until it is counted, each byte is a token
		this.#countedBytes += bytes;
		this.#countedTokens += bytes;
		const tokens =
			this.#countTokens === undefined ? estimateTextTokens(text) : (await this.#countTokens([text])).tokens;
		this.#countedTokens += tokens - bytes;
	}
}

/** Tokens where there is no tokenizer: one for four characters of ASCII, or for one of any other script. */
function estimateTextTokens(text: string): number {
	let others = 0;
	for (const character of text) if (character > '\x7f') others += 1;
	return Math.ceil((text.length - others) / 4) + others;
}

/** Tokens that one of an answer within its limit may be taken for: tokenizers differ, and so do counts of what is no text. */
const METER_RATIO = { sameTokenizer: 1.5, otherTokenizer: 2.25 };
/** Tokens beside them: a short answer may be calls of tools for the most part, which are counted generously. */
const METER_TOLERANCE = 512;

/** Tokens that are enough for every answer of so many, as the meter counts. */
function toMeteredTokens(tokens: number, { longestToken }: OutputRates): number {
	const ratio = longestToken === null ? METER_RATIO.sameTokenizer : METER_RATIO.otherTokenizer;
	return Math.ceil(tokens * ratio) + METER_TOLERANCE;
}

/**
 * Output tokens to hold for a stream of so many: it is ended before it costs more than that, and an answer that keeps to
 * its limit is not ended.
 */
export function toHeldTokens(tokens: number, profile: Pick<ModelProfile, 'provider' | 'modelId'>): number {
	return toMeteredTokens(tokens, getTokenRates(profile)) + IN_FLIGHT_TOKENS;
}

/** How the output of one attempt is kept within the money that is held for it. */
export interface OutputPlan extends Pick<MeterPlan, 'allowedTokens' | 'limitTokens'> {
	/** Limit to be set in the request, for each answer; `undefined`: the caller's stays as it is. */
	maxOutputTokens: number | undefined;
	/** The longest answer that the money is certain to pay for, where that is below the caller's limit or the model's. */
	loweredTo: number | undefined;
}

/** Characters of a note that lists names. */
const MAX_NOTE_CHARACTERS = 300;

/**
 * What the record of an attempt says: a lowered limit, what was left out or changed for the model, and what of the request
 * or of the answer the other's format could not carry (`dropped`).
 */
export function describeAttempt(attempt: {
	loweredTo: number | undefined;
	changed: readonly string[];
	dropped?: readonly string[] | undefined;
}): string | undefined {
	const { changed, dropped = [], loweredTo } = attempt;
	const lowered = loweredTo === undefined ? [] : [`The budget pays for ${loweredTo} output tokens of an answer.`];
	const fitted = describeNames('Left out or changed for the model', changed);
	return [...lowered, ...fitted, ...describeNames('Not carried', dropped)].join(' ') || undefined;
}

/** A sentence of names, each once; nothing for none. */
function describeNames(what: string, names: readonly string[]): string[] {
	if (names.length === 0) return [];
	// names come from callers and providers: characters that no name has become `?`
	const list = [...new Set(names)].join(', ').replace(/[^\x20-\x7e]/g, '?');
	return [`${what}: ${list}.`.slice(0, MAX_NOTE_CHARACTERS)];
}

/** The limits of one attempt beside the money. */
export interface OutputLimits {
	/** The caller's, for each answer; `null` without one. */
	maxOutputTokens: number | null;
	/** The model's, for each answer. */
	modelLimit: number;
	answerCount: number;
	/** Output tokens that are granted for thinking: a limit must be above. @default 0 */
	thinkingTokens?: number | undefined;
}

/** Fewest tokens for which a stream is metered and not limited in its request. */
const MIN_METERED_TOKENS = 256;

/**
 * Plans how an answer is kept within the money. A stream that can be metered keeps the caller's limit and is ended when it
 * comes to what is held, but for what is under way; where metering sees too little, or too little is held, the limit is set
 * in the request. `heldTokens`: output tokens that the held money pays for, all answers together.
 */
export function planOutput(
	heldTokens: number | undefined,
	limits: OutputLimits,
	{ isMetered, rates }: { isMetered: boolean; rates: OutputRates },
): OutputPlan {
	const { answerCount, maxOutputTokens, modelLimit, thinkingTokens = 0 } = limits;
	const wanted = maxOutputTokens ?? modelLimit;
	const within = (tokens: number) => {
		const limitTokens = tokens * answerCount;
		return { limitTokens, allowedTokens: toMeteredTokens(limitTokens, rates) };
	};
	const asWanted = { maxOutputTokens: undefined, loweredTo: undefined, ...within(wanted) };
	if (heldTokens === undefined) return asWanted;
	const allowedTokens = Math.min(heldTokens - IN_FLIGHT_TOKENS, asWanted.allowedTokens);
	const certain = Math.floor((allowedTokens - MARK_TOKENS) / rates.perCounted / answerCount);
	if (isMetered && certain >= Math.min(wanted, Math.max(MIN_METERED_TOKENS, thinkingTokens)))
		return { ...asWanted, allowedTokens, loweredTo: certain < wanted ? certain : undefined };
	const paid = Math.max(1, Math.floor(heldTokens / answerCount));
	return paid < wanted ? { maxOutputTokens: paid, loweredTo: paid, ...within(paid) } : asWanted;
}

/** One attempt whose output is planned. */
export interface OutputAttempt {
	/** Output tokens that the held money pays for, all answers together. */
	heldTokens: number | undefined;
	limits: Omit<OutputLimits, 'modelLimit'>;
	isStream: boolean;
	profile: ModelProfile;
	deployment: Pick<Deployment, 'billsAfterDisconnect' | 'formats'>;
	clock: Pick<Clock, 'monotonic'>;
	countTokens: TextTokenCounter | undefined;
}

/** Plans the output of an attempt, and makes the meter of its answer. */
export function planAttemptOutput(attempt: OutputAttempt): { plan: OutputPlan; output: OutputMeter } {
	const { clock, countTokens, deployment, heldTokens, isStream, limits, profile } = attempt;
	const rates = getTokenRates(profile);
	const isHidden = hidesReasoning(profile, deployment);
	const isMetered = isStream && !isHidden && deployment.billsAfterDisconnect !== true;
	const plan = planOutput(heldTokens, { ...limits, modelLimit: profile.maxOutputTokens }, { isMetered, rates });
	const startedAt = clock.monotonic();
	const getUnseenTokens = (isInterrupted: boolean): number => {
		if (isInterrupted && deployment.billsAfterDisconnect === true) return Number.POSITIVE_INFINITY;
		const { outputTokensPerSecond } = resolveLatency(profile);
		const seconds = (clock.monotonic() - startedAt) / 1000;
		return isHidden ? Math.ceil(seconds * outputTokensPerSecond * MAX_SPEED_RATIO) : 0;
	};
	return { plan, output: new OutputMeter({ ...plan, getUnseenTokens }, rates, countTokens) };
}

/** Times its usual speed that a model may think at, unseen. */
const MAX_SPEED_RATIO = 3;

/** Whether a model may think and not show it: OpenAI's and Google's do, and tell at most a summary. */
function hidesReasoning(
	{ provider, supportsExtendedThinking }: ModelProfile,
	{ formats }: Pick<Deployment, 'formats'>,
): boolean {
	const isTheirs = provider === 'openai' || provider === 'google';
	return supportsExtendedThinking && (isTheirs || formats.includes('openai-responses') || formats.includes('gemini'));
}

/** A refusal without a word, which is billed as its provider reports it: an output of 0 is none that was left out. */
export function isWordlessRefusal(reason: FinishReason | null, hasOutput: boolean): boolean {
	return reason === 'content-filter' && !hasOutput;
}
