import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from './usage-fields.ts';

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
