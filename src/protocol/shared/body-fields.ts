import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** The spellings under which a format accepts a member, the usual one first. */
export type Spellings = (name: string) => readonly string[];

function describe(value: unknown): string {
	if (value === undefined || value === null) return 'missing';
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	// never the text itself: it may be a prompt
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The error for a member of a request's body that is not what it must be; says where, never the text that stood there. */
export function invalidField(path: string, value: unknown, must: string): InvalidInputError {
	return new InvalidInputError(`${path} is ${describe(value)}; it must be ${must}.`);
}

function isCount(value: unknown): boolean {
	return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Reads the members of an object in a caller's body by their path, and knows which nobody asked for. `null` is as if missing. */
export class BodyFields {
	readonly value: JsonObject;
	readonly path: string;
	readonly #spellings: Spellings;
	readonly #known = new Set<string>();

	constructor(value: JsonObject, path = '', spellings: Spellings = (name) => [name]) {
		this.value = value;
		this.path = path;
		this.#spellings = spellings;
	}

	/** The spelling the caller used; the usual one where it says nothing. */
	spelling(name: string): string {
		const spellings = this.#spellings(name);
		return spellings.find((spelling) => this.value[spelling] !== undefined) ?? name;
	}

	/** The path of a member, as the caller spells it. */
	pathOf(name: string): string {
		return this.path === '' ? this.spelling(name) : `${this.path}.${this.spelling(name)}`;
	}

	/** The member, whatever it is. */
	get(name: string): unknown {
		const spelling = this.spelling(name);
		this.#known.add(spelling);
		return this.value[spelling] ?? undefined;
	}

	#typed<Value>(name: string, isRight: (value: unknown) => boolean, must: string): Value | undefined {
		const value = this.get(name);
		if (value === undefined) return undefined;
		if (!isRight(value)) throw invalidField(this.pathOf(name), value, must);
		// isRight has looked at it
		return value as Value;
	}

	string(name: string): string | undefined {
		return this.#typed(name, (value) => typeof value === 'string', 'a string');
	}

	requireString(name: string): string {
		const text = this.string(name);
		if (text === undefined) throw invalidField(this.pathOf(name), text, 'a string');
		return text;
	}

	number(name: string): number | undefined {
		return this.#typed(name, (value) => typeof value === 'number' && Number.isFinite(value), 'a number');
	}

	count(name: string): number | undefined {
		return this.#typed(name, isCount, 'a whole number, 0 or more');
	}

	boolean(name: string): boolean | undefined {
		return this.#typed(name, (value) => typeof value === 'boolean', 'true or false');
	}

	list(name: string): readonly unknown[] | undefined {
		return this.#typed(name, Array.isArray, 'a list');
	}

	strings(name: string): string[] | undefined {
		const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
		return this.#typed(name, isTexts, 'a list of strings');
	}

	object(name: string): BodyFields | undefined {
		const value = this.#typed<JsonObject>(name, isObject, 'an object');
		return value === undefined ? undefined : new BodyFields(value, this.pathOf(name), this.#spellings);
	}

	/** The objects of a list; empty where there is none. */
	objects(name: string): BodyFields[] {
		return (this.list(name) ?? []).map((item, index) => {
			const path = `${this.pathOf(name)}[${index}]`;
			if (!isObject(item)) throw invalidField(path, item, 'an object');
			return new BodyFields(item, path, this.#spellings);
		});
	}

	/** Paths of the members that say something and were not asked for. */
	unreadPaths(): string[] {
		return Object.entries(this.value)
			.filter(([name, value]) => !this.#known.has(name) && value !== null && value !== undefined)
			.map(([name]) => (this.path === '' ? name : `${this.path}.${name}`));
	}
}

/** What a value is, in words that repeat no text of the caller's. */
function kindOf(value: unknown): string {
	if (value === undefined) return 'missing';
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	return typeof value === 'string' ? 'a text' : 'an object';
}

/** Says which field is wrong and what it must be. @throws InvalidInputError always */
export function refuse(value: unknown, path: string, must: string): never {
	throw new InvalidInputError(`${path} is ${kindOf(value)}; it must be ${must}.`);
}

/** Reads a field that may be missing or `null`: then `undefined`. */
export function optional<T>(value: unknown, path: string, read: (value: unknown, path: string) => T): T | undefined {
	return value === undefined || value === null ? undefined : read(value, path);
}

/** A text. @throws InvalidInputError */
export function textAt(value: unknown, path: string): string {
	return typeof value === 'string' ? value : refuse(value, path, 'a text');
}

/** A text that is not empty. @throws InvalidInputError */
export function nameAt(value: unknown, path: string): string {
	return typeof value === 'string' && value !== '' ? value : refuse(value, path, 'a text that is not empty');
}

/** A number. @throws InvalidInputError */
export function numberAt(value: unknown, path: string): number {
	return typeof value === 'number' ? value : refuse(value, path, 'a number');
}

/** A whole number, 1 or more. @throws InvalidInputError */
export function countAt(value: unknown, path: string): number {
	const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
	return isCount ? value : refuse(value, path, 'a whole number, 1 or more');
}

/** True or false. @throws InvalidInputError */
export function flagAt(value: unknown, path: string): boolean {
	return typeof value === 'boolean' ? value : refuse(value, path, 'true or false');
}

/** An object. @throws InvalidInputError */
export function objectAt(value: unknown, path: string): JsonObject {
	return isObject(value) ? value : refuse(value, path, 'an object');
}

/** A list. @throws InvalidInputError */
export function listAt(value: unknown, path: string): readonly unknown[] {
	return Array.isArray(value) ? value : refuse(value, path, 'a list');
}

/** A list of objects. @throws InvalidInputError naming the member that is none */
export function objectsAt(value: unknown, path: string): JsonObject[] {
	return listAt(value, path).map((member, index) => objectAt(member, `${path}[${index}]`));
}

/** Names of members that say something and are not known. */
export function unknownNames(value: JsonObject, known: ReadonlySet<string>): string[] {
	return Object.keys(value).filter((name) => !known.has(name) && value[name] !== undefined && value[name] !== null);
}
