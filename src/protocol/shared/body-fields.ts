import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from './usage-fields.ts';

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
	at(name: string): string {
		return this.path === '' ? this.spelling(name) : `${this.path}.${this.spelling(name)}`;
	}

	/** The member, whatever it is. */
	take(name: string): unknown {
		const spelling = this.spelling(name);
		this.#known.add(spelling);
		return this.value[spelling] ?? undefined;
	}

	#typed<Value>(name: string, isRight: (value: unknown) => boolean, must: string): Value | undefined {
		const value = this.take(name);
		if (value === undefined) return undefined;
		if (!isRight(value)) throw invalidField(this.at(name), value, must);
		// isRight has looked at it
		return value as Value;
	}

	text(name: string): string | undefined {
		return this.#typed(name, (value) => typeof value === 'string', 'a string');
	}

	needText(name: string): string {
		const text = this.text(name);
		if (text === undefined) throw invalidField(this.at(name), text, 'a string');
		return text;
	}

	number(name: string): number | undefined {
		return this.#typed(name, (value) => typeof value === 'number' && Number.isFinite(value), 'a number');
	}

	count(name: string): number | undefined {
		return this.#typed(name, isCount, 'a whole number, 0 or more');
	}

	flag(name: string): boolean | undefined {
		return this.#typed(name, (value) => typeof value === 'boolean', 'true or false');
	}

	list(name: string): readonly unknown[] | undefined {
		return this.#typed(name, Array.isArray, 'a list');
	}

	texts(name: string): string[] | undefined {
		const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
		return this.#typed(name, isTexts, 'a list of strings');
	}

	object(name: string): BodyFields | undefined {
		const value = this.#typed<JsonObject>(name, isObject, 'an object');
		return value === undefined ? undefined : new BodyFields(value, this.at(name), this.#spellings);
	}

	/** The objects of a list; empty where there is none. */
	objects(name: string): BodyFields[] {
		return (this.list(name) ?? []).map((item, index) => {
			const path = `${this.at(name)}[${index}]`;
			if (!isObject(item)) throw invalidField(path, item, 'an object');
			return new BodyFields(item, path, this.#spellings);
		});
	}

	/** Paths of the members that say something and were not asked for. */
	untaken(): string[] {
		return Object.entries(this.value)
			.filter(([name, value]) => !this.#known.has(name) && value !== null && value !== undefined)
			.map(([name]) => (this.path === '' ? name : `${this.path}.${name}`));
	}
}
