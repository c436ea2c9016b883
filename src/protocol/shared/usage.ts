import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import { type ServiceTier, type Usage, ZERO_USAGE } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { presentMembers, toObject } from './body-fields.ts';

/** Words for the service that was billed; the standard one, and words that name no rate of their own, are `null`. */
const TIERS: ReadonlyMap<string, ServiceTier | null> = new Map([
	...'standard default auto on_demand traffic_type_unspecified unspecified service_tier_unspecified'
		.split(' ')
		.map((word) => [word, null] as const),
	['batch', 'batch'],
	['flex', 'flex'],
	['on_demand_flex', 'flex'],
	['priority', 'priority'],
	['on_demand_priority', 'priority'],
]);

/** Reads the fields of a provider's usage, and knows which were not read: these are kept as unknown. */
export class UsageFields {
	readonly #usage: JsonObject;
	readonly #path: string;
	readonly #known = new Set<string>();
	readonly #nested: UsageFields[] = [];

	constructor(usage: unknown, path = 'usage') {
		this.#usage = toObject(usage);
		this.#path = path;
	}

	/** A count of tokens or uses; 0 when missing or null. @throws InvalidInputError for what is no count */
	count(name: string): number {
		const value = this.get(name) ?? 0;
		if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
		// what is no number may be anybody's text: its kind is enough
		const found = typeof value === 'number' ? value : `a ${typeof value}`;
		throw new InvalidInputError(`${this.#path}.${name} is ${found}; a count must be a whole number, 0 or more.`);
	}

	/** A nested object's fields. */
	nested(name: string): UsageFields {
		const nested = new UsageFields(this.get(name), `${this.#path}.${name}`);
		this.#nested.push(nested);
		return nested;
	}

	/** The value of a field, whatever it is. */
	get(name: string): unknown {
		this.#known.add(name);
		return this.#usage[name];
	}

