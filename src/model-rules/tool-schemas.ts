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

/** The schema without what a provider refuses in one: looser, but taken. */
export function toStrictSchema(schema: JsonObject, provider: SchemaProvider): JsonObject {
	const loosened = withoutUnsupported(schema, DIALECTS[provider], 0);
	return isObject(loosened) ? loosened : {};
}

function withoutUnsupported(schema: unknown, dialect: StrictDialect, depth: number): unknown {
	const change = (each: unknown) => withoutUnsupported(each, dialect, depth + 1);
	if (Array.isArray(schema)) return schema.map(change);
	if (!isObject(schema)) return schema;
	if (depth > MAX_DEPTH) return {};
	const kept = Object.entries(schema).filter(([keyword]) => !dialect.unsupported.has(keyword));
	const loosened = mapMembers(Object.fromEntries(kept), (member, name) => {
		if (NESTED.some((each) => each === name)) return change(member);
		return isObject(member) && NAMED.some((each) => each === name) ? mapMembers(member, change) : member;
	});
	const isObjects = [schema['type']].flat().includes('object') || isObject(schema['properties']);
	return isObjects ? { ...loosened, additionalProperties: false } : loosened;
}

/** Keywords that combine several schemas. */
const COMBINED = ['oneOf', 'anyOf', 'allOf'] as const;
/**
 * Keywords that are refused at the top of a tool's schema, strict or not. Sources: https://github.com/anthropics/claude-code/issues/10606
 * (2026-11-28), https://github.com/langchain-ai/langchainjs/issues/9804 and https://github.com/goruck/home-generative-agent/pull/545 (2026-11-29)
 */
const NOT_AT_TOP: Readonly<Record<SchemaProvider, readonly string[]>> = {
	anthropic: COMBINED,
	openai: [...COMBINED, 'enum', 'const', 'not'],
};

/** The schema of a tool's arguments as a provider takes it. */
interface ObjectSchema {
	/** The same object where nothing had to change. */
	schema: JsonObject;
	/** What it demanded of several properties together, or of arguments that are no object, is lost. */
	isLoosened: boolean;
}

/**
 * The schema of a tool's arguments with what every provider asks of it: an object, for OpenAI with properties and lists that
 * say what is in them. Alternatives at the top become one object with the properties of all.
 */
export function toObjectSchema(schema: unknown, provider: SchemaProvider): ObjectSchema {
	const given = isObject(schema) ? schema : {};
	if (!Object.isFrozen(given)) return writeObjectSchema(given, provider);
	const known = KNOWN_SCHEMAS[provider].get(given);
	if (known !== undefined) return known;
	const written = writeObjectSchema(given, provider);
	KNOWN_SCHEMAS[provider].set(given, written);
	return written;
}

/** What became of schemas that cannot change: those of tools that a caller sends with each of its requests. */
const KNOWN_SCHEMAS: Readonly<Record<SchemaProvider, WeakMap<JsonObject, ObjectSchema>>> = {
	anthropic: new WeakMap(),
	openai: new WeakMap(),
};

function writeObjectSchema(given: JsonObject, provider: SchemaProvider): ObjectSchema {
	const refused = NOT_AT_TOP[provider].filter((keyword) => given[keyword] !== undefined);
	const hasProperties = provider === 'anthropic' || isObject(given['properties']);
	const isPlain = given['type'] === 'object' && hasProperties && refused.length === 0;
	const plain = isPlain ? given : mergeAlternatives(given, refused);
	const whole = provider === 'openai' && hasBareList(plain, 0) ? withItems(plain, 0) : plain;
	const isOther = given['type'] !== undefined && given['type'] !== 'object';
	return { schema: isObject(whole) ? whole : plain, isLoosened: refused.length > 0 || isOther };
}

function mergeAlternatives(given: JsonObject, refused: readonly string[]): JsonObject {
	const listOf = (keyword: string) => (refused.includes(keyword) ? [given[keyword]].flat().filter(isObject) : []);
	const parts = [...COMBINED.flatMap(listOf), given];
	const properties = Object.assign(
		{},
		...parts.map((part) => (isObject(part['properties']) ? part['properties'] : {})),
	);
	const required = [...listOf('allOf'), given].flatMap((part) =>
		Array.isArray(part['required']) ? part['required'] : [],
	);
	const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !refused.includes(name)));
	return { ...kept, type: 'object', properties, ...(required.length > 0 && { required: [...new Set(required)] }) };
}

function isBareList({ items, type }: JsonObject): boolean {
	return (type === 'array' || (Array.isArray(type) && type.includes('array'))) && !isObject(items);
}

/** Whether there may be a list in a schema that does not say what is in it: a quick look, as most have none. */
function hasBareList(value: unknown, depth: number): boolean {
	if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return false;
	return (isObject(value) && isBareList(value)) || Object.values(value).some((each) => hasBareList(each, depth + 1));
}

/**
 * The schema whose lists say what is in them: OpenAI refuses others. The same object where each does.
 * Source: https://github.com/zed-industries/zed/pull/47578 (2026-11-29)
 */
function withItems(schema: unknown, depth: number): unknown {
	if (depth > MAX_DEPTH) return schema;
	const change = (each: unknown) => withItems(each, depth + 1);
	if (Array.isArray(schema)) {
		const changed = schema.map(change);
		return changed.some((each, index) => each !== schema[index]) ? changed : schema;
	}
	if (!isObject(schema)) return schema;
	return mapMembers(isBareList(schema) ? { ...schema, items: {} } : schema, (member, name) => {
		if (NESTED.some((each) => each === name)) return change(member);
		return isObject(member) && NAMED.some((each) => each === name) ? mapMembers(member, change) : member;
	});
}

/** The object with its members changed; the same object where each stays the same. */
function mapMembers(object: JsonObject, change: (member: unknown, name: string) => unknown): JsonObject {
	const members = Object.entries(object).map(([name, member]) => [name, change(member, name)] as const);
	return members.some(([name, member]) => member !== object[name]) ? Object.fromEntries(members) : object;
}
