import { BodyFields } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** Google's API takes members in camel case and in snake case. Source: https://protobuf.dev/programming-guides/json */
function bothSpellings(name: string): readonly string[] {
	return [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

/** A body, or a part of one, in either spelling. */
export function geminiFields(value: JsonObject, path = ''): BodyFields {
	return new BodyFields(value, path, bothSpellings);
}
