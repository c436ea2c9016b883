import { endOfValue, isObject, type JsonObject, skipWhitespace } from '../../util/index.ts';
import { createExactStringify } from './exact-json.ts';
import { type JsonMember, scanMembers } from './json-splice.ts';

/**
 * The text of `before` changed to that of `after`: what is the same value in both keeps its bytes, what is not there any
 * more is taken out with one comma, and new members come last. `after` shares with `before` what did not change, so that
 * only what leads to a change is looked at. A number that stands elsewhere in `after` keeps its digits.
 */
export function spliceChanges(text: string, before: unknown, after: unknown): string {
	if (before === after) return text;
	const start = skipWhitespace(text, 0);
	const end = endOfValue(text, start);
	const changed = writeValue(text.slice(start, end), [before, after], createExactStringify(text));
	return text.slice(0, start) + changed + text.slice(end);
}

/** Writes a value that is not in the text as it stands. */
type Stringify = (value: unknown) => string;

/** The text of a value that was `before` and is `after`. */
function writeValue(text: string, [before, after]: [unknown, unknown], stringify: Stringify): string {
	if (before === after) return text;
	if (Array.isArray(before) && Array.isArray(after)) return writeList(text, [before, after], stringify);
	if (isObject(before) && isObject(after)) return writeObject(text, [before, after], stringify);
	return stringify(after);
}

/** What stands in a changed object or list: a member of the text with its new value, or a new one. */
type WrittenMember = { place: number; value: string } | { added: string };

/** An object or list with these members; the space around those that stay is as it was. */
function writeMembers(text: string, places: readonly JsonMember[], written: readonly WrittenMember[]): string {
	let result = text.slice(0, places[0]?.from ?? 1);
	written.forEach((member, index) => {
		const { from, start } = ('place' in member ? places[member.place] : undefined) ?? { from: 0, start: 0 };
		const gap = 'place' in member && member.place > 0 ? text.slice(places[member.place - 1]?.end ?? from, from) : ',';
		if (index > 0) result += gap;
		result += 'added' in member ? member.added : text.slice(from, start) + member.value;
	});
	return result + text.slice(places.at(-1)?.end ?? text.length - 1);
}

function writeObject(text: string, [before, after]: [JsonObject, JsonObject], stringify: Stringify): string {
	const places = scanMembers(text, 0);
	// of a member that stands twice the last is what was parsed
	const parsed = new Map(places.map(({ name }, index) => [name, index]));
	const stayed = places.flatMap(({ end, name, start }, place): WrittenMember[] => {
		if (!Object.hasOwn(after, name) || after[name] === undefined) return [];
		const raw = text.slice(start, end);
		const isParsed = parsed.get(name) === place || before[name] === after[name];
		return [
			{ place, value: isParsed ? writeValue(raw, [before[name], after[name]], stringify) : stringify(after[name]) },
		];
	});
	const added = Object.entries(after)
		.filter(([name, value]) => value !== undefined && !parsed.has(name))
		.map(([name, value]) => ({ added: `${JSON.stringify(name)}:${stringify(value)}` }));
	return writeMembers(text, places, [...stayed, ...added]);
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
	text: string,
	[before, after]: [readonly unknown[], readonly unknown[]],
	stringify: Stringify,
): string {
	const places = scanMembers(text, 0);
	const [had, has] = [new Set(before), new Set(after)];
	const findOrigin = (member: unknown, from: number): number => {
		if (had.has(member)) return before.indexOf(member, from);
		for (let at = from; at < from + MAX_CANDIDATES && at < before.length && !has.has(before[at]); at += 1)
			if (sharesMember(before[at], member)) return at;
		return from < before.length && !has.has(before[from]) ? from : -1;
	};
	const written: WrittenMember[] = [];
	let from = 0;
	for (const member of after) {
		const origin = findOrigin(member, from);
		const { end = 0, start = 0 } = places[origin] ?? {};
		if (origin === -1) written.push({ added: stringify(member) });
		else {
			written.push({ place: origin, value: writeValue(text.slice(start, end), [before[origin], member], stringify) });
			from = origin + 1;
		}
	}
	return writeMembers(text, places, written);
}
