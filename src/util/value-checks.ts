import { nearestName } from './nearest-name.ts';
import { redactSecrets } from './redact-secrets.ts';

/** The way to a value in a structure: keys, and numbers for places in lists. */
export type ValuePath = readonly PropertyKey[];

/** What is wrong with the value at a path, and what to write instead. */
export interface ValueIssue {
	path: ValuePath;
	message: string;
}

/** The path as people write it: `weights.cost`, `models[0].pricing`, `fallbacks["gpt-3.5"]`. */
export function formatPath(path: ValuePath): string {
	let written = '';
	for (const part of path) {
		if (typeof part === 'number') written += `[${part}]`;
		else if (/^[A-Za-z_$][\w$-]*$/.test(String(part))) written += written === '' ? String(part) : `.${String(part)}`;
		else written += `[${JSON.stringify(String(part).slice(0, 60))}]`;
	}
	return redactSecrets(written);
}

/** Issues with their paths written out, as errors carry them. */
export function formatIssues(issues: readonly ValueIssue[]): Array<{ path: string; message: string }> {
	return issues.map(({ path, message }) => ({ path: formatPath(path), message }));
}

/** Characters of a text that an error message shows. */
const MAX_SHOWN_CHARACTERS = 40;

/** A value as an error message may show it: short, and without anything that looks like a secret. */
export function describeValue(value: unknown): string {
	if (Array.isArray(value)) return `a list of ${value.length}`;
	if (typeof value === 'object' && value !== null) return 'an object';
	if (typeof value !== 'string') return String(value);
	// The whole (bounded) text is searched: half a key would no longer look like one.
	const text = value.slice(0, 10_000);
	if (redactSecrets(text) !== text) return '[masked]';
	return JSON.stringify(text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text);
}

/** Says everything that is wrong with a value, and what to write instead. */
export type ValueCheck = (value: unknown, path: ValuePath) => ValueIssue[];

/** A check by a test and what the value must be to pass it. */
export function mustBe(what: string, test: (value: unknown) => boolean): ValueCheck {
	return (value, path) => (test(value) ? [] : [{ path, message: `must be ${what}, not ${describeValue(value)}` }]);
}

/** A text with something in it. */
export const checkText: ValueCheck = mustBe(
	'a text that is not empty',
	(value) => typeof value === 'string' && value.trim() !== '',
);

/** True or false. */
export const checkFlag: ValueCheck = mustBe('true or false', (value) => typeof value === 'boolean');

/** A finite number of `low` or more, and of `high` or less where there is a `high`. */
export function numberCheck(low: number, high: number = Number.POSITIVE_INFINITY, isWhole = false): ValueCheck {
	const range = high === Number.POSITIVE_INFINITY ? `of ${low} or more` : `from ${low} to ${high}`;
	return mustBe(`a ${isWhole ? 'whole ' : ''}number ${range}`, (value) => {
		const isInside = typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high;
		return isInside && (!isWhole || Number.isInteger(value));
	});
}

/** One of these words; the nearest is suggested. */
export function wordCheck(words: readonly string[]): ValueCheck {
	const check = mustBe(`one of ${words.join(', ')}`, (value) => words.some((word) => word === value));
	return (value, path) => {
		const nearest = typeof value === 'string' ? nearestName(value, words) : null;
		const hint = nearest === null ? '' : `. Did you mean "${nearest}"?`;
		return check(value, path).map(({ message }) => ({ path, message: message + hint }));
	};
}

/** The check, where there is a value at all. */
export function optionalCheck(check: ValueCheck): ValueCheck {
	return (value, path) => (value === undefined ? [] : check(value, path));
}

/** An object by its fields. Other keys are passed over. */
export function objectCheck(fields: Readonly<Record<string, ValueCheck>>, what = 'a record'): ValueCheck {
	return membersCheck(what, (value, path) =>
		Object.entries(fields).flatMap(([key, check]) => check(value[key], [...path, key])),
	);
}

/** An object whose members all pass, whatever their keys. */
export function recordCheck(member: ValueCheck): ValueCheck {
	return membersCheck('a record', (value, path) =>
		Object.entries(value).flatMap(([key, one]) => member(one, [...path, key])),
	);
}

function membersCheck(what: string, check: (value: JsonObject, path: ValuePath) => ValueIssue[]): ValueCheck {
	const checkKind = mustBe(what, isObject);
	return (value, path) => (isObject(value) ? check(value, path) : checkKind(value, path));
}

/** A list whose items all pass. */
export function listCheck(what: string, item: ValueCheck, maxItems: number = Number.POSITIVE_INFINITY): ValueCheck {
	const checkKind = mustBe(`a list of ${what}`, (value) => Array.isArray(value) && value.length <= maxItems);
	return (value, path) => {
		const issues = checkKind(value, path);
		return issues.length > 0 || !Array.isArray(value)
			? issues
			: value.flatMap((one, index) => item(one, [...path, index]));
	};
}

/** Every key of an object that is not among the known ones. */
export function findUnknownKeys(keys: readonly string[], known: readonly string[], path: ValuePath): ValueIssue[] {
	const unknown = keys.filter((key) => !known.includes(key));
	return unknown.map((key) => {
		const nearest = nearestName(key, known);
		const hint = nearest === null ? `Known here: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
		return { path: [...path, key], message: `is not a known setting. ${hint}` };
	});
}

/** Ends an exhaustive switch: a new member of the union fails to compile here. */
export function assertNever(value: never): never {
	throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`);
}

/** A JSON object whose members nobody has checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for an object that is neither `null` nor an array. */
export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value, held between low and high; NaN becomes low. */
export function clamp(value: number, low: number, high: number): number {
	return value >= low ? Math.min(value, high) : low;
}

/** The sum; 0 of no values. */
export function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

/** The arithmetic mean; 0 of no values. */
export function mean(values: readonly number[]): number {
	return values.length === 0 ? 0 : sum(values) / values.length;
}

/** JSON with keys in order: equal data, equal text. `undefined` members are left out. */
export function stableStringify(value: unknown): string {
	return (
		(JSON.stringify(value, (_key, member: unknown) => {
			if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
			if (member instanceof Map) return [...member].sort();
			if (member instanceof Set) return [...member].sort();
			return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
		}) as string | undefined) ?? 'undefined'
	);
}

/** A 53-bit hash of a text (cyrb53, public domain), as 14 hexadecimal digits. Not for secrets. */
export function hashText(text: string, seed = 0): string {
	let high = 0xdeadbeef ^ seed;
	let low = 0x41c6ce57 ^ seed;
	for (let index = 0; index < text.length; index += 1) {
		const code = text.charCodeAt(index);
		high = Math.imul(high ^ code, 2654435761);
		low = Math.imul(low ^ code, 1597334677);
	}
	high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
	low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
	return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0');
}

/** Same data, same hash, whatever the order of its keys. */
export function stableHash(value: unknown): string {
	return hashText(stableStringify(value));
}

/** Values that `freezeJson` froze. */
const frozen = new WeakSet<object>();

/** Freezes a JSON value and all in it: what is once known of it stays true. */
export function freezeJson(value: unknown): void {
	if (typeof value !== 'object' || value === null) return;
	freezeAll(value);
	frozen.add(value);
}

function freezeAll(value: unknown): void {
	if (typeof value !== 'object' || value === null) return;
	Object.freeze(value);
	for (const member of Object.values(value)) freezeAll(member);
}

/** Whether `freezeJson` has frozen it. */
export function isFrozenJson(value: object): boolean {
	return frozen.has(value);
}
