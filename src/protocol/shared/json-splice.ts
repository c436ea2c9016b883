import {
	endOfString,
	endOfValue,
	isObject,
	type MemberSpan,
	skipWhitespace,
	skipWhitespaceBack,
} from '../../util/index.ts';

/** Members to set, by name; `undefined` leaves a member as it is. */
type JsonMembers = Readonly<Record<string, unknown>>;

/** A member of an object or list, where it stands in the text. */
export interface JsonMember {
	name: string;
	/** Where its name opens. */
	from: number;
	/** Span of the value. */
	start: number;
	end: number;
	/** The commas of its value, counted from its start; `null` where they have not been looked for. */
	commas: readonly number[] | null;
}

/** What takes the place of a span of a text. */
interface TextEdit {
	start: number;
	end: number;
	text: string;
}

const COMMA = 44;
const LIST = 91;
const OPENS: ReadonlySet<number> = new Set([123, 91]);
const CLOSES: ReadonlySet<number> = new Set([125, 93]);
const BEYOND_ASCII = /[^\0-\x7f]/;

/** The UTF-8 bytes of a text, each as a character. */
export function toBytes(text: string): string {
	return BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** The text whose UTF-8 bytes are the characters of a string. */
function fromBytes(bytes: string): string {
	return BEYOND_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

/**
 * An object as JSON. Its text is kept as bytes: searched several times as fast as the characters, which are not needed to
 * change it or to send it, and with the places of its members, so that it is not searched again for each change.
 */
export class JsonText {
	/** UTF-8, each byte as a character of its own. */
	readonly bytes: string;
	#members: readonly JsonMember[] | null;

	/** `members`: those of the object. @default searched for when they are needed */
	constructor(bytes: string, members: readonly JsonMember[] | null = null) {
		this.bytes = bytes;
		this.#members = members;
	}

	static from(text: string): JsonText {
		return new JsonText(toBytes(text));
	}

	/** The text with what was seen of it before it was parsed. */
	static scanned(bytes: string, spans: readonly MemberSpan[]): JsonText {
		const members = spans.map(({ colon, commas, end: border, from, nameEnd }) => {
			const start = skipWhitespace(bytes, colon + 1);
			const end = skipWhitespaceBack(bytes, border);
			return { name: parseName(bytes.slice(from, nameEnd)), from, start, end, commas: commas.map((at) => at - start) };
		});
		return new JsonText(bytes, members);
	}

	/** In bytes. */
	get length(): number {
		return this.bytes.length;
	}

	/** In characters; counted when it is asked for. */
	get characters(): number {
		return this.toString().length;
	}

	/** The text itself. */
	toString(): string {
		return fromBytes(this.bytes);
	}

	/** Where the object stands. */
	get span(): { start: number; end: number } {
		const start = skipWhitespace(this.bytes, 0);
		return { start, end: skipWhitespaceBack(this.bytes, this.bytes.length) };
	}

	/** Members of the object or list that opens at `open`, in the order of the text. */
	membersAt(open: number): readonly JsonMember[] {
		this.#members ??= scanMembers(this.bytes, this.span.start);
		if (open === this.span.start) return this.#members;
		const known = this.#members.find(({ start }) => start === open);
		return known?.commas == null ? scanMembers(this.bytes, open) : splitMembers(this.bytes, known, known.commas);
	}
}

/** The members of an object or list whose commas are known. */
function splitMembers(bytes: string, { end, start }: JsonMember, commas: readonly number[]): JsonMember[] {
	const first = skipWhitespace(bytes, start + 1);
	if (first >= end - 1) return [];
	const hasNames = bytes[start] === '{';
	return [0, ...commas].map((border, index) => {
		const from = skipWhitespace(bytes, start + border + 1);
		const nameEnd = hasNames ? endOfString(bytes, from) : from;
		const next = index < commas.length ? start + (commas[index] ?? 0) : end - 1;
		return {
			name: hasNames ? parseName(bytes.slice(from, nameEnd)) : String(index),
			from,
			start: hasNames ? skipWhitespace(bytes, skipWhitespace(bytes, nameEnd) + 1) : from,
			end: skipWhitespaceBack(bytes, next),
			commas: null,
		};
	});
}

function parseName(quoted: string): string {
	const name = fromBytes(quoted);
	if (!name.includes('\\')) return name.slice(1, -1);
	// a JSON string is parsed: nothing else can come out
	return JSON.parse(name) as string;
}

/** Members of the object or list that opens at `open` in a text of bytes, in the order of the text. */
export function scanMembers(text: string, open: number): JsonMember[] {
	const members: JsonMember[] = [];
	const hasNames = text[open] === '{';
	let at = skipWhitespace(text, open + 1);
	for (let index = 0; at < text.length && !CLOSES.has(text.charCodeAt(at)); index += 1) {
		const nameEnd = hasNames ? endOfString(text, at) : at;
		const start = hasNames ? skipWhitespace(text, skipWhitespace(text, nameEnd) + 1) : at;
		const end = endOfValue(text, start);
		const name = hasNames ? parseName(text.slice(at, nameEnd)) : String(index);
		members.push({ name, from: at, start, end, commas: null });
		at = skipWhitespace(text, end);
		if (text.charCodeAt(at) === COMMA) at = skipWhitespace(text, at + 1);
	}
	return members;
}

/** The edits that set a member: to a value, or, where it is an object and `inside` is given, those of its own members. */
function editMember(text: JsonText, { end, start }: JsonMember, value: string, inside?: JsonMembers): TextEdit[] {
	const isInside = inside !== undefined && text.bytes[start] === '{';
	return isInside ? findEdits(text, start, inside, {}) : [{ start, end, text: value }];
}

/** The edits that set members of the object that opens at `open`. */
function findEdits(
	text: JsonText,
	open: number,
	set: JsonMembers,
	inside: Readonly<Record<string, JsonMembers>>,
): TextEdit[] {
	const members = text.membersAt(open);
	const edits: TextEdit[] = [];
	let added = '';
	for (const [name, member] of Object.entries({ ...set, ...inside })) {
		if (member === undefined) continue;
		const value = JSON.stringify(member);
		const places = members.filter((known) => known.name === name);
		if (places.length === 0)
			added += `${members.length > 0 || added !== '' ? ',' : ''}${JSON.stringify(name)}:${value}`;
		for (const place of places) edits.push(...editMember(text, place, value, inside[name]));
	}
	const at = members.at(-1)?.end ?? open + 1;
	if (added !== '') edits.push({ start: at, end: at, text: added });
	return edits;
}

/**
 * Sets members of the outermost object, and members of its members (`inside`). A member that stands twice is changed in both
 * places: which one counts is up to the reader's parser. New members come last. A member that `inside` names and that is no
 * object becomes one.
 */
export function setJsonMembers(set: JsonMembers, inside: Readonly<Record<string, JsonMembers>> = {}): JsonEdit {
	return { path: [], editsFor: (text, start) => findEdits(text, start, set, inside) };
}

/** The bytes with edits, which do not overlap. */
function applyEdits(bytes: string, edits: readonly TextEdit[]): string {
	let spliced = '';
	let done = 0;
	for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
		spliced += bytes.slice(done, edit.start) + toBytes(edit.text);
		done = edit.end;
	}
	return spliced + bytes.slice(done);
}

/** Names of members and indices of lists, from the outermost in. */
export type JsonPath = readonly (string | number)[];

/** A change at one place of a JSON text. */
export interface JsonEdit {
	path: JsonPath;
	/** The edits for the value between `start` and `end`. */
	editsFor(text: JsonText, start: number, end: number): TextEdit[];
}

/** Adds a member, whose value is JSON, to the object at a path, as its last. */
export function addJsonMember(path: JsonPath, name: string, value: string): JsonEdit {
	return {
		path,
		editsFor(text, start, end) {
			if (text.bytes[start] !== '{') return [];
			const isEmpty = skipWhitespace(text.bytes, start + 1) === end - 1;
			return [{ start: end - 1, end: end - 1, text: `${isEmpty ? '' : ','}${JSON.stringify(name)}:${value}` }];
		},
	};
}

/** Puts something before and after the value at a path. */
export function wrapJsonValue(path: JsonPath, before: string, after: string): JsonEdit {
	return {
		path,
		editsFor: (_, start, end) => [
			{ start, end: start, text: before },
			{ start: end, end, text: after },
		],
	};
}

/** Puts JSON in the place of the value at a path. */
export function replaceJsonValue(path: JsonPath, value: string): JsonEdit {
	return { path, editsFor: (_, start, end) => [{ start, end, text: value }] };
}

/**
 * Takes members out of the object or list at a path, each with one comma; one that stands twice in both places. Edits inside
 * members that go must not be made.
 */
export function removeMembers(path: JsonPath, steps: ReadonlySet<string | number>): JsonEdit {
	return {
		path,
		editsFor(text, start) {
			if (!OPENS.has(text.bytes.charCodeAt(start))) return [];
			const isList = text.bytes[start] === '[';
			const members = text.membersAt(start);
			const goes = members.map(({ name }, index) => steps.has(isList ? index : name));
			const firstKept = goes.indexOf(false);
			return members.flatMap(({ from, end }, index) => {
				if (goes[index] !== true) return [];
				// those at the beginning go with the comma behind them, the others with the one before
				if (firstKept === -1 || index < firstKept)
					return [{ start: from, end: members[index + 1]?.from ?? end, text: '' }];
				return [{ start: members[index - 1]?.end ?? from, end, text: '' }];
			});
		},
	};
}

/** The edits for a value. `depth`: how much of the paths leads to it. */
function collectEdits(
	text: JsonText,
	{ start, end }: { start: number; end: number },
	edits: readonly JsonEdit[],
	depth: number,
): TextEdit[] {
	const own = edits.filter(({ path }) => path.length === depth);
	const code = text.bytes.charCodeAt(start);
	const found: TextEdit[] = [];
	if (own.length < edits.length && OPENS.has(code)) {
		const inner = edits.filter(({ path }) => path.length > depth);
		const members = text.membersAt(start);
		for (const [step, group] of Map.groupBy(inner, ({ path }) => path[depth] ?? '')) {
			const member = findMember(members, step, code);
			if (member !== undefined) found.push(...collectEdits(text, member, group, depth + 1));
		}
	}
	// behind those inside: of two edits at one place the outer one ends later
	return [...found, ...own.flatMap((edit) => edit.editsFor(text, start, end))];
}

/** The member of an object or list; of one that stands twice the last, which parsers take. */
function findMember(members: readonly JsonMember[], step: string | number, open: number): JsonMember | undefined {
	const isList = open === LIST;
	if (isList !== (typeof step === 'number')) return undefined;
	return typeof step === 'number' ? members[step] : members.findLast(({ name }) => name === step);
}

/**
 * Changes a JSON text at these places, all at once; every other byte stays as it was. A place that is not there is passed
 * over. The text must be one that has been parsed.
 */
export function editJson(text: JsonText, edits: readonly JsonEdit[]): JsonText {
	const found = collectEdits(text, text.span, edits, 0);
	return found.length === 0 ? text : new JsonText(applyEdits(text.bytes, found));
}

/** Takes a member of a JSON object out of its text, wherever and however often it stands. */
export function removeJsonMember(text: JsonText, name: string): JsonText {
	return editJson(text, [removeMembers([], new Set([name]))]);
}

/** The same value with the member at a path replaced; a place that is not there is passed over. */
export function updateAt<Value>(value: Value, [step, ...rest]: JsonPath, update: (member: unknown) => unknown): Value {
	const next = (member: unknown): unknown => (rest.length === 0 ? update(member) : updateAt(member, rest, update));
	// the copy has the members of the value, but for one that the caller gives its type
	if (Array.isArray(value)) return value.map((member, index) => (index === step ? next(member) : member)) as Value;
	if (!isObject(value) || step === undefined || !Object.hasOwn(value, step)) return value;
	return { ...value, [step]: next(value[step]) };
}
