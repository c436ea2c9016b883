import type * as z from 'zod';
import {
	describeValue,
	findUnknownKeys,
	isObject,
	nearestName,
	redactSecrets,
	type ValueIssue,
	type ValuePath,
} from '../util/index.ts';

type SchemaIssue = z.core.$ZodIssue;

/** What was refused, and by which schema. */
interface Refusal {
	schema: z.ZodType;
	value: unknown;
}

const NOUNS: Readonly<Record<string, string>> = {
	number: 'a number',
	int: 'a whole number',
	string: 'a text',
	boolean: 'true or false',
	array: 'a list',
	object: 'an object',
	record: 'an object',
};

/** Settings of deployments where nobody writes a key by mistake. */
const SHOWN_DEPLOYMENT_FIELDS: readonly PropertyKey[] = ['id', 'kind', 'preset', 'auth', 'priority'];

/** What stands under `providers` and `deployments` may be a key of any shape: it is never shown. */
function isHidden(path: ValuePath): boolean {
	if (path[0] === 'deployments') return path.length !== 3 || !SHOWN_DEPLOYMENT_FIELDS.includes(path[2] ?? '');
	return path[0] === 'providers';
}

function getValueAt(value: unknown, path: ValuePath): unknown {
	let current = value;
	for (const part of path) {
		if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
		current = Reflect.get(current, part);
	}
	return current;
}

/** Schemas by the type that their definition names. */
interface SchemasByType {
	array: z.ZodArray;
	boolean: z.ZodBoolean;
	lazy: z.ZodLazy;
	nullable: z.ZodNullable;
	number: z.ZodNumber;
	object: z.ZodObject;
	optional: z.ZodOptional | z.ZodExactOptional;
	record: z.ZodRecord;
	union: z.ZodUnion;
}

/** By the definition and not by `instanceof`, so that asking loads nothing. */
export function isSchemaOf<Type extends keyof SchemasByType>(
	schema: unknown,
	type: Type,
): schema is SchemasByType[Type] {
	return isObject(schema) && isObject(schema['def']) && schema['def']['type'] === type;
}

/** The schemas one step further into an object, a list or a record. */
function step(schema: unknown, key: PropertyKey): unknown[] {
	if (isSchemaOf(schema, 'object')) return Object.hasOwn(schema.shape, key) ? [Reflect.get(schema.shape, key)] : [];
	if (isSchemaOf(schema, 'array')) return [schema.element];
	return isSchemaOf(schema, 'record') ? [schema.valueType] : [];
}

/** The schema without the wrappers that let it be missing; of a union each alternative. */
function unwrap(schema: unknown): unknown[] {
	if (isSchemaOf(schema, 'union')) return schema.options.flatMap(unwrap);
	const isWrapper = isSchemaOf(schema, 'lazy') || isSchemaOf(schema, 'optional') || isSchemaOf(schema, 'nullable');
	return isWrapper ? unwrap(schema.unwrap()) : [schema];
}

/** The schemas that judge the value at a path, none when the path leads nowhere. A nullable value's schema stays nullable. */
export function getSchemasAt(schema: z.ZodType, path: ValuePath): unknown[] {
	let current: unknown[] = [schema];
	for (const key of path) current = current.flatMap(unwrap).flatMap((candidate) => step(candidate, key));
	return current.map((found) => (isSchemaOf(found, 'optional') ? found.unwrap() : found));
}

/** The keys an object may have at a path; empty when no object is there. */
export function getKnownKeys(schema: z.ZodType, path: ValuePath): string[] {
	const objects = getSchemasAt(schema, path).flatMap(unwrap);
	const keys = objects.flatMap((object) => (isSchemaOf(object, 'object') ? Object.keys(object.shape) : []));
	return [...new Set(keys)];
}

function explainChoice(value: unknown, values: readonly unknown[], butNot: string): string {
	const words = values.map(String);
	const nearest = nearestName(String(value), words);
	const hint = nearest === null ? '' : `. Did you mean "${nearest}"?`;
	return `must be ${words.length === 1 ? '' : 'one of '}${words.map((word) => `"${word}"`).join(', ')}${butNot}${hint}`;
}

/** `2 characters long` for texts, `2 entries long` for lists, `2` for numbers. */
function formatBound(origin: string, limit: number | bigint): string {
	if (origin === 'string') return `${limit} characters long`;
	return origin === 'array' ? `${limit} entries long` : String(limit);
}

function explainIssue(refusal: Refusal, issue: SchemaIssue): ValueIssue[] {
	const { path } = issue;
	const value = getValueAt(refusal.value, path);
	const butNot = isHidden(path) ? '' : `, not ${describeValue(value)}`;
	const explained = (message: string) => [{ path, message }];
	switch (issue.code) {
		case 'unrecognized_keys':
			return findUnknownKeys(issue.keys, getKnownKeys(refusal.schema, path), path);
		case 'invalid_union': {
			if (issue.errors.length === 0) {
				const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
				return explained(explainChoice(value, options, butNot));
			}
			// The alternative that got furthest into the value is the one that was meant.
			const depth = (issues: readonly SchemaIssue[]) => Math.max(...issues.map((inner) => inner.path.length));
			const meant = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
			return meant.flatMap((inner) => explainIssue(refusal, { ...inner, path: [...path, ...inner.path] }));
		}
		case 'invalid_type': {
			const noun = NOUNS[issue.expected] ?? issue.expected;
			return explained(value === undefined ? `is missing: write ${noun}` : `must be ${noun}${butNot}`);
		}
		case 'invalid_value':
			return explained(explainChoice(value, issue.values, butNot));
		case 'too_small':
			return explained(`must be at least ${formatBound(issue.origin, issue.minimum)}${butNot}`);
		case 'too_big':
			return explained(`must be at most ${formatBound(issue.origin, issue.maximum)}${butNot}`);
		case 'invalid_format':
			if (issue.format === 'date') return explained(`must be a date such as 2026-01-31${butNot}`);
			return explained(redactSecrets(issue.message));
		case 'custom':
			return explained(redactSecrets(issue.message));
		default:
			return explained(`cannot be used: ${redactSecrets(issue.message)}`);
	}
}

/** A schema's findings in plain words: what is wrong, and what to write instead. */
export function explainIssues(error: z.ZodError, refusal: Refusal): ValueIssue[] {
	return error.issues.flatMap((issue) => explainIssue(refusal, issue));
}
