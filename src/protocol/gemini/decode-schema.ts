import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** Members of Google's schema that JSON Schema has under the same name. */
const SAME: readonly string[] = [
	'title',
	'description',
	'enum',
	'format',
	'required',
	'default',
	'minimum',
	'maximum',
	'pattern',
];
/** Counts, which Google also takes as text. */
const COUNTS: readonly string[] = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'];

function spelled(schema: JsonObject, name: string): unknown {
	return schema[name] ?? schema[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

function typeOf(schema: JsonObject): JsonObject {
	const type = schema['type'];
	if (typeof type !== 'string' || type === 'TYPE_UNSPECIFIED') return {};
	const name = type.toLowerCase();
	return { type: schema['nullable'] === true ? [name, 'null'] : name };
}

function propertiesOf(schema: JsonObject): JsonObject {
	const properties = schema['properties'];
	if (!isObject(properties)) return {};
	const read = Object.entries(properties).map(([name, inner]) => [name, isObject(inner) ? decodeSchema(inner) : {}]);
	return { properties: Object.fromEntries(read) };
}

/** Google's `Schema` as JSON Schema. Source: https://ai.google.dev/api/caching#Schema */
export function decodeSchema(schema: JsonObject): JsonObject {
	const same = SAME.map((name) => [name, schema[name]]);
	const counts = COUNTS.map((name) => {
		const value = spelled(schema, name);
		return [name, typeof value === 'string' ? Number(value) : value];
	});
	const anyOf = objectsIn(spelled(schema, 'anyOf')).map(decodeSchema);
	const said = [...same, ...counts].filter(([, value]) => value !== undefined && value !== null);
	return {
		...typeOf(schema),
		...Object.fromEntries(said),
		...propertiesOf(schema),
		...(isObject(schema['items']) ? { items: decodeSchema(schema['items']) } : {}),
		...(anyOf.length > 0 ? { anyOf } : {}),
	};
}
