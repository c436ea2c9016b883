import * as z from 'zod';
import { nearestName, redactSecrets } from '../util/index.ts';
import { type ConfigPath, getValueAt } from './config-path.ts';

type SchemaIssue = z.core.$ZodIssue;

/** What is wrong at a place of a configuration. */
export interface ExplainedIssue {
	path: ConfigPath;
	message: string;
}

/** What was refused, and by which schema. */
export interface ExplainContext {
	schema: z.ZodType;
	value: unknown;
}

const EXPECTED: Readonly<Record<string, string>> = {
	number: 'a number',
	int: 'a whole number',
	string: 'a text',
	boolean: 'true or false',
	array: 'a list',
	object: 'an object',
	record: 'an object',
};

/** Settings of deployments where nobody writes a key by mistake. */
const SHOWN_OF_DEPLOYMENTS: readonly PropertyKey[] = ['id', 'kind', 'preset', 'auth', 'priority'];

/** What stands under `providers` and `deployments` may be a key of any shape: it is never shown. */
function isHidden(path: ConfigPath): boolean {
	if (path[0] === 'deployments') return path.length !== 3 || !SHOWN_OF_DEPLOYMENTS.includes(path[2] ?? '');
	return path[0] === 'providers';
}

function given(context: ExplainContext, path: ConfigPath): string {
	return isHidden(path) ? '' : `, not ${describeValue(getValueAt(context.value, path))}`;
}

function unknownKeys(context: ExplainContext, path: ConfigPath, keys: readonly string[]): ExplainedIssue[] {
	const known = getKnownKeys(context.schema, path);
	return keys.map((key) => {
		const nearest = nearestName(key, known);
		const hint = nearest === null ? `Known here: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
		return { path: [...path, key], message: `is not a known setting. ${hint}` };
	});
}

function explainType(context: ExplainContext, path: ConfigPath, expected: string): string {
	const wanted = EXPECTED[expected] ?? expected;
	return getValueAt(context.value, path) === undefined
		? `is missing: write ${wanted}`
		: `must be ${wanted}${given(context, path)}`;
}

function explainChoice(context: ExplainContext, path: ConfigPath, values: readonly unknown[]): string {
	const names = values.map((value) => String(value));
	const nearest = nearestName(String(getValueAt(context.value, path)), names);
	const hint = nearest === null ? '' : `. Did you mean "${nearest}"?`;
	return `must be ${names.length === 1 ? '' : 'one of '}${names.map((name) => `"${name}"`).join(', ')}${given(context, path)}${hint}`;
}

/** `2 characters` for texts, `2 entries` for lists, `2` for numbers. */
function bound(origin: string, limit: number | bigint): string {
	if (origin === 'string') return `${limit} characters long`;
	return origin === 'array' ? `${limit} entries long` : String(limit);
}

function explainUnion(context: ExplainContext, issue: z.core.$ZodIssueInvalidUnion): ExplainedIssue[] {
	const path = issue.path;
	if (issue.errors.length === 0) {
		const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
		return [{ path, message: explainChoice(context, path, options) }];
	}
	// The alternative that got furthest into the value is the one that was meant.
	const depth = (issues: readonly SchemaIssue[]) => Math.max(...issues.map((inner) => inner.path.length));
	const meant = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
	return meant.flatMap((inner) => explainOne(context, { ...inner, path: [...path, ...inner.path] }));
}

function sentence(context: ExplainContext, issue: SchemaIssue): string {
	switch (issue.code) {
		case 'invalid_type':
			return explainType(context, issue.path, issue.expected);
		case 'invalid_value':
			return explainChoice(context, issue.path, issue.values);
		case 'too_small':
			return `must be at least ${bound(issue.origin, issue.minimum)}${given(context, issue.path)}`;
		case 'too_big':
			return `must be at most ${bound(issue.origin, issue.maximum)}${given(context, issue.path)}`;
		case 'invalid_format':
			if (issue.format === 'date') return `must be a date such as 2026-01-31${given(context, issue.path)}`;
			return redactSecrets(issue.message);
		case 'custom':
			return redactSecrets(issue.message);
		default:
			return `cannot be used: ${redactSecrets(issue.message)}`;
	}
}

function explainOne(context: ExplainContext, issue: SchemaIssue): ExplainedIssue[] {
	if (issue.code === 'unrecognized_keys') return unknownKeys(context, issue.path, issue.keys);
	if (issue.code === 'invalid_union') return explainUnion(context, issue);
	return [{ path: issue.path, message: sentence(context, issue) }];
}

/** A schema's findings in plain words: what is wrong, and what to write instead. */
export function explainIssues(error: z.ZodError, context: ExplainContext): ExplainedIssue[] {
	return error.issues.flatMap((issue) => explainOne(context, issue));
}

/** The schemas one step further: through optional and nullable wrappers, into objects, lists and unions. */
function step(schema: unknown, key: PropertyKey): unknown[] {
	if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? [Reflect.get(schema.shape, key)] : [];
	if (schema instanceof z.ZodArray) return [schema.element];
	if (schema instanceof z.ZodRecord) return [schema.valueType];
	return [];
}

function unwrap(schema: unknown): unknown[] {
	if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
		return unwrap(schema.unwrap());
	if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
	return [schema];
}

/** The keys an object may have at a place of a schema; empty when no object is there. */
export function getKnownKeys(schema: z.ZodType, path: ConfigPath): string[] {
	let current = unwrap(schema);
	for (const key of path) current = current.flatMap((candidate) => step(candidate, key)).flatMap(unwrap);
	const keys = current.flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []));
	return [...new Set(keys)];
}

const LONGEST = 40;

/** A value as an error message may show it: short, and without anything that looks like a secret. */
export function describeValue(value: unknown): string {
	if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`;
	if (typeof value === 'object' && value !== null) return 'an object';
	if (typeof value !== 'string') return String(value);
	const shown = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
	// The mask reads the whole (bounded) text: a key cut short would no longer look like one.
	return redactSecrets(value.slice(0, 10_000)) === value.slice(0, 10_000) ? JSON.stringify(shown) : '[masked]';
}
