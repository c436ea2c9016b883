import { isObject, type JsonObject } from '../../util/index.ts';

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
