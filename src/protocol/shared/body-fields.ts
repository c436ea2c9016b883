import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { parseExactly, toPlainNumber } from './exact-json.ts';

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

/** Where an object is: the member of another, and its index in a list. */
interface Place {
	parent: BodyFields;
	name: string;
	index?: number;
}

/**
 * Reads the members of an object in a caller's body, and knows which were not read. A member that is `null` is missing.
 * The readers throw InvalidInputError: it names the member's path and what it must be, never what stood there.
 */
export class BodyFields {
	readonly value: JsonObject;
	readonly #dialect: BodyDialect;
	readonly #place: Place | null;
	readonly #read: string[] = [];

	/** `place`: where the object is; none for a whole body. */
	constructor(value: JsonObject, dialect: BodyDialect = {}, place: Place | null = null) {
		this.value = value;
		this.#dialect = dialect;
		this.#place = place;
	}

	/** The path of the object in the body. It is put together when it is asked for: most requests are right. */
	get path(): string {
		if (this.#place === null) return '';
		const { parent, name, index } = this.#place;
		return index === undefined ? parent.pathOf(name) : `${parent.pathOf(name)}[${index}]`;
	}

	get #stringWord(): string {
		return this.#dialect.stringWord ?? 'string';
	}

	/** The spelling the caller used; the usual one where the member is missing. */
	spelling(name: string): string {
		const { spellings } = this.#dialect;
		if (spellings === undefined || this.value[name] !== undefined) return name;
		return spellings(name).find((spelling) => this.value[spelling] !== undefined) ?? name;
	}

	/** The path of a member, as the caller spells it. */
	pathOf(name: string): string {
		const { path } = this;
		return path === '' ? this.spelling(name) : `${path}.${this.spelling(name)}`;
	}

	/** The member, whatever it is. */
	get(name: string): unknown {
		const spelling = this.spelling(name);
		this.#read.push(spelling);
		return toPlainNumber(this.value[spelling]) ?? undefined;
	}

	/** The error for a member that is not what it must be. */
	invalid(name: string, must: string): InvalidInputError {
		const found = describe(this.get(name), this.#stringWord);
		const path = this.pathOf(name);
		return new InvalidInputError(`${path} is ${found}; it must be ${must}.`, { path });
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
		return value === undefined ? undefined : new BodyFields(value, this.#dialect, { parent: this, name });
	}

	requireObject(name: string): BodyFields {
		return this.#required(name, this.object(name), 'an object');
	}

	/** The objects of a list; empty where there is none. */
	objects(name: string): BodyFields[] {
		return (this.list(name) ?? []).map((item, index) => {
			if (isObject(item)) return new BodyFields(item, this.#dialect, { parent: this, name, index });
			const found = describe(item, this.#stringWord);
			const path = `${this.pathOf(name)}[${index}]`;
			throw new InvalidInputError(`${path} is ${found}; it must be an object.`, { path });
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
			return [new BodyFields({ type: 'text', text: content }, this.#dialect, { parent: this, name })];
		if (!Array.isArray(content)) throw this.invalid(name, `a ${this.#stringWord} or a list of blocks`);
		return this.objects(name);
	}

	/** Paths of the members that say something and were not read. */
	unreadPaths(): string[] {
		const { path } = this;
		return Object.keys(presentMembers(this.value))
			.filter((name) => !this.#read.includes(name))
			.map((name) => (path === '' ? name : `${path}.${name}`));
	}
}

/** Longest name of a model that is taken from an answer. */
const MAX_MODEL_CHARACTERS = 200;

/** The name of a model as an answer tells it; `null` where it tells none. */
export function readModelName(value: unknown): string | null {
	return typeof value === 'string' && value !== '' && value.length <= MAX_MODEL_CHARACTERS ? value : null;
}

/** The value where it is an object, else an empty one. */
export function toObject(value: unknown): JsonObject {
	return isObject(value) ? value : {};
}

/** The value of a JSON text; `undefined` for any other text. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** The value of a JSON text, its numbers in their own digits where a double would change them; `undefined` for any other text. */
export function parseExactJson(text: string): unknown {
	try {
		return parseExactly(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** Members of a list that are objects. */
export function objectsIn(value: unknown): JsonObject[] {
	return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A list without the objects that `change` drops (`null`) or replaces; `undefined` where each stays the same object. */
export function changeObjects(list: unknown, change: (member: JsonObject) => JsonObject | null): unknown[] | undefined {
	if (!Array.isArray(list)) return undefined;
	let changed: unknown[] | undefined;
	for (let index = 0; index < list.length; index += 1) {
		const member = list[index];
		const next = isObject(member) ? change(member) : member;
		if (next !== member) changed ??= list.slice(0, index);
		if (next !== null || member === null) changed?.push(next);
	}
	return changed;
}

/** The members that are neither `undefined` nor `null`. */
export function presentMembers(value: JsonObject): Record<string, unknown> {
	return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined && member !== null));
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** The same members but for those that are `undefined`, which the AI SDK's types do not allow. */
export function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
	// what is left out is undefined
	return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<Value>;
}

/** True for an item of an earlier response that a request to OpenAI's Responses API names by its id; the type may be left out. */
export function isItemReference(item: unknown): boolean {
	if (!isObject(item)) return false;
	const { content, id, role, type } = item;
	return type === 'item_reference' || ((type ?? role ?? content ?? null) === null && typeof id === 'string');
}
