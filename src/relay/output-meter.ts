import { countBytes, IN_FLIGHT_TOKENS, type TextTokenCounter, type TokenRates } from '../protocol/index.ts';

/** Tokens around the text of an answer: the marks of its blocks. */
export const MARK_TOKENS = 32;
/** How a provider's tokenizer compares with `o200k_base`. */
export type OutputRates = Pick<TokenRates, 'longestToken' | 'perCounted'>;

/** What a meter ends an answer by, and charges it by. */
export interface MeterPlan {
	/** Tokens of all answers together beyond which a stream is ended. */
	allowedTokens: number;
	/** Tokens of all answers together beyond which nothing is billed by a provider that keeps to the limit of its request. */
	limitTokens: number;
	/** Tokens that may have been billed beside those that were seen, e.g. for hidden reasoning. @default 0 */
	getUnseenTokens?: (() => number) | undefined;
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
		const { longestToken, perCounted } = this.#rates;
		const counted = Math.ceil(this.#countedTokens * perCounted);
		const byLength = longestToken === null ? 0 : Math.ceil(this.#countedBytes / longestToken);
		const text = Math.min(this.#countedBytes, Math.max(counted, byLength)) + this.#textBytes;
		const all = text + this.#otherTokens;
		return all === 0 ? 0 : all + MARK_TOKENS;
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
		const unseen = (getUnseenTokens?.() ?? 0) + (isInterrupted ? IN_FLIGHT_TOKENS : 0);
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
