import type { LanguageModelV4Content, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { WireFormatName } from '../../contracts/index.ts';
import { isObject, parseJsonSteps, type Steps } from '../../util/index.ts';

/** Numbers of JSON in their own digits: an object that `JSON.stringify` writes as it was read. */
interface RawNumber {
	readonly rawJSON: string;
}

/** What TypeScript's library does not know yet: https://tc39.es/proposal-json-parse-with-source */
interface ExactJson {
	parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
	rawJSON(text: string): RawNumber;
	isRawJSON(value: unknown): value is RawNumber;
}

// the runtime has these from Node.js 21 on
const exactJson = JSON as unknown as ExactJson;

/**
 * Digits, exponents and a zero that a double cannot be trusted with. Also found in texts, where it costs a little time: a run of
 * digits is read from its first one only.
 */
const INEXACT = /(?<!\d)(?:\d[.]?){16}|\d[eE][+-]?\d{3}|-0(?![.\d])/;

/** Whether a double holds every number of a JSON text; a text in it that looks like one that it does not hold counts too. */
export function isExact(text: string): boolean {
	return !INEXACT.test(text);
}

/** Characters that are searched for such a number at once, a few milliseconds. */
const SLICE_CHARACTERS = 256 * 1024;
/** Longest match of `INEXACT` and what stands before it. */
const OVERLAP = 40;

/** As `isExact`, in steps of a few milliseconds. */
export function* isExactSteps(text: string): Steps<boolean> {
	for (let from = 0; from < text.length; from += SLICE_CHARACTERS) {
		if (from > 0) yield;
		if (!isExact(text.slice(Math.max(0, from - OVERLAP), from + SLICE_CHARACTERS))) return false;
	}
	return true;
}

/** As `parseExactly`, in steps of a few milliseconds. `depth`: of objects and lists in one another. @throws JsonSyntaxError, JsonLimitError */
export function* parseExactSteps(text: string, limits: { depth?: number } = {}): Steps<unknown> {
	const { value } = yield* parseJsonSteps(text, limits, { parse: parseExactly });
	return value;
}

/** The value of a JSON text whose numbers are kept as they are written where a double would change them. @throws SyntaxError */
export function parseExactly(text: string): unknown {
	if (!INEXACT.test(text)) return JSON.parse(text);
	return exactJson.parse(text, (_name, value, { source }) =>
		typeof value === 'number' && source !== undefined && INEXACT.test(source) && JSON.stringify(value) !== source
			? exactJson.rawJSON(source)
			: value,
	);
}

const NUMBER = /-?\d[\d.eE+-]*/g;

/**
 * Writes values whose numbers were read of a JSON text, also those that a double changed: they keep the digits of the text.
 * Of two numbers that are one double the first counts.
 */
export function createExactStringify(source: string): (value: unknown) => string {
	let digits: Map<number, string> | null = null;
	const findDigits = (number: number): string | undefined => {
		const literals = () => source.match(NUMBER)?.filter((literal) => INEXACT.test(literal)) ?? [];
		digits ??= new Map(
			literals()
				.map((literal) => [Number(literal), literal] as const)
				.reverse(),
		);
		return digits.get(number);
	};
	return (value) =>
		JSON.stringify(value, (_name, member: unknown) => {
			if (typeof member !== 'number') return member;
			const isNegativeZero = Object.is(member, -0);
			if (!isNegativeZero && Number.isFinite(member) && isExact(String(member))) return member;
			const literal = isNegativeZero ? '-0' : findDigits(member);
			return literal === undefined ? member : exactJson.rawJSON(literal);
		});
}

/** The number, where a value is one in its own digits; else the value. */
export function toPlainNumber(value: unknown): unknown {
	return exactJson.isRawJSON(value) ? Number(value.rawJSON) : value;
}

/** Members in which each format has the input of a tool as an object; in the others it is a text. */
const INPUT_NAMES: Readonly<Partial<Record<WireFormatName, string>>> = {
	'anthropic-messages': 'input',
	gemini: 'args',
};
const MARK = 'switchyard-number:';
const MARKED = /"switchyard-number:(-?[0-9.eE+-]+)"/g;

function mark(value: unknown, inputName: string, isInput: boolean): unknown {
	if (exactJson.isRawJSON(value)) return isInput ? MARK + value.rawJSON : value;
	if (Array.isArray(value)) return value.map((member) => mark(member, inputName, isInput));
	if (!isObject(value)) return value;
	const members = Object.entries(value).map(([name, member]) => [
		name,
		mark(member, inputName, isInput || name === inputName),
	]);
	return Object.fromEntries(members);
}

/**
 * An answer's JSON in which numbers of tool inputs that a client library would change stand as texts, which it leaves alone;
 * `restoreNumbers` makes numbers of them again. The same text where there is none.
 */
export function protectNumbers(format: WireFormatName, text: string): string {
	const name = INPUT_NAMES[format];
	if (name === undefined || !INEXACT.test(text) || !text.includes(`"${name}"`)) return text;
	try {
		return JSON.stringify(mark(parseExactly(text), name, false));
	} catch (error) {
		// what is no JSON is reported by whoever reads it
		if (error instanceof SyntaxError) return text;
		throw error;
	}
}

/** The part of an answer with the numbers that `protectNumbers` made texts of. */
export function restoreNumbers<Part extends LanguageModelV4StreamPart | LanguageModelV4Content>(part: Part): Part {
	const name = part.type === 'tool-call' ? 'input' : part.type === 'tool-input-delta' ? 'delta' : null;
	const text: unknown = name === null ? null : Reflect.get(part, name);
	if (name === null || typeof text !== 'string' || !text.includes(MARK)) return part;
	return { ...part, [name]: text.replace(MARKED, '$1') };
}
