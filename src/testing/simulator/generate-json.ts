import type { JsonObject } from '../../util/index.ts';
import { toFields, toFieldsList, toNumber, toStrings } from './json-fields.ts';

/** How deep a value goes; below it, what need not be there is left out. */
const MAX_DEPTH = 8;

const FORMATS: Readonly<Record<string, string>> = {
	'date-time': '2026-01-01T00:00:00Z',
	date: '2026-01-01',
	time: '00:00:00Z',
	email: 'someone@example.com',
	uri: 'https://example.com/',
	uuid: '00000000-0000-4000-8000-000000000000',
	ipv4: '192.0.2.1',
	hostname: 'example.com',
};

/** The schema itself, with the parts it refers to or is composed of put in place. */
function resolveSchema(schema: JsonObject, root: JsonObject): JsonObject {
	const reference = /^#\/(\$defs|definitions)\/(.+)$/.exec(String(schema['$ref'] ?? ''));
	if (reference !== null) {
		const [, group = '', name = ''] = reference;
		return resolveSchema(toFields(toFields(root[group])[decodeURIComponent(name)]), root);
	}
	const [choice] = [...toFieldsList(schema['anyOf']), ...toFieldsList(schema['oneOf'])];
	if (choice !== undefined) return resolveSchema(choice, root);
	const parts = toFieldsList(schema['allOf']).map((part) => resolveSchema(part, root));
	if (parts.length === 0) return schema;
	const properties = Object.assign({}, ...parts.map((part) => part['properties']), schema['properties']);
	return Object.assign({}, ...parts, schema, { properties });
}

function generateText(schema: JsonObject): string {
	const format = FORMATS[String(schema['format'])];
	if (format !== undefined) return format;
	const text = 'simulated'.padEnd(toNumber(schema['minLength']) ?? 0, '.');
	return text.slice(0, toNumber(schema['maxLength']) ?? text.length);
}

function generateNumber(schema: JsonObject, isWhole: boolean): number {
	const least = toNumber(schema['minimum']) ?? (toNumber(schema['exclusiveMinimum']) ?? 0) + 1;
	const most = toNumber(schema['maximum']) ?? (toNumber(schema['exclusiveMaximum']) ?? Number.POSITIVE_INFINITY) - 1;
	const value = Math.min(Math.max(least, 1), most);
	const step = toNumber(schema['multipleOf']);
	if (step !== null && step > 0) return Math.ceil(least / step) * step;
	return isWhole ? Math.ceil(value) : value;
}

function generateList(schema: JsonObject, root: JsonObject, depth: number): unknown[] {
	const count = Math.max(toNumber(schema['minItems']) ?? (depth < MAX_DEPTH ? 1 : 0), 0);
	const length = Math.min(count, toNumber(schema['maxItems']) ?? count, 20);
	return Array.from({ length }, () => generate(toFields(schema['items']), root, depth + 1));
}

function generateObject(schema: JsonObject, root: JsonObject, depth: number): Record<string, unknown> {
	const required = toStrings(schema['required']);
	const wanted = Object.entries(toFields(schema['properties'])).filter(
		([name]) => depth < MAX_DEPTH / 2 || required.includes(name),
	);
	return Object.fromEntries(wanted.map(([name, property]) => [name, generate(toFields(property), root, depth + 1)]));
}

function getType(schema: JsonObject): string {
	const named = toStrings(schema['type']).map((name) => name.toLowerCase());
	const type = named.find((name) => name !== 'null') ?? named[0];
	if (type !== undefined) return type;
	if (schema['properties'] !== undefined) return 'object';
	return schema['items'] === undefined ? 'string' : 'array';
}

function generate(reference: JsonObject, root: JsonObject, depth: number): unknown {
	const schema = resolveSchema(reference, root);
	if (depth > 4 * MAX_DEPTH) return null;
	if ('const' in schema) return schema['const'];
	if (Array.isArray(schema['enum'])) return schema['enum'][0];
	switch (getType(schema)) {
		case 'object':
			return generateObject(schema, root, depth);
		case 'array':
			return generateList(schema, root, depth);
		case 'integer':
			return generateNumber(schema, true);
		case 'number':
			return generateNumber(schema, false);
		case 'boolean':
			return true;
		case 'null':
			return null;
		default:
			return generateText(schema);
	}
}

/** A value that a JSON schema (or OpenAPI's dialect of it, as Gemini takes) allows; the same one each time. */
export function generateJson(schema: unknown): unknown {
	const root = toFields(schema);
	return generate(root, root, 0);
}
