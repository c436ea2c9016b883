import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** What differs between formats in how their bodies are read. */
export interface BodyDialect {
	/** The spellings under which a member is accepted, the usual one first. @default its name alone */
	spellings?: (name: string) => readonly string[];
	/** What error messages call a string. @default 'string' */
	stringWord?: 'string' | 'text';
}

function isText(value: unknown): boolean {
	return typeof value === 'string';
}

function isCount(value: unknown): boolean {
	return Number.isSafeInteger(value) && Number(value) >= 0;
}

function describe(value: unknown, stringWord: string): string {
	if (value === undefined || value === null) return 'missing';
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	// never the text itself: it may be a prompt
	return isText(value) ? `a ${stringWord}` : 'an object';
}

/**
 * Reads the members of an object in a caller's body, and knows which were not read. A member that is `null` is missing.
 * The readers throw InvalidInputError: it names the member's path and what it must be, never what stood there.
 */
export class BodyFields {
	readonly value: JsonObject;
	readonly path: string;
	readonly #dialect: BodyDialect;
	readonly #stringWord: string;
	readonly #read = new Set<string>();

	constructor(value: JsonObject, path = '', dialect: BodyDialect = {}) {
		this.value = value;
		this.path = path;
		this.#dialect = dialect;
		this.#stringWord = dialect.stringWord ?? 'string';
	}

	/** The spelling the caller used; the usual one where the member is missing. */
	spelling(name: string): string {
		return this.#dialect.spellings?.(name).find((spelling) => this.value[spelling] !== undefined) ?? name;
	}

	/** The path of a member, as the caller spells it. */
	pathOf(name: string): string {
		return this.path === '' ? this.spelling(name) : `${this.path}.${this.spelling(name)}`;
	}

	/** The member, whatever it is. */
	get(name: string): unknown {
		const spelling = this.spelling(name);
		this.#read.add(spelling);
		return this.value[spelling] ?? undefined;
	}

	/** The error for a member that is not what it must be. */
	invalid(name: string, must: string): InvalidInputError {
		const found = describe(this.get(name), this.#stringWord);
		return new InvalidInputError(`${this.pathOf(name)} is ${found}; it must be ${must}.`);
	}

	#typed<Value>(name: string, isValid: (value: unknown) => boolean, must: string): Value | undefined {
		const value = this.get(name);
		if (value !== undefined && !isValid(value)) throw this.invalid(name, must);
		// isValid has looked at it
		return value as Value | undefined;
	}

	#required<Value>(name: string, value: Value | undefined, must: string): Value {
		if (value === undefined) throw this.invalid(name, must);
		return value;
	}

	string(name: string): string | undefined {
		return this.#typed(name, isText, `a ${this.#stringWord}`);
	}

	requireString(name: string): string {
		return this.#required(name, this.string(name), `a ${this.#stringWord}`);
	}

	/** A string that is not empty. */
	name(name: string): string | undefined {
		return this.#typed(name, (value) => isText(value) && value !== '', `a ${this.#stringWord} that is not empty`);
	}

	requireName(name: string): string {
		return this.#required(name, this.name(name), `a ${this.#stringWord} that is not empty`);
	}

	number(name: string): number | undefined {
		return this.#typed(name, Number.isFinite, 'a number');
	}

	count(name: string): number | undefined {
		return this.#typed(name, isCount, 'a whole number, 0 or more');
	}

	positiveCount(name: string): number | undefined {
		return this.#typed(name, (value) => isCount(value) && value !== 0, 'a whole number, 1 or more');
	}

	boolean(name: string): boolean | undefined {
		return this.#typed(name, (value) => typeof value === 'boolean', 'true or false');
	}

	list(name: string): readonly unknown[] | undefined {
		return this.#typed(name, Array.isArray, 'a list');
	}

	strings(name: string): string[] | undefined {
		const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
		return this.#typed(name, isTexts, `a list of ${this.#stringWord}s`);
	}

	object(name: string): BodyFields | undefined {
		const value = this.#typed<JsonObject>(name, isObject, 'an object');
		return value === undefined ? undefined : new BodyFields(value, this.pathOf(name), this.#dialect);
	}

	requireObject(name: string): BodyFields {
		return this.#required(name, this.object(name), 'an object');
	}

	/** The objects of a list; empty where there is none. */
	objects(name: string): BodyFields[] {
		return (this.list(name) ?? []).map((item, index) => {
			const path = `${this.pathOf(name)}[${index}]`;
			const found = describe(item, this.#stringWord);
			if (!isObject(item)) throw new InvalidInputError(`${path} is ${found}; it must be an object.`);
			return new BodyFields(item, path, this.#dialect);
		});
	}

	/** The objects of a list that must be there. */
	requireObjects(name: string): BodyFields[] {
		this.#required(name, this.list(name), 'a list');
		return this.objects(name);
	}

	/** The blocks of a content; a text alone is one block of text. */
	blocks(name: string): BodyFields[] {
		const content = this.get(name);
		if (typeof content === 'string')
			return [new BodyFields({ type: 'text', text: content }, this.pathOf(name), this.#dialect)];
		if (!Array.isArray(content)) throw this.invalid(name, `a ${this.#stringWord} or a list of blocks`);
		return this.objects(name);
	}

	/** Paths of the members that say something and were not read. */
	unreadPaths(): string[] {
		return Object.entries(this.value)
			.filter(([name, value]) => !this.#read.has(name) && value !== null && value !== undefined)
			.map(([name]) => (this.path === '' ? name : `${this.path}.${name}`));
	}
}
