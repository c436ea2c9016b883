import {
	countInputTokens,
	countOutputTokens,
	type ModelProfile,
	type ServiceTier,
	type Usage,
	ZERO_USAGE,
} from '../../contracts/index.ts';
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

/**
 * Reads the fields of a provider's usage. It knows which were not read: these are kept as unknown. A figure that cannot be
 * counts 0 and is kept as refused, so that it costs no other figure of the usage.
 */
export class UsageFields {
	readonly #usage: JsonObject;
	readonly #path: string;
	/** Names that were read. A provider's usage has few: a set for each would cost more than to search them. */
	readonly #known: string[] = [];
	readonly #nested: UsageFields[] = [];
	/** Why figures were refused, in order; those of nested objects too. */
	readonly #refused: string[];
	#isAmbiguous = false;

	constructor(usage: unknown, path = 'usage', refused: string[] = []) {
		this.#usage = toObject(usage);
		this.#path = path;
		this.#refused = refused;
	}

	/** A count of tokens or uses; 0 when missing, null, or no count. */
	count(name: string): number {
		const value = this.get(name) ?? 0;
		if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
		// what is no number may be anybody's text: its kind is enough
		const found = typeof value === 'number' ? value : `a ${typeof value}`;
		this.#refused.push(`${this.#path}.${name} is ${found}; a count must be a whole number, 0 or more.`);
		return 0;
	}

