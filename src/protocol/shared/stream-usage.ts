import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from './usage-fields.ts';

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
	usageOf(event: JsonObject): JsonObject | null;
	/** Texts of output in an event. */
	outputOf(event: JsonObject): readonly unknown[];
	/** Makes a usage of everything said. */
	read(usage: JsonObject): Usage;
}

/** A reader of one format: counts are cumulative, so what is said later takes the place of what was said before. */
export function createStreamUsageReader(format: StreamUsageFormat): StreamUsageReader {
	let said: JsonObject | null = null;
	let outputCharacters = 0;
	return {
		push(event) {
			if (!isObject(event)) return;
			for (const text of format.outputOf(event)) if (typeof text === 'string') outputCharacters += text.length;
			const usage = format.usageOf(event);
			if (usage === null) return;
			const told = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
			said = { ...said, ...Object.fromEntries(told) };
		},
		usage: () => (said === null ? null : format.read(said)),
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
export function meteredUsage({ inputTokens, outputTokens }: MeteredTokens): Usage {
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
export function usageOfCutStream(reader: Pick<StreamUsageReader, 'usage'>, metered: MeteredTokens): Usage {
	const said = reader.usage();
	if (said === null) return meteredUsage(metered);
	const output = Math.ceil(metered.outputTokens);
	return { ...said, outputTokens: Math.max(said.outputTokens, output - said.reasoningTokens), isEstimated: true };
}

/** Members of a list that are objects. */
export function objectsIn(value: unknown): JsonObject[] {
	return Array.isArray(value) ? value.filter(isObject) : [];
}