	/** The service that was billed. A word that is not known stays unknown, since it may be billed otherwise. */
	serviceTier(name: string): { serviceTier?: ServiceTier } {
		const tier = TIERS.get(String(this.#usage[name]).toLowerCase());
		if (tier !== undefined) this.#known.add(name);
		return tier === undefined || tier === null ? {} : { serviceTier: tier };
	}

	/** Marks fields that add nothing to what the classes count. */
	ignore(...names: readonly string[]): void {
		for (const name of names) this.#known.add(name);
	}

	/** What remains of a whole without its part. @throws InvalidInputError when the part is larger */
	subtract(whole: string, wholeCount: number, partCount: number): number {
		if (partCount <= wholeCount) return wholeCount - partCount;
		throw new InvalidInputError(
			`${this.#path}.${whole} is ${wholeCount}, less than the ${partCount} that are said to be part of it.`,
		);
	}

	/** Fields that were not read, those of nested objects by their path; a nested 0 says nothing. */
	unknown(): Record<string, unknown> {
		const prefix = this.#path.split('.').slice(1).join('.');
		const own = Object.entries(this.#usage)
			.filter(([name, value]) => value !== undefined && value !== null && !this.#known.has(name))
			.filter(([, value]) => prefix === '' || value !== 0)
			.map(([name, value]) => [prefix === '' ? name : `${prefix}.${name}`, value]);
		return Object.assign(Object.fromEntries(own), ...this.#nested.map((nested) => nested.unknown()));
	}
}

/** Counts of uses as a member of a usage; nothing where all are 0. */
export function toPerUse(counts: Readonly<Record<string, number>>): Pick<Usage, 'perUse'> {
	const used = Object.entries(counts).filter(([, count]) => count > 0);
	return used.length === 0 ? {} : { perUse: Object.fromEntries(used) };
}

/** A usage of these counts; the others are 0. */
export function createUsage(counts: Partial<Usage>, unknownFields: Record<string, unknown> = {}): Usage {
	return {
		...ZERO_USAGE,
		...counts,
		...(Object.keys(unknownFields).length > 0 ? { unknownFields } : {}),
	};
}

/** Tokens as OpenAI's APIs count them: the input includes the cached tokens, the output the reasoning. */
interface TotalTokens {
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

function toCount(value: number | undefined): number | undefined {
	return value === undefined || !Number.isFinite(value) || value < 0 ? undefined : Math.ceil(value);
}

/** A whole without its parts; 0 where they are more than the whole. */
function subtractParts(whole: number | undefined, ...parts: number[]): number {
	return Math.max(0, (whole ?? 0) - parts.reduce((sum, part) => sum + part, 0));
}

function readCounts({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage {
	const read = toCount(inputTokens.cacheRead) ?? 0;
	const written = toCount(inputTokens.cacheWrite) ?? 0;
	const reasoning = toCount(outputTokens.reasoning) ?? 0;
	const input = toCount(inputTokens.noCache) ?? subtractParts(toCount(inputTokens.total), read, written);
	// some providers count the whole output as text: reasoning is not counted twice
	const total = toCount(outputTokens.total);
	const text = toCount(outputTokens.text) ?? subtractParts(total, reasoning);
	const output = total === undefined ? text : Math.min(text, subtractParts(total, reasoning));
	const hasCounts = [inputTokens.total, inputTokens.noCache, outputTokens.total, outputTokens.text].some(
		(count) => toCount(count) !== undefined,
	);
	return createUsage({
		inputTokens: input,
		cacheReadTokens: read,
		cacheWrite5mTokens: written,
		outputTokens: output,
		reasoningTokens: reasoning,
		...(hasCounts ? {} : { isEstimated: true }),
	});
}

/**
 * The AI SDK's neutral usage in disjoint classes. `exact` is the provider's own report where it is at hand: it knows the
 * lifetime of cache writes, the tools that were used and the service tier. Where the neutral form counts more (steps that
 * a provider leaves out of its totals) its count is kept. Without any count the usage is marked estimated.
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
	/** Reads one parsed event; an event without usage or output changes nothing. */
	push(event: unknown): void;
	/** What the provider has reported so far; `null` before its first report. @throws InvalidInputError for impossible figures */
	usage(): Usage | null;
	/** Characters of output so far: text, reasoning and tool input. An interrupted stream is metered by them. */
	readonly outputCharacters: number;
}

/** How the events of one format report usage. */
interface StreamUsageFormat {
	/** The usage object of an event, to be merged over earlier ones; `null` when the event has none. */
	getUsage(event: JsonObject): JsonObject | null;
	/** Texts of output in an event. */
	getOutputTexts(event: JsonObject): readonly unknown[];
	/** The usage of all merged objects. */
	readUsage(usage: JsonObject): Usage;
}

/** A reader of one format. Counts are cumulative: a later one replaces the earlier. */
export function createStreamUsageReader(format: StreamUsageFormat): StreamUsageReader {
	let merged: JsonObject | null = null;
	let outputCharacters = 0;
	return {
		push(event) {
			if (!isObject(event)) return;
			for (const text of format.getOutputTexts(event)) if (typeof text === 'string') outputCharacters += text.length;
			const usage = format.getUsage(event);
			if (usage !== null) merged = { ...merged, ...presentMembers(usage) };
		},
		usage: () => (merged === null ? null : format.readUsage(merged)),
		get outputCharacters() {
			return outputCharacters;
		},
	};
}

/** Tokens that were counted here, for a stream that ended before the provider's last report. */
export type MeteredTokens = Pick<Usage, 'inputTokens' | 'outputTokens'>;

/** A usage that only this package has counted, rounded up to whole tokens and marked estimated. */
export function createMeteredUsage({ inputTokens, outputTokens }: MeteredTokens): Usage {
	const counts = { inputTokens: Math.ceil(inputTokens), outputTokens: Math.ceil(outputTokens) };
	return createUsage({ ...counts, isEstimated: true });
}

/**
 * The usage of an interrupted stream, marked estimated: what the provider reported, and the metered output where that is
 * more. Never less than what was reported.
 */
export function estimateInterruptedUsage(reader: Pick<StreamUsageReader, 'usage'>, metered: MeteredTokens): Usage {
	const reported = reader.usage();
	if (reported === null) return createMeteredUsage(metered);
	const meteredText = Math.ceil(metered.outputTokens) - reported.reasoningTokens;
	return { ...reported, outputTokens: Math.max(reported.outputTokens, meteredText), isEstimated: true };
}