	/** A nested object's fields. */
	nested(name: string): UsageFields {
		const nested = new UsageFields(this.get(name), `${this.#path}.${name}`, this.#refused);
		this.#nested.push(nested);
		return nested;
	}

	/** The fields of a member of a list, whose unknown fields are not kept. */
	member(list: string, index: number, value: unknown): UsageFields {
		return new UsageFields(value, `${this.#path}.${list}[${index}]`, this.#refused);
	}

	/** The value of a field, whatever it is. */
	get(name: string): unknown {
		this.#known.push(name);
		return this.#usage[name];
	}

	/** The service that was billed. A word that is not known stays unknown, since it may be billed otherwise. */
	serviceTier(name: string): { serviceTier?: ServiceTier } {
		const tier = TIERS.get(String(this.#usage[name]).toLowerCase());
		if (tier !== undefined) this.#known.push(name);
		return tier === undefined || tier === null ? {} : { serviceTier: tier };
	}

	/** Marks fields that add nothing to what the classes count. */
	ignore(...names: readonly string[]): void {
		this.#known.push(...names);
	}

	/**
	 * What remains of a whole without its part. A part larger than its whole cannot be inside it: then the whole is all
	 * that remains, which is the dearer reading, and the usage is marked estimated unless `isBeside` says that the provider
	 * counts so.
	 */
	subtract(whole: number, part: number, isBeside = false): number {
		if (isBeside) return whole;
		if (part <= whole) return whole - part;
		this.#isAmbiguous = true;
		return whole;
	}

	/** The usage of these counts, with the fields that were not read (`more` among them) and the figures that were refused. */
	toUsage(counts: Partial<Usage>, more: Record<string, unknown> = {}): Usage {
		const refused = this.#refused.length === 0 ? {} : { refusedUsage: this.#refused.join(' ') };
		const isEstimated = this.#isAmbiguous || this.#refused.length > 0;
		const unknown = { ...this.unknown(), ...more, ...refused };
		return createUsage({ ...counts, ...(isEstimated ? { isEstimated } : {}) }, unknown);
	}

	/** Fields that were not read, those of nested objects by their path; a nested 0 says nothing. */
	unknown(): Record<string, unknown> {
		const dot = this.#path.indexOf('.');
		const prefix = dot === -1 ? '' : this.#path.slice(dot + 1);
		const unknown: Record<string, unknown> = {};
		for (const name of Object.keys(this.#usage)) {
			const value = this.#usage[name];
			if (value === undefined || value === null || this.#known.includes(name) || (prefix !== '' && value === 0))
				continue;
			// defined, not assigned: a provider may name a field `__proto__`
			Object.defineProperty(unknown, prefix === '' ? name : `${prefix}.${name}`, { value, ...PLAIN });
		}
		for (const nested of this.#nested) Object.assign(unknown, nested.unknown());
		return unknown;
	}
}

const PLAIN = { enumerable: true, configurable: true, writable: true } as const;

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

/** Reads usage from the events of a stream, as they come. */
export interface StreamUsageReader {
	/** Reads one parsed event; an event without usage or output changes nothing. */
	push(event: unknown): void;
	/** The last event came again with this text as its output. `takeOutput` does not return it. */
	repeat(text: string): void;
	/** What the provider has reported so far; `null` before its first report. */
	usage(): Usage | null;
	/** Characters of output so far: text, reasoning and tool input. An interrupted stream is metered by them. */
	readonly outputCharacters: number;
	/** Output since the last call: its text, and tokens that come as no text. */
	takeOutput(): { text: string; tokens: number };
}

/** Tokens of a call beside its name and input. Recordings of Anthropic's models show up to 45, of all others fewer. */
export const TOOL_CALL_TOKENS = 48;
/** Characters of sealed reasoning for a token of it, at least: 3.9 in recordings of Anthropic's models from 4 on. */
const SEALED_CHARACTERS_PER_TOKEN = 3;

/** Tokens of reasoning that its signature holds beside those that were shown, by so many characters. */
export function countSealedTokens(sealed: string, shownCharacters: number): number {
	return Math.max(0, Math.ceil((sealed.length - shownCharacters) / SEALED_CHARACTERS_PER_TOKEN));
}

/** How the events of one format report usage. */
interface StreamUsageFormat {
	/** The usage object of an event, to be merged over earlier ones; `null` when the event has none. */
	getUsage(event: JsonObject): JsonObject | null;
	/** Texts of output in an event. */
	getOutputTexts(event: JsonObject): readonly unknown[];
	/** Tokens of output in an event that are no text. @default 0 */
	getOtherTokens?(event: JsonObject): number;
	/** Called when the last event came again with another text. */
	onRepeat?(text: string): void;
	/** The usage of all merged objects. */
	readUsage(usage: JsonObject): Usage;
}

/** The texts, and the texts in lists of parts (Mistral's content), in one; all else is none. */
export function joinTexts(texts: readonly unknown[]): string {
	let joined = '';
	for (const text of texts) {
		if (typeof text === 'string') joined += text;
		else if (Array.isArray(text)) joined += joinTexts(text);
		else if (isObject(text)) joined += joinTexts([text['text'], text['thinking']]);
	}
	return joined;
}

/** A reader of one format. Counts are cumulative: a later one replaces the earlier. */
export function createStreamUsageReader(format: StreamUsageFormat): StreamUsageReader {
	return new FormatUsageReader(format);
}

class FormatUsageReader implements StreamUsageReader {
	readonly #format: StreamUsageFormat;
	#merged: JsonObject | null = null;
	#output = { text: '', tokens: 0 };
	outputCharacters = 0;

	constructor(format: StreamUsageFormat) {
		this.#format = format;
	}

	push(event: unknown): void {
		if (!isObject(event)) return;
		const text = joinTexts(this.#format.getOutputTexts(event));
		this.outputCharacters += text.length;
		this.#output.text += text;
		this.#output.tokens += this.#format.getOtherTokens?.(event) ?? 0;
		const usage = this.#format.getUsage(event);
		if (usage !== null) this.#merged = { ...this.#merged, ...presentMembers(usage) };
	}

	repeat(text: string): void {
		this.outputCharacters += text.length;
		this.#format.onRepeat?.(text);
	}

	usage(): Usage | null {
		return this.#merged === null ? null : this.#format.readUsage(this.#merged);
	}

	takeOutput(): { text: string; tokens: number } {
		const taken = this.#output;
		this.#output = { text: '', tokens: 0 };
		return taken;
	}
}

/**
 * Output tokens that may be under way when an answer is ended: what a provider of 2,000 tokens a second writes in the
 * quarter of a second that it may take to hear of it.
 */
export const IN_FLIGHT_TOKENS = 512;

/** Tokens that were counted here, for what the provider has not counted, or not believably. */
export type MeteredTokens = Pick<Usage, 'inputTokens' | 'outputTokens'>;

/** Most tokens that one call can have used, all classes of input or output together. */
export type UsageLimits = MeteredTokens;

/** Input of one call at most, in context windows: tools that run at the provider read the conversation again. */
const MAX_WINDOWS = 10;
/** Output beyond what was asked for, as a ratio and in tokens, that is believed: providers count a little differently. */
const OUTPUT_TOLERANCE = { ratio: 2, tokens: 1024 };

/** What a call of this model can have used at most. `maxOutputTokens`: the caller's limit of one answer, where it has one. */
export function createUsageLimits(
	profile: Pick<ModelProfile, 'contextWindow' | 'maxOutputTokens'>,
	asked: { maxOutputTokens?: number | null | undefined; answers?: number | undefined } = {},
): UsageLimits {
	const perAnswer = Math.min(profile.maxOutputTokens, asked.maxOutputTokens ?? profile.maxOutputTokens);
	const { ratio, tokens } = OUTPUT_TOLERANCE;
	return {
		inputTokens: profile.contextWindow * MAX_WINDOWS,
		outputTokens: (perAnswer * ratio + tokens) * (asked.answers ?? 1),
	};
}

/** Uses that one call can have made of a tool. Far above what any provider permits. */
const MAX_USES = 1000;

/** A usage that only this package has counted, rounded up to whole tokens and marked estimated. */
export function createMeteredUsage({ inputTokens, outputTokens }: MeteredTokens): Usage {
	const counts = { inputTokens: Math.ceil(inputTokens), outputTokens: Math.ceil(outputTokens) };
	return createUsage({ ...counts, isEstimated: true });
}

/**
 * The usage to book for an answer: what the provider reported. What it left out, and figures beyond `limits`, are
 * replaced by what was metered here, and the usage is marked estimated; refused figures stay visible as `refusedUsage`.
 * `believesZero`: a count of 0 is not taken for one that was left out.
 */
export function settleUsage(
	reported: Usage | null,
	metered: MeteredTokens,
	{ limits, believesZero = false }: { limits?: UsageLimits | undefined; believesZero?: boolean } = {},
): Usage {
	if (reported === null) return createMeteredUsage(metered);
	const believed = limits === undefined ? reported : refuseBeyond(reported, withWritten(limits, metered));
	const isRefused = believed.unknownFields?.['refusedUsage'] !== undefined;
	// no prompt is empty, and what was read has been written
	const isFilled = isRefused || !believesZero;
	const lacksInput = isFilled && countInputTokens(believed) === 0 && metered.inputTokens > 0;
	const lacksOutput = isFilled && metered.outputTokens > 0 && (countOutputTokens(believed) === 0 || isRefused);
	if (!lacksInput && !lacksOutput) return believed;
	return {
		...believed,
		...(lacksInput ? { inputTokens: Math.ceil(metered.inputTokens) } : {}),
		...(lacksOutput ? { outputTokens: withMeteredOutput(believed, metered) } : {}),
		isEstimated: true,
	};
}

/**
 * The usage of an interrupted stream, marked estimated: what the provider reported, and the metered output where that is
 * more. Never less than what was reported.
 */
export function estimateInterruptedUsage(
	reader: Pick<StreamUsageReader, 'usage'>,
	metered: MeteredTokens,
	limits?: UsageLimits,
): Usage {
	const settled = settleUsage(reader.usage(), metered, { limits });
	return { ...settled, outputTokens: withMeteredOutput(settled, metered), isEstimated: true };
}

function withMeteredOutput(usage: Usage, metered: MeteredTokens): number {
	return Math.max(usage.outputTokens, Math.ceil(metered.outputTokens) - usage.reasoningTokens);
}

/** What was seen to be written can be billed, whatever the limit was. */
function withWritten(limits: UsageLimits, { outputTokens }: MeteredTokens): UsageLimits {
	return { ...limits, outputTokens: Math.max(limits.outputTokens, outputTokens * OUTPUT_TOLERANCE.ratio) };
}

/** The usage without figures that no call within these limits can have; they are named in `refusedUsage`. */
function refuseBeyond(usage: Usage, limits: UsageLimits): Usage {
	const input = countInputTokens(usage);
	const output = countOutputTokens(usage);
	const uses = Object.entries(usage.perUse ?? {});
	const refused: string[] = [];
	const refuse = (what: string, most: number) => refused.push(`${what}, when the call allows ${most}.`);
	if (input > limits.inputTokens) refuse(`The provider reports ${input} input tokens`, limits.inputTokens);
	if (output > limits.outputTokens) refuse(`The provider reports ${output} output tokens`, limits.outputTokens);
	for (const [name, count] of uses) if (count > MAX_USES) refuse(`The provider reports ${count} of ${name}`, MAX_USES);
	if (refused.length === 0) return usage;
	const { providerCostNanoUsd: _, ...rest } = usage;
	return {
		...rest,
		...(input > limits.inputTokens
			? { inputTokens: 0, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 }
			: {}),
		...(output > limits.outputTokens ? { outputTokens: 0, reasoningTokens: 0 } : {}),
		...(uses.length > 0 ? { perUse: Object.fromEntries(uses.filter(([, count]) => count <= MAX_USES)) } : {}),
		isEstimated: true,
		unknownFields: {
			...usage.unknownFields,
			refusedUsage: [usage.unknownFields?.['refusedUsage'], ...refused].filter((text) => text !== undefined).join(' '),
		},
	};
}
