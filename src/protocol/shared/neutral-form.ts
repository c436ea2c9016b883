import type {
	LanguageModelV4FinishReason,
	LanguageModelV4Message,
	LanguageModelV4StreamPart,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { FinishReason } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { parseExactJson, presentMembers, toObject } from './body-fields.ts';
import type { WireError } from './caller-format.ts';

/** The AI SDK's finish reason in this package's words; an answer that was cut off is an error. */
export function toFinishReason({ unified }: LanguageModelV4FinishReason): FinishReason {
	return unified === 'interrupted' ? 'error' : unified;
}

/** The words of each meaning, one by one. */
function listWords(words: Readonly<Partial<Record<FinishReason, string>>>): [FinishReason, string[]][] {
	// the record's own keys
	return Object.entries(words).map(([reason, list]) => [reason as FinishReason, list.split(' ')]);
}

/** The finish reasons of one format. */
export class FinishReasons {
	readonly #meanings = new Map<string, FinishReason>();
	readonly #foreign = new Map<string, FinishReason>();
	readonly #words: Readonly<Partial<Record<FinishReason, string | undefined>>>;
	readonly #unset: string | undefined;

	/**
	 * @param words the words of each meaning, separated by spaces, the one that is written first
	 * @param borrowed words of another meaning that are written for those without one @param unset the word for no reason yet
	 * @param foreign words of servers that speak the format in their own way: they are read, and never written
	 */
	constructor(
		words: Readonly<Partial<Record<FinishReason, string>>>,
		borrowed: Readonly<Partial<Record<FinishReason, string>>> = {},
		unset?: string,
		foreign: Readonly<Partial<Record<FinishReason, string>>> = {},
	) {
		const lists = listWords(words);
		for (const [reason, list] of lists) for (const word of list) this.#meanings.set(word, reason);
		for (const [reason, list] of listWords(foreign)) for (const word of list) this.#foreign.set(word, reason);
		this.#words = { ...Object.fromEntries(lists.map(([reason, [first]]) => [reason, first])), ...borrowed };
		this.#unset = unset;
	}

	/** The meaning of a word, `other` for an unknown one; `null` while there is none. */
	parse(word: unknown): FinishReason | null {
		if (typeof word !== 'string' || word === '' || word === this.#unset) return null;
		return this.#meanings.get(word) ?? this.#foreign.get(word) ?? 'other';
	}

	/** The meaning of a word that is not the format's own, for client libraries do not know it; `undefined` for any other. */
	parseForeign(word: string): FinishReason | undefined {
		return this.#foreign.get(word);
	}

	/** The word for a meaning: the provider's own (`raw`) where it is one of this format's and means the same; `null`: none. */
	format(reason: FinishReason, raw?: string): string | null {
		return raw !== undefined && this.#meanings.get(raw) === reason ? raw : (this.#words[reason] ?? null);
	}
}

/**
 * What the AI SDK passes on of the start of an Anthropic message, as a part of its own: the usage known so far. It is no
 * content. `null` for any other part.
 */
export function parseMessageStart(part: LanguageModelV4StreamPart): { usage: JsonObject } | null {
	if (part.type !== 'custom' || part.kind !== 'anthropic.message_start') return null;
	return { usage: toObject(part.providerMetadata?.['anthropic']?.['usage']) };
}

/** The input of a tool call as an object; what is no JSON object stands under `rawInvalidInput`, as the AI SDK has it. */
export function parseToolInput(text: string): JsonObject {
	if (text.trim() === '' || text.trim() === 'null') return {};
	const input = parseExactJson(text);
	return isObject(input) ? input : { rawInvalidInput: input === undefined ? text : input };
}

/**
 * Adds a message to a conversation: what follows in the same role belongs to the last message, for some providers take
 * roles in turn only. An empty one is left out.
 */
export function appendMessage(
	prompt: LanguageModelV4Message[],
	message: Exclude<LanguageModelV4Message, { role: 'system' }>,
): void {
	if (message.content.length === 0) return;
	const last = prompt.at(-1);
	// one role, one kind of parts
	if (last?.role === message.role) (last.content as unknown[]).push(...message.content);
	else prompt.push(message);
}

/** Options of several sources, provider by provider. */
export function mergeProviderOptions(...sources: (SharedV4ProviderOptions | undefined)[]): SharedV4ProviderOptions {
	const merged: SharedV4ProviderOptions = {};
	for (const source of sources) {
		for (const [provider, options] of Object.entries(source ?? {}))
			merged[provider] = { ...merged[provider], ...options };
	}
	return merged;
}

/** Options for one provider as a member of a part or a call; nothing where none has a value. */
export function providerOptionsFor(
	provider: string,
	options: JsonObject,
): { providerOptions?: SharedV4ProviderOptions } {
	const present = presentMembers(options);
	// everything in a body came out of JSON
	const own = present as SharedV4ProviderOptions[string];
	return Object.keys(present).length === 0 ? {} : { providerOptions: { [provider]: own } };
}

/** Thinking budgets (tokens) from which on they mean an effort: a fifth and half of what most models may think. */
const MEDIUM_EFFORT_FROM_TOKENS = 6_000;
const HIGH_EFFORT_FROM_TOKENS = 16_000;

/** The effort that a thinking budget stands for, for models that take no budget. */
export function toReasoningEffort(budgetTokens: number): 'low' | 'medium' | 'high' {
	if (budgetTokens >= HIGH_EFFORT_FROM_TOKENS) return 'high';
	return budgetTokens >= MEDIUM_EFFORT_FROM_TOKENS ? 'medium' : 'low';
}

/** The error of an answer that its provider did not finish. */
export function unfinishedAnswerError(raw: string | undefined, code: string | null): WireError {
	return {
		status: 502,
		code,
		message: `The provider did not finish its answer (${raw ?? 'no reason given'}).`,
	};
}
