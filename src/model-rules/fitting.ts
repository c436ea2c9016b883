import { hashText, isObject, type JsonObject } from '../util/index.ts';

/** Names of tools as they are sent, each with the name that the caller knows. */
export type ToolNames = ReadonlyMap<string, string>;

/** Characters and length that a provider takes in the name of a tool. */
export interface ToolNameRule {
	pattern: RegExp;
	maxLength: number;
}

/** Characters of the hash by which a name that was shortened stays unique. */
const HASH_CHARACTERS = 14;

const NOTHING: readonly string[] = [];

/**
 * A request that is being fitted: what changes is copied, everything else stays the caller's object, so that what did not
 * change can be told by identity.
 */
export class Fitting {
	#body: JsonObject;
	readonly #dropped: Set<string> = new Set();
	readonly #names = new Map<string, string>();
	readonly #maxNameLength: number;

	/** `maxNameLength`: characters in the name of a tool. @default as many as each rule takes */
	constructor(body: JsonObject, maxNameLength: number = Number.POSITIVE_INFINITY) {
		this.#body = body;
		this.#maxNameLength = maxNameLength;
	}

	get body(): JsonObject {
		return this.#body;
	}

	/** Paths of what was left out or changed. */
	get dropped(): readonly string[] {
		return this.#dropped.size === 0 ? NOTHING : [...this.#dropped];
	}

	/** `null` where every tool bears the name that the caller gave it. */
	get names(): ToolNames | null {
		return this.#names.size === 0 ? null : this.#names;
	}

	/** A member; `undefined` also for `null`, which says nothing. */
	get(name: string): unknown {
		return this.#body[name] ?? undefined;
	}

	/** A member that is an object, else an empty one. */
	object(name: string): JsonObject {
		const value = this.#body[name];
		return isObject(value) ? value : {};
	}

	/** Sets a member, or takes it out (`undefined`). */
	set(name: string, value: unknown): void {
		if (value === this.#body[name]) return;
		this.#body = withMember(this.#body, name, value);
	}

	/** Sets a member of a member, or takes it out; a member that is left empty is taken out too. */
	setIn(parent: string, name: string, value: unknown): void {
		const changed = withMember(this.object(parent), name, value);
		this.set(parent, Object.keys(changed).length === 0 ? undefined : changed);
	}

	/** Names what was left out or changed. */
	note(path: string): void {
		this.#dropped.add(path);
	}

	/** Takes out a member that says something, and names it. */
	drop(name: string): void {
		if (this.#body[name] === undefined) return;
		if (this.get(name) !== undefined) this.note(name);
		this.set(name, undefined);
	}

	/** As `drop`, of a member of a member. */
	dropIn(parent: string, name: string): void {
		if (this.object(parent)[name] === undefined) return;
		this.note(`${parent}.${name}`);
		this.setIn(parent, name, undefined);
	}

	/** The name under which a tool is sent: its own where the provider takes it, else a similar one. */
	toSentName(name: string, { maxLength: longest, pattern }: ToolNameRule): string {
		const maxLength = Math.min(longest, this.#maxNameLength);
		if (name.length <= maxLength && pattern.test(name)) return name;
		const similar = name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^[^a-zA-Z_]/, '_');
		const sent = `${similar.slice(0, maxLength - HASH_CHARACTERS - 1)}_${hashText(name)}`;
		this.#names.set(sent, name);
		return sent;
	}

	/** The object with the name of a tool as it is sent; the same object where that is its own. */
	withSentName(tool: JsonObject, rule: ToolNameRule, member = 'name'): JsonObject {
		const name = tool[member];
		if (typeof name !== 'string' || name === '') return tool;
		const sent = this.toSentName(name, rule);
		return sent === name ? tool : { ...tool, [member]: sent };
	}
}

/** The object with a member set, or without it (`undefined`). */
export function withMember(object: JsonObject, name: string, value: unknown): JsonObject {
	if (value !== undefined) return { ...object, [name]: value };
	const { [name]: _left, ...kept } = object;
	return kept;
}

/** The list with its objects replaced, by several or by none too; the same list where each stays the same object. */
export function changeMembers(
	list: unknown,
	change: (member: JsonObject, index: number) => JsonObject | readonly JsonObject[] | null,
): unknown[] | undefined {
	if (!Array.isArray(list)) return undefined;
	let changed: unknown[] | undefined;
	for (let index = 0; index < list.length; index += 1) {
		const member = list[index];
		const next = isObject(member) ? change(member, index) : member;
		if (next !== member) changed ??= list.slice(0, index);
		if (Array.isArray(next)) changed?.push(...next);
		else if (next !== null || member === null) changed?.push(next);
	}
	return changed ?? list;
}

/** Text with the names of tools that the caller knows in place of those that were sent. */
export function restoreToolNames(text: string, names: ToolNames): string {
	let restored = text;
	for (const [sent, name] of names) restored = restored.replaceAll(`"${sent}"`, () => JSON.stringify(name));
	return restored;
}

/** The value of a scale that is nearest to another one from below, else its lowest; `undefined` where it has none. */
export function findNearest(value: string, scale: readonly string[], known: readonly string[]): string | undefined {
	const rank = known.indexOf(value);
	return scale.findLast((each) => known.indexOf(each) <= rank) ?? scale[0];
}
