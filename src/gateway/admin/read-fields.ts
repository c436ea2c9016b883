import { InvalidInputError } from '../../errors/index.ts';
import { nearestName } from '../../util/index.ts';
import { isJsonObject, type JsonObject } from '../read-json.ts';

/** What is wrong with a field, by its path. */
export function wrongField(path: string, value: unknown, wanted: string): InvalidInputError {
	const shown = value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? 'nothing');
	return new InvalidInputError(`${path} is ${shown}; it must be ${wanted}.`);
}

/** @throws InvalidInputError for a field that is not known, with the nearest that is */
export function requireFields(body: JsonObject, known: readonly string[], prefix = ''): void {
	for (const name of Object.keys(body)) {
		if (known.includes(name)) continue;
		const nearest = nearestName(name, known);
		const hint = nearest === null ? `there are ${known.join(', ') || 'none'}` : `did you mean "${prefix}${nearest}"?`;
		throw new InvalidInputError(`${prefix}${name.slice(0, 60)} is no field of this request; ${hint}`);
	}
}

/** A text, or `undefined` where there is none. @throws InvalidInputError */
export function readText(body: JsonObject, name: string): string | undefined {
	const value = body[name];
	if (value === undefined || typeof value === 'string') return value;
	throw wrongField(name, value, 'a text');
}

/** A list of texts, or `undefined` where there is none. @throws InvalidInputError naming the one that is wrong */
export function readTexts(body: JsonObject, name: string): string[] | undefined {
	const value = body[name];
	if (value === undefined) return undefined;
	if (!Array.isArray(value)) throw wrongField(name, value, 'a list of texts');
	return value.map((item: unknown, index) => {
		if (typeof item === 'string') return item;
		throw wrongField(`${name}[${index}]`, item, 'a text');
	});
}

/** Whole numbers of 1 or more by name, or `undefined` where there are none. @throws InvalidInputError naming the one that is wrong */
export function readCounts(
	body: JsonObject,
	name: string,
	known: readonly string[],
): Record<string, number> | undefined {
	const value = body[name];
	if (value === undefined) return undefined;
	if (!isJsonObject(value)) throw wrongField(name, value, `an object with ${known.join(', ')}`);
	requireFields(value, known, `${name}.`);
	return Object.fromEntries(
		Object.entries(value).map(([field, count]) => {
			if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return [field, count];
			throw wrongField(`${name}.${field}`, count, 'a whole number of 1 or more');
		}),
	);
}
