/** Members to set, by name; `undefined` leaves a member as it is. */
export type JsonMembers = Readonly<Record<string, unknown>>;

/** A member of an object, where it stands in the text. */
export interface JsonMember {
	name: string;
	/** Where its name opens. */
	from: number;
	/** Span of the value. */
	start: number;
	end: number;
}

/** What takes the place of a span of a text. */
export interface TextEdit {
	start: number;
	end: number;
	text: string;
}

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPENS: ReadonlySet<number> = new Set([123, 91]);
const CLOSES: ReadonlySet<number> = new Set([125, 93]);
/** A comma, a closing bracket or white space: what ends a number or a word. */
const ENDS: ReadonlySet<number> = new Set([COMMA, 125, 93, 32, 9, 10, 13]);
const SPACES: ReadonlySet<number> = new Set([32, 9, 10, 13]);

/** The next sign that is no white space. */
function skipWhitespace(text: string, from: number): number {
	let at = from;
	while (SPACES.has(text.charCodeAt(at))) at += 1;
	return at;
}

/** The index after the quote that closes the string which opens at `open`. */
function endOfString(text: string, open: number): number {
	for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
		let before = at - 1;
		while (text.charCodeAt(before) === BACKSLASH) before -= 1;
		if ((at - before) % 2 === 1) return at + 1;
	}
	return text.length;
}

function endOfContainer(text: string, open: number): number {
	let depth = 0;
	for (let at = open; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) at = endOfString(text, at) - 1;
		else if (OPENS.has(code)) depth += 1;
		else if (CLOSES.has(code)) {
			depth -= 1;
			if (depth === 0) return at + 1;
		}
	}
	return text.length;
}

/** Where the value that begins at `start` ends. */
function endOfValue(text: string, start: number): number {
	const code = text.charCodeAt(start);
	if (code === QUOTE) return endOfString(text, start);
	if (OPENS.has(code)) return endOfContainer(text, start);
	let at = start;
	while (at < text.length && !ENDS.has(text.charCodeAt(at))) at += 1;
	return at;
}

function nameIn(quoted: string): string {
	if (!quoted.includes('\\')) return quoted.slice(1, -1);
	// a JSON string is parsed: nothing else can come out
	return JSON.parse(quoted) as string;
}

/** Members of the object that opens at `open`, in the order of the text. */
function scanMembers(text: string, open: number): JsonMember[] {
	const members: JsonMember[] = [];
	let at = skipWhitespace(text, open + 1);
	while (text.charCodeAt(at) === QUOTE) {
		const nameEnd = endOfString(text, at);
		const start = skipWhitespace(text, skipWhitespace(text, nameEnd) + 1);
		const end = endOfValue(text, start);
		members.push({ name: nameIn(text.slice(at, nameEnd)), from: at, start, end });
		at = skipWhitespace(text, end);
		if (text.charCodeAt(at) === COMMA) at = skipWhitespace(text, at + 1);
	}
	return members;
}

function objectText(members: JsonMembers): string {
	const said = Object.entries(members).filter(([, value]) => value !== undefined);
	return `{${said.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** What becomes of one name. */
interface Target {
	name: string;
	/** The value as it stands in a member that is added. */
	text: string;
	/** The changes in a member that is there. */
	change(member: JsonMember): TextEdit[];
}

function targetsOf(text: string, set: JsonMembers, inside: Readonly<Record<string, JsonMembers>>): Target[] {
	const values = Object.entries(set).filter(([, value]) => value !== undefined);
	return [
		...values.map(([name, value]) => {
			const said = JSON.stringify(value);
			return { name, text: said, change: ({ start, end }: JsonMember) => [{ start, end, text: said }] };
		}),
		...Object.entries(inside).map(([name, members]) => {
			const said = objectText(members);
			const change = ({ start, end }: JsonMember): TextEdit[] =>
				text[start] === '{' ? editsOf(text, start, targetsOf(text, members, {})) : [{ start, end, text: said }];
			return { name, text: said, change };
		}),
	];
}

/** What must change in the object that opens at `open`. */
function editsOf(text: string, open: number, targets: readonly Target[]): TextEdit[] {
	const members = scanMembers(text, open);
	const edits: TextEdit[] = [];
	const added: string[] = [];
	for (const target of targets) {
		const found = members.filter((member) => member.name === target.name);
		edits.push(...found.flatMap((member) => target.change(member)));
		if (found.length === 0) added.push(`${JSON.stringify(target.name)}:${target.text}`);
	}
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
	const targets = targetsOf(text, set, inside);
	return applyEdits(text, editsOf(text, text.indexOf('{'), targets));
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

/** Takes a member of a JSON object out of its text, wherever and however often it stands, with one comma each. */
export function removeJsonMember(text: string, name: string): string {
	const members = scanMembers(text, text.indexOf('{'));
	const at = members.findIndex((member) => member.name === name);
	const [member, before, after] = [members[at], members[at - 1], members[at + 1]];
	if (member === undefined) return text;
	const start = before?.end ?? member.from;
	const end = before === undefined ? (after?.from ?? member.end) : member.end;
	return removeJsonMember(text.slice(0, start) + text.slice(end), name);
}

/** Names of members and indices of lists, from the outermost in. */
export type JsonPath = ReadonlyArray<string | number>;

/** A change at one place of a JSON text. */
export interface JsonEdit {
	path: JsonPath;
	/** The edits for the value that begins at `start`. */
	editsFor(text: string, start: number): TextEdit[];
}

/** Where the member of a list begins; -1 when there is none. */
function memberOfList(text: string, open: number, index: number): number {
	let at = skipWhitespace(text, open + 1);
	for (let passed = 0; passed < index; passed += 1) {
		at = skipWhitespace(text, endOfValue(text, at));
		if (text.charCodeAt(at) !== COMMA) return -1;
		at = skipWhitespace(text, at + 1);
	}
	return at;
}

/** Where the value at a path begins; -1 when there is none. Of a member that stands twice it is the last, which parsers take. */
function startOf(text: string, path: JsonPath): number {
	let at = skipWhitespace(text, 0);
	for (const step of path) {
		const sign = text[at];
		if (typeof step === 'number') at = sign === '[' && step >= 0 ? memberOfList(text, at, step) : -1;
		else at = sign === '{' ? (scanMembers(text, at).findLast(({ name }) => name === step)?.start ?? -1) : -1;
		if (at === -1) return -1;
	}
	return at;
}

/** Adds a member, whose value is JSON, to the object at a path, as its last. */
export function addJsonMember(path: JsonPath, name: string, value: string): JsonEdit {
	return {
		path,
		editsFor(text, start) {
			if (text[start] !== '{') return [];
			const last = scanMembers(text, start).at(-1);
			const at = last?.end ?? start + 1;
			return [{ start: at, end: at, text: `${last === undefined ? '' : ','}${JSON.stringify(name)}:${value}` }];
		},
	};
}

/** Puts something before and after the value at a path. */
export function wrapJsonText(path: JsonPath, before: string, after: string): JsonEdit {
	return {
		path,
		editsFor(text, start) {
			const end = endOfValue(text, start);
			return [
				{ start, end: start, text: before },
				{ start: end, end, text: after },
			];
		},
	};
}

/** Changes a JSON text at these places; every other byte stays as it was. A place that is not there is passed over. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
	const found = edits.flatMap((edit) => {
		const start = startOf(text, edit.path);
		return start === -1 ? [] : edit.editsFor(text, start);
	});
	return found.length === 0 ? text : applyEdits(text, found);
}
