/** Members to set, by name; `undefined` leaves a member as it is. */
export type JsonMembers = Readonly<Record<string, unknown>>;

/** A member of an object, where it stands in the text. */
export interface Member {
	name: string;
	/** Where its name opens. */
	from: number;
	/** Span of the value. */
	start: number;
	end: number;
}

/** What takes the place of a span of a text. */
export interface Edit {
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
export function skipSpace(text: string, from: number): number {
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
export function endOfValue(text: string, start: number): number {
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
export function membersOf(text: string, open: number): Member[] {
	const members: Member[] = [];
	let at = skipSpace(text, open + 1);
	while (text.charCodeAt(at) === QUOTE) {
		const nameEnd = endOfString(text, at);
		const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
		const end = endOfValue(text, start);
		members.push({ name: nameIn(text.slice(at, nameEnd)), from: at, start, end });
		at = skipSpace(text, end);
		if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
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
	change(member: Member): Edit[];
}

function targetsOf(text: string, set: JsonMembers, inside: Readonly<Record<string, JsonMembers>>): Target[] {
	const values = Object.entries(set).filter(([, value]) => value !== undefined);
	return [
		...values.map(([name, value]) => {
			const said = JSON.stringify(value);
			return { name, text: said, change: ({ start, end }: Member) => [{ start, end, text: said }] };
		}),
		...Object.entries(inside).map(([name, members]) => {
			const said = objectText(members);
			const change = ({ start, end }: Member): Edit[] =>
				text[start] === '{' ? editsOf(text, start, targetsOf(text, members, {})) : [{ start, end, text: said }];
			return { name, text: said, change };
		}),
	];
}

/** What must change in the object that opens at `open`. */
function editsOf(text: string, open: number, targets: readonly Target[]): Edit[] {
	const members = membersOf(text, open);
	const edits: Edit[] = [];
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
export function applyEdits(text: string, edits: readonly Edit[]): string {
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
	const members = membersOf(text, text.indexOf('{'));
	const at = members.findIndex((member) => member.name === name);
	const [member, before, after] = [members[at], members[at - 1], members[at + 1]];
	if (member === undefined) return text;
	const start = before?.end ?? member.from;
	const end = before === undefined ? (after?.from ?? member.end) : member.end;
	return removeJsonMember(text.slice(0, start) + text.slice(end), name);
}
