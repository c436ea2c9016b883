import { isObject, type JsonObject } from '../util/index.ts';

/** Depth to which a schema is read; a deeper one is taken for one that breaks the rules. */
const MAX_DEPTH = 64;

/** Keywords that a strict schema may not have. */
interface StrictDialect {
	unsupported: ReadonlySet<string>;
	/** Every property must be required. */
	requiresAll: boolean;
}

/** Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations (2026-11-28) */
const ANTHROPIC_STRICT: StrictDialect = {
	unsupported: new Set([
		'minimum',
		'maximum',
		'exclusiveMinimum',
		'exclusiveMaximum',
		'multipleOf',
		'minLength',
		'maxLength',
		'maxItems',
		'uniqueItems',
		'minProperties',
		'maxProperties',
		'patternProperties',
		'not',
		'if',
		'then',
		'else',
	]),
	requiresAll: false,
};

/** Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas (2026-11-28) */
const OPENAI_STRICT: StrictDialect = {
	unsupported: new Set([
		'allOf',
		'not',
		'dependentRequired',
		'dependentSchemas',
		'if',
		'then',
		'else',
		'minLength',
		'maxLength',
		'patternProperties',
		'uniqueItems',
		'minProperties',
		'maxProperties',
		'oneOf',
	]),
	requiresAll: true,
};

type SchemaProvider = 'anthropic' | 'openai';

const DIALECTS: Readonly<Record<SchemaProvider, StrictDialect>> = {
	anthropic: ANTHROPIC_STRICT,
	openai: OPENAI_STRICT,
};

/** Members that hold schemas by name, and members that are one schema or a list of them. */
const NAMED = ['properties', '$defs', 'definitions'] as const;
const NESTED = ['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'not', 'additionalProperties'] as const;

function isStrict(schema: unknown, dialect: StrictDialect, depth: number): boolean {
	if (Array.isArray(schema)) return schema.every((each) => isStrict(each, dialect, depth));
	if (!isObject(schema)) return true;
	if (depth > MAX_DEPTH || Object.keys(schema).some((keyword) => dialect.unsupported.has(keyword))) return false;
	const { additionalProperties, properties, required } = schema;
	const types = [schema['type']].flat();
	if (types.includes('object') || isObject(properties)) {
		if (additionalProperties !== false) return false;
		const names = isObject(properties) ? Object.keys(properties) : [];
		const given: readonly unknown[] = Array.isArray(required) ? required : [];
		if (dialect.requiresAll && !names.every((name) => given.includes(name))) return false;
	}
	const named = NAMED.flatMap((name) => (isObject(schema[name]) ? Object.values(schema[name]) : []));
	return [...named, ...NESTED.map((name) => schema[name])].every((each) => isStrict(each, dialect, depth + 1));
}

/** Whether a provider takes a schema as strict: it refuses others instead of being lenient with them. */
export function isStrictSchema(schema: unknown, provider: SchemaProvider): boolean {
	if (!isObject(schema) || (provider === 'openai' && schema['type'] !== 'object')) return false;
	return isStrict(schema, DIALECTS[provider], 0);
}

/** Keywords that Anthropic refuses at the top of a tool's schema. Source: https://github.com/anthropics/claude-code/issues/10606 (2026-11-28) */
const NOT_AT_TOP = ['oneOf', 'anyOf', 'allOf'] as const;

/** The schema of a tool's arguments with what every provider asks of it: an object, for OpenAI with properties. */
export function toObjectSchema(schema: unknown, provider: SchemaProvider): JsonObject {
	const given = isObject(schema) ? schema : {};
	const refused = provider === 'anthropic' ? NOT_AT_TOP.filter((keyword) => given[keyword] !== undefined) : [];
	const hasProperties = provider === 'anthropic' || isObject(given['properties']);
	if (given['type'] === 'object' && hasProperties && refused.length === 0) return given;
	const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !refused.some((each) => each === name)));
	return { ...kept, type: 'object', ...(isObject(given['properties']) ? {} : { properties: {} }) };
}
