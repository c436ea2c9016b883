import { BodyFields } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** Spellings by name. The names are this package's own, never a caller's: there are as many as are asked for in code. */
const known = new Map<string, readonly string[]>();

/** Google's API takes members in camel case and in snake case. Source: https://protobuf.dev/programming-guides/json */
function bothSpellings(name: string): readonly string[] {
	const before = known.get(name);
	if (before !== undefined) return before;
	const spellings = [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
	known.set(name, spellings);
	return spellings;
}

/** A body, or a part of one, in either spelling. */
export function geminiFields(value: JsonObject, path = ''): BodyFields {
	return new BodyFields(value, path, bothSpellings);
}
