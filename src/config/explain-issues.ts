import type * as z from 'zod';
import { maskSecrets, nearestName } from '../util/index.ts';
import { type ConfigPath, valueAt } from './config-path.ts';
import { describeValue } from './describe-value.ts';
import { knownKeys } from './known-keys.ts';

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
	return isHidden(path) ? '' : `, not ${describeValue(valueAt(context.value, path))}`;
}

function unknownKeys(context: ExplainContext, path: ConfigPath, keys: readonly string[]): ExplainedIssue[] {
	const known = knownKeys(context.schema, path);
	return keys.map((key) => {
		const nearest = nearestName(key, known);
		const hint = nearest === null ? `Known here: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
		return { path: [...path, key], message: `is not a known setting. ${hint}` };
	});
}

function explainType(context: ExplainContext, path: ConfigPath, expected: string): string {
	const wanted = EXPECTED[expected] ?? expected;
	return valueAt(context.value, path) === undefined
		? `is missing: write ${wanted}`
		: `must be ${wanted}${given(context, path)}`;
}

function explainChoice(context: ExplainContext, path: ConfigPath, values: readonly unknown[]): string {
	const names = values.map((value) => String(value));
	const nearest = nearestName(String(valueAt(context.value, path)), names);
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
			return maskSecrets(issue.message);
		case 'custom':
			return maskSecrets(issue.message);
		default:
			return `cannot be used: ${maskSecrets(issue.message)}`;
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
