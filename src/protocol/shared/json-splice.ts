import { endOfString, endOfValue, isObject, skipWhitespace } from '../../util/index.ts';

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
}

/** What takes the place of a span of a text. */
interface TextEdit {
	start: number;
	end: number;
	text: string;
}

const COMMA = 44;
const OPENS: ReadonlySet<number> = new Set([123, 91]);
const CLOSES: ReadonlySet<number> = new Set([125, 93]);

function parseName(quoted: string): string {
	if (!quoted.includes('\\')) return quoted.slice(1, -1);
	// a JSON string is parsed: nothing else can come out
	return JSON.parse(quoted) as string;
}

/**
 * Passes over the members of the object or list that opens at `open`; `visit` says where a member's value ends.
 * Answers where the object or list ends.
 */
function visitMembers(
	text: string,
	open: number,
	visit: (step: string | number, start: number, from: number) => number,
): number {
	const hasNames = text[open] === '{';
	let at = skipWhitespace(text, open + 1);
	for (let index = 0; at < text.length && !CLOSES.has(text.charCodeAt(at)); index += 1) {
		const nameEnd = hasNames ? endOfString(text, at) : at;
		const start = hasNames ? skipWhitespace(text, skipWhitespace(text, nameEnd) + 1) : at;
		const step = hasNames ? parseName(text.slice(at, nameEnd)) : index;
		at = skipWhitespace(text, visit(step, start, at));
		if (text.charCodeAt(at) === COMMA) at = skipWhitespace(text, at + 1);
	}
	return at + 1;
}

/** Members of the object or list that opens at `open`, in the order of the text. */
export function scanMembers(text: string, open: number): JsonMember[] {
	const members: JsonMember[] = [];
	visitMembers(text, open, (step, start, from) => {
		const end = endOfValue(text, start);
		members.push({ name: String(step), from, start, end });
		return end;
	});
	return members;
}

/** The edits that set members of the object that opens at `open`. */
function findEdits(
	text: string,
	open: number,
	set: JsonMembers,
	inside: Readonly<Record<string, JsonMembers>>,
): TextEdit[] {
	const members = scanMembers(text, open);
	const values = Object.entries({ ...set, ...inside }).filter(([, value]) => value !== undefined);
	const edits = values.flatMap(([name, value]) =>
		members
			.filter((member) => member.name === name)
			.flatMap(({ start, end }) => {
				const inner = text[start] === '{' ? inside[name] : undefined;
				return inner ? findEdits(text, start, inner, {}) : [{ start, end, text: JSON.stringify(value) }];
			}),
	);
	const added = values
		.filter(([name]) => members.every((member) => member.name !== name))
		.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
	if (added.length === 0) return edits;
	const at = members.at(-1)?.end ?? open + 1;
	return [...edits, { start: at, end: at, text: `${members.length > 0 ? ',' : ''}${added.join(',')}` }];
}

/**
 * Sets members of a JSON object in its text, and members of its members (`inside`); every other byte stays as it was.
 * A member that stands twice is changed in both places: which one counts is up to the reader's parser. New members come
 * last. A member that `inside` names and that is no object becomes one. One linear scan; `text` must be a JSON object
 * that has been parsed already.
 */
export function spliceJson(text: string, set: JsonMembers, inside: Readonly<Record<string, JsonMembers>> = {}): string {
	return applyEdits(text, findEdits(text, text.indexOf('{'), set, inside));
}

/** The text with its edits, which do not overlap. */
function applyEdits(text: string, edits: readonly TextEdit[]): string {
	let spliced = '';
	let done = 0;
	for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
		spliced += text.slice(done, edit.start) + edit.text;
		done = edit.end;
	}
	return spliced + text.slice(done);
}

/** Names of members and indices of lists, from the outermost in. */
export type JsonPath = readonly (string | number)[];

/** A change at one place of a JSON text. */
export interface JsonEdit {
	path: JsonPath;
	/** The edits for the value between `start` and `end`. */
	editsFor(text: string, start: number, end: number): TextEdit[];
}

/** Adds a member, whose value is JSON, to the object at a path, as its last. */
export function addJsonMember(path: JsonPath, name: string, value: string): JsonEdit {
	return {
		path,
		editsFor(text, start, end) {
			if (text[start] !== '{') return [];
			const isEmpty = skipWhitespace(text, start + 1) === end - 1;
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
			if (!OPENS.has(text.charCodeAt(start))) return [];
			const isList = text[start] === '[';
			const members = scanMembers(text, start);
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

/** The edits for the value that begins at `start`, and where it ends. `depth`: how much of the paths leads here. */
function collectEdits(
	text: string,
	start: number,
	edits: readonly JsonEdit[],
	depth: number,
): { end: number; found: TextEdit[] } {
	const inner = Map.groupBy(
		edits.filter(({ path }) => path.length > depth),
		({ path }) => path[depth],
	);
	// of a member that stands twice the last counts, which parsers take
	const byStep = new Map<string | number, TextEdit[]>();
	const isSearched = inner.size > 0 && OPENS.has(text.charCodeAt(start));
	const end = isSearched
		? visitMembers(text, start, (step, at) => {
				const edits = inner.get(step);
				if (edits === undefined) return endOfValue(text, at);
				const member = collectEdits(text, at, edits, depth + 1);
				byStep.set(step, member.found);
				return member.end;
			})
		: endOfValue(text, start);
	const own = edits.filter(({ path }) => path.length === depth).flatMap((edit) => edit.editsFor(text, start, end));
	return { end, found: [...own, ...byStep.values()].flat() };
}

/**
 * Changes a JSON text at these places; every other byte stays as it was. A place that is not there is passed over. One
 * linear scan for all edits.
 */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
	return applyEdits(text, collectEdits(text, skipWhitespace(text, 0), edits, 0).found);
}

/** Takes a member of a JSON object out of its text, wherever and however often it stands. */
export function removeJsonMember(text: string, name: string): string {
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
