import { isObject, type JsonObject } from '../../util/index.ts';
import { createExactStringify } from './exact-json.ts';
import { type JsonMember, JsonText, toBytes } from './json-splice.ts';

/**
 * The text of `before` changed to that of `after`: what is the same value in both keeps its bytes, what is not there any
 * more is taken out with one comma, and new members come last. `after` shares with `before` what did not change, so that
 * only what leads to a change is looked at. A number that stands elsewhere in `after` keeps its digits.
 */
export function spliceChanges(text: JsonText, before: unknown, after: unknown): JsonText {
	if (before === after) return text;
	const { end, start } = text.span;
	const exactly = createExactStringify(text.bytes);
	const stringify: Stringify = (value) => toBytes(exactly(value));
	const [head, tail] = [text.bytes.slice(0, start), text.bytes.slice(end)];
	if (!isObject(before) || !isObject(after))
		return new JsonText(head + writeValue(text, { start, end }, [before, after], stringify) + tail);
	const { bytes, members } = writeObject(text, { start, end }, [before, after], stringify);
	if (start > 0)
		for (const member of members) {
			member.from += start;
			member.start += start;
			member.end += start;
		}
	return new JsonText(head + bytes + tail, members);
}

/** Writes a value that is not in the text as it stands, as bytes. */
type Stringify = (value: unknown) => string;

/** Where a value stands in the text. */
type Span = Pick<JsonMember, 'start' | 'end'>;

/** The bytes of a value that was `before` and is `after`. */
function writeValue(text: JsonText, span: Span, [before, after]: [unknown, unknown], stringify: Stringify): string {
	if (before === after) return text.bytes.slice(span.start, span.end);
	if (Array.isArray(before) && Array.isArray(after)) return writeList(text, span, [before, after], stringify);
	if (isObject(before) && isObject(after)) return writeObject(text, span, [before, after], stringify).bytes;
	return stringify(after);
}

/** What stands in a changed object or list. */
interface WrittenMember extends Pick<JsonMember, 'name' | 'commas'> {
	/** Which of the text's members it was; -1 for a new one. */
	place: number;
	/** The value's bytes. */
	value: string;
}

/** An object or list with these members, and where they stand in it. The space around those that stay is as it was. */
function writeMembers(
	{ bytes }: JsonText,
	{ end, start }: Span,
	places: readonly JsonMember[],
	written: readonly WrittenMember[],
): { bytes: string; members: JsonMember[] } {
	const isList = bytes[start] === '[';
	let result = bytes.slice(start, places[0]?.from ?? start + 1);
	const members: JsonMember[] = [];
	for (const { commas, name, place: index, value } of written) {
		const before = places[index - 1];
		const place = places[index];
		if (members.length > 0) result += before && place ? bytes.slice(before.end, place.from) : ',';
		const from = result.length;
		if (place !== undefined) result += bytes.slice(place.from, place.start);
		else if (!isList) result += `${toBytes(JSON.stringify(name))}:`;
		const valueStart = result.length;
		result += value;
		members.push({ name, from, start: valueStart, end: result.length, commas });
	}
	return { bytes: result + bytes.slice(places.at(-1)?.end ?? end - 1, end), members };
}

function writeObject(
	text: JsonText,
	span: Span,
	[before, after]: [JsonObject, JsonObject],
	stringify: Stringify,
): { bytes: string; members: JsonMember[] } {
	const places = text.membersAt(span.start);
	// of a member that stands twice the last is what was parsed
	const parsed = new Map<string, number>();
	for (let place = 0; place < places.length; place += 1) parsed.set((places[place] as JsonMember).name, place);
	const written: WrittenMember[] = [];
	for (let place = 0; place < places.length; place += 1) {
		const member = places[place] as JsonMember;
		const { name } = member;
		const had = before[name];
		const has = after[name];
		if (!Object.hasOwn(after, name) || has === undefined) continue;
		const isParsed = had === has || parsed.get(name) === place;
		const value = isParsed ? writeValue(text, member, [had, has], stringify) : stringify(has);
		written.push({ name, place, value, commas: had === has ? member.commas : null });
	}
	for (const name of Object.keys(after))
		if (after[name] !== undefined && !parsed.has(name))
			written.push({ name, place: -1, value: stringify(after[name]), commas: null });
	return writeMembers(text, span, places, written);
}

/** Members that are looked at for the one that a changed one was. */
const MAX_CANDIDATES = 8;

/** True where a changed value has an object or list of the value that it may have been. */
function sharesMember(before: unknown, after: unknown): boolean {
	if (!isContainer(before) || !isContainer(after)) return false;
	const members = new Set(Object.values(before).filter(isContainer));
	return Object.values(after).some((member) => members.has(member));
}

function isContainer(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}

/**
 * A list; its members are told by identity. A new one is one of those that left where it stands, changed: the first that
 * it shares something with, else the first.
 */
function writeList(
	text: JsonText,
	span: Span,
	[before, after]: [readonly unknown[], readonly unknown[]],
	stringify: Stringify,
): string {
	const places = text.membersAt(span.start);
	const [had, has] = [new Set(before), new Set(after)];
	const findOrigin = (member: unknown, from: number): number => {
		if (had.has(member)) return before.indexOf(member, from);
		for (let at = from; at < from + MAX_CANDIDATES && at < before.length && !has.has(before[at]); at += 1)
			if (sharesMember(before[at], member)) return at;
		return from < before.length && !has.has(before[from]) ? from : -1;
	};
	let from = 0;
	const written = after.map((member): WrittenMember => {
		const place = findOrigin(member, from);
		const at = places[place];
		if (at === undefined) return { name: '', place: -1, value: stringify(member), commas: null };
		from = place + 1;
		return { name: '', place, value: writeValue(text, at, [before[place], member], stringify), commas: null };
	});
	return writeMembers(text, span, places, written).bytes;
}
