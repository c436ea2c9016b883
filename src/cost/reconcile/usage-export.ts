import { type NanoUsd, type Usage, ZERO_USAGE } from '../../contracts/index.ts';

/** Token classes that a provider's report tells apart, each with its count in a usage. */
const TOKEN_CLASSES = {
	input: 'inputTokens',
	cacheRead: 'cacheReadTokens',
	cacheWrite5m: 'cacheWrite5mTokens',
	cacheWrite1h: 'cacheWrite1hTokens',
	output: 'outputTokens',
} as const;
type TokenClass = keyof typeof TOKEN_CLASSES;
const CLASS_NAMES = Object.keys(TOKEN_CLASSES) as TokenClass[];

/** Tokens by the classes of a provider's report: `input` is neither read from nor written to a cache, reasoning is inside `output`. */
export type CountedTokens = Record<TokenClass, number>;

/** What a provider reports for one day and model; what its report leaves out is `null`. */
export interface UsageExportRow {
	/** UTC day, `YYYY-MM-DD`. */
	day: string;
	/** As the provider names it; `null` when the report is not grouped by model. */
	model: string | null;
	requests: number | null;
	tokens: CountedTokens | null;
	/** A credit is negative. */
	costNanoUsd: NanoUsd | null;
	/** How far the amount may be from the exact one, by the decimals it is written with. */
	precisionNanoUsd: NanoUsd;
	/** As the provider names it, e.g. `batch`. */
	serviceTier: string | null;
}

/** A provider's report, parsed. */
export interface UsageExport {
	/** e.g. `anthropic usage report`, `csv`. */
	format: string;
	/** `null` when the file does not name it. */
	provider: string | null;
	/** The days it covers as epoch milliseconds, half open. */
	from: number;
	to: number;
	rows: UsageExportRow[];
	/** More pages follow that are not in the file. */
	isIncomplete: boolean;
}

/** Tokens of each class, by a function. */
export function mapTokens(getCount: (name: TokenClass) => number): CountedTokens {
	// every class is there
	return Object.fromEntries(CLASS_NAMES.map((name) => [name, getCount(name)])) as CountedTokens;
}

/** The sum, class by class. */
export function sumTokens(all: readonly CountedTokens[]): CountedTokens {
	return mapTokens((name) => all.reduce((sum, tokens) => sum + tokens[name], 0));
}

/** Class by class; `null` counts as no tokens. */
export function subtractTokens(from: CountedTokens | null, tokens: CountedTokens | null): CountedTokens {
	return mapTokens((name) => (from?.[name] ?? 0) - (tokens?.[name] ?? 0));
}

/** True when any class has tokens. */
export function hasTokens(tokens: CountedTokens): boolean {
	return Object.values(tokens).some((count) => count !== 0);
}

/** Tokens of a ledger row in the classes of a report. */
export function toCountedTokens(usage: Usage): CountedTokens {
	return mapTokens((name) => usage[TOKEN_CLASSES[name]] + (name === 'output' ? usage.reasoningTokens : 0));
}

/** The usage of these tokens. */
export function toUsage(tokens: CountedTokens): Usage {
	return { ...ZERO_USAGE, ...Object.fromEntries(CLASS_NAMES.map((name) => [TOKEN_CLASSES[name], tokens[name]])) };
}
