import { applyEdits, type Edit, endOfValue, membersOf, skipSpace } from './splice-json.ts';

/** Names of members and indices of lists, from the outermost in. */
export type JsonPath = ReadonlyArray<string | number>;

/** A change at one place of a JSON text. */
export interface JsonEdit {
	path: JsonPath;
	/** The edits for the value that begins at `start`. */
	editsFor(text: string, start: number): Edit[];
}

const COMMA = 44;

/** Where the member of a list begins; -1 when there is none. */
function memberOfList(text: string, open: number, index: number): number {
	let at = skipSpace(text, open + 1);
	for (let passed = 0; passed < index; passed += 1) {
		at = skipSpace(text, endOfValue(text, at));
		if (text.charCodeAt(at) !== COMMA) return -1;
		at = skipSpace(text, at + 1);
	}
	return at;
}

/** Where the value at a path begins; -1 when there is none. Of a member that stands twice it is the last, which parsers take. */
function startOf(text: string, path: JsonPath): number {
	let at = skipSpace(text, 0);
	for (const step of path) {
		const sign = text[at];
		if (typeof step === 'number') at = sign === '[' && step >= 0 ? memberOfList(text, at, step) : -1;
		else at = sign === '{' ? (membersOf(text, at).findLast(({ name }) => name === step)?.start ?? -1) : -1;
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
			const last = membersOf(text, start).at(-1);
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
