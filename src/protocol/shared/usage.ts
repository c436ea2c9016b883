import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { ServiceTier, Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** Reads the fields of a provider's usage, and remembers which it was asked for: the rest is unknown and kept. */
export class UsageFields {
	readonly #usage: JsonObject;
	readonly #path: string;
	readonly #known = new Set<string>();

	constructor(usage: unknown, path = 'usage') {
		this.#usage = isObject(usage) ? usage : {};
		this.#path = path;
	}

	/** A count of tokens or uses; 0 when missing or null. @throws InvalidInputError for what is no count. */
	count(name: string): number {
		this.#known.add(name);
		const value = this.#usage[name] ?? 0;
		if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
		throw new InvalidInputError(
			// what is no number may be anybody's text: its kind is enough
			`${this.#path}.${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}; a count must be a whole number, 0 or more.`,
		);
	}

	/** A nested object's fields. */
	nested(name: string): UsageFields {
		this.#known.add(name);
		return new UsageFields(this.#usage[name], `${this.#path}.${name}`);
	}

	has(name: string): boolean {
		return this.#usage[name] !== undefined && this.#usage[name] !== null;
	}

	/** The value of a field, whatever it is. */
	get(name: string): unknown {
		this.#known.add(name);
		return this.#usage[name];
	}

	/** Marks fields that say nothing the classes do not say already. */
	ignore(...names: string[]): void {
		for (const name of names) this.#known.add(name);
	}

	/** What remains of a whole when its part is taken out. @throws InvalidInputError when the part is larger. */
	subtract(whole: string, wholeCount: number, partCount: number): number {
		if (partCount <= wholeCount) return wholeCount - partCount;
		throw new InvalidInputError(
			`${this.#path}.${whole} is ${wholeCount}, less than the ${partCount} that are said to be part of it.`,
		);
	}

	/** Fields of a nested object that nobody asked for, by their place; a 0 says nothing. */
	unknownParts(): Record<string, unknown> {
		const place = this.#path.split('.').slice(1).join('.');
		const parts = Object.entries(this.unknown()).filter(([, value]) => value !== 0);
		return Object.fromEntries(parts.map(([name, value]) => [`${place}.${name}`, value]));
	}

	/** Fields nobody asked for. */
	unknown(): Record<string, unknown> {
		return Object.fromEntries(
			Object.entries(this.#usage).filter(
				([name, value]) => !this.#known.has(name) && value !== null && value !== undefined,
			),
		);
	}
}

/** Counts of uses as a part of a usage; nothing where all are 0. */
export function toPerUse(counts: Readonly<Record<string, number>>): Pick<Usage, 'perUse'> {
	const used = Object.entries(counts).filter(([, count]) => count > 0);
	return used.length === 0 ? {} : { perUse: Object.fromEntries(used) };
}

/** A usage with nothing in it but what is given. */
export function createUsage(counts: Partial<Usage>, unknownFields: Record<string, unknown> = {}): Usage {
	return {
		inputTokens: 0,
		cacheReadTokens: 0,
		cacheWrite5mTokens: 0,
		cacheWrite1hTokens: 0,
		outputTokens: 0,
		reasoningTokens: 0,
		...counts,
		...(Object.keys(unknownFields).length > 0 ? { unknownFields } : {}),
	};
}

/** Providers' words for the service they billed; the standard one, and words that name no rate of their own, are `null`. */
const TIERS: Readonly<Record<string, ServiceTier | null>> = {
	standard: null,
	default: null,
	auto: null,
	on_demand: null,
	traffic_type_unspecified: null,
	unspecified: null,
	service_tier_unspecified: null,
	batch: 'batch',
	flex: 'flex',
	on_demand_flex: 'flex',
	priority: 'priority',
	on_demand_priority: 'priority',
};

/** What a provider's word says of the service: part of a usage, or the word itself as an unknown field, since it may be billed otherwise. */
export function parseServiceTier(
	name: string,
	word: unknown,
): { tier: { serviceTier?: ServiceTier }; unknown: Record<string, unknown> } {
	if (word === undefined || word === null) return { tier: {}, unknown: {} };
	const known = typeof word === 'string' ? TIERS[word.toLowerCase()] : undefined;
	if (known === undefined) return { tier: {}, unknown: { [name]: word } };
	return { tier: known === null ? {} : { serviceTier: known }, unknown: {} };
}

/** Tokens as OpenAI's APIs count them: parts are inside their whole. */
export interface TotalTokens {
	input: number;
	cached: number;
	cacheWritten: number;
	output: number;
	reasoning: number;
}

/** Totals of a usage whose classes are disjoint. */
export function toTotalTokens(usage: Usage): TotalTokens {
	const cacheWritten = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
	return {
		input: usage.inputTokens + usage.cacheReadTokens + cacheWritten,
		cached: usage.cacheReadTokens,
		cacheWritten,
		output: usage.outputTokens + usage.reasoningTokens,
		reasoning: usage.reasoningTokens,
	};
}

function countOf(value: number | undefined): number | undefined {
	return value === undefined || !Number.isFinite(value) || value < 0 ? undefined : Math.ceil(value);
}

/** What is left of a whole when its parts are taken out; a part that says more than its whole leaves nothing. */
function restOf(whole: number | undefined, ...parts: number[]): number {
	return Math.max(0, (whole ?? 0) - parts.reduce((sum, part) => sum + part, 0));
}

function readCounts({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage {
	const read = countOf(inputTokens.cacheRead) ?? 0;
	const written = countOf(inputTokens.cacheWrite) ?? 0;
	const reasoning = countOf(outputTokens.reasoning) ?? 0;
	const input = countOf(inputTokens.noCache) ?? restOf(countOf(inputTokens.total), read, written);
	// Some providers call the whole output text: what is reasoning is not counted twice.
	const total = countOf(outputTokens.total);
	const text = countOf(outputTokens.text) ?? restOf(total, reasoning);
	const output = total === undefined ? text : Math.min(text, restOf(total, reasoning));
	const isSaid = [inputTokens.total, inputTokens.noCache, outputTokens.total, outputTokens.text].some(
		(count) => countOf(count) !== undefined,
	);
	return createUsage({
		inputTokens: input,
		cacheReadTokens: read,
		cacheWrite5mTokens: written,
		outputTokens: output,
		reasoningTokens: reasoning,
		...(isSaid ? {} : { isEstimated: true }),
	});
}

/**
 * The AI SDK's neutral usage in disjoint classes. `exact` is the provider's own report, read, where it is at hand: it
 * knows how long cache writes live, tools that were used and the service; what the neutral form counts beyond it (steps
 * that a provider leaves out of its totals) is kept. Without any count the usage is marked estimated.
 */
export function fromNeutralUsage(usage: LanguageModelV4Usage, exact: Usage | null): Usage {
	const counts = readCounts(usage);
	if (exact === null) return counts;
	const reasoningTokens = Math.max(exact.reasoningTokens, counts.reasoningTokens);
	const output = Math.max(
		exact.outputTokens + exact.reasoningTokens,
		counts.outputTokens + counts.reasoningTokens,
		reasoningTokens,
	);
	return {
		...exact,
		inputTokens: Math.max(exact.inputTokens, counts.inputTokens),
		reasoningTokens,
		outputTokens: output - reasoningTokens,
	};
}

/** Reads usage from the events of a stream, as they come. */
export interface StreamUsageReader {
	/** Takes one event, parsed; one that says nothing of usage changes nothing. */
	push(event: unknown): void;
	/** What the provider has said so far; `null` when nothing. @throws InvalidInputError for figures that cannot be */
	usage(): Usage | null;
	/** Characters of output seen: text, reasoning and tool input. What a cut stream is metered by. */
	readonly outputCharacters: number;
}

/** How one format says it. */
export interface StreamUsageFormat {
	/** The usage object of an event, to be laid over what was said before; `null` when the event has none. */
	getUsage(event: JsonObject): JsonObject | null;
	/** Texts of output in an event. */
	getOutputTexts(event: JsonObject): readonly unknown[];
	/** Makes a usage of everything said. */
	readUsage(usage: JsonObject): Usage;
}

/** A reader of one format: counts are cumulative, so what is said later takes the place of what was said before. */
export function createStreamUsageReader(format: StreamUsageFormat): StreamUsageReader {
	let said: JsonObject | null = null;
	let outputCharacters = 0;
	return {
		push(event) {
			if (!isObject(event)) return;
			for (const text of format.getOutputTexts(event)) if (typeof text === 'string') outputCharacters += text.length;
			const usage = format.getUsage(event);
			if (usage === null) return;
			const told = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
			said = { ...said, ...Object.fromEntries(told) };
		},
		usage: () => (said === null ? null : format.readUsage(said)),
		get outputCharacters() {
			return outputCharacters;
		},
	};
}

/** Tokens counted here, for a stream that ended before the provider had said all. */
export interface MeteredTokens {
	inputTokens: number;
	outputTokens: number;
}

/** A usage of tokens that nobody but ourselves has counted, whole, marked as estimated. */
export function createMeteredUsage({ inputTokens, outputTokens }: MeteredTokens): Usage {
	return {
		inputTokens: Math.ceil(inputTokens),
		cacheReadTokens: 0,
		cacheWrite5mTokens: 0,
		cacheWrite1hTokens: 0,
		outputTokens: Math.ceil(outputTokens),
		reasoningTokens: 0,
		isEstimated: true,
	};
}

/**
 * The usage of a stream that was cut: what the provider said, and where it said less, what was metered; marked
 * estimated. Never less than what was said.
 */
export function estimateInterruptedUsage(reader: Pick<StreamUsageReader, 'usage'>, metered: MeteredTokens): Usage {
	const said = reader.usage();
	if (said === null) return createMeteredUsage(metered);
	const output = Math.ceil(metered.outputTokens);
	return { ...said, outputTokens: Math.max(said.outputTokens, output - said.reasoningTokens), isEstimated: true };
}
