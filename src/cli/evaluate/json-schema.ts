import { createContext, Script } from 'node:vm';
import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** Milliseconds that all of one check may take: some regular expressions need years for a text that does not match. */
const TIMEOUT_MS = 1000;
/** Schemas within each other: one that refers to itself without end gets no further. */
const MAX_DEPTH = 500;

/** A check that took too long, or that has no end. */
export class UnfinishedCheckError extends Error {}

/** What is left of a check's time. */
class Deadline {
	readonly #timeoutMs: number;
	readonly #end: number;

	constructor(timeoutMs: number) {
		this.#timeoutMs = timeoutMs;
		this.#end = performance.now() + timeoutMs;
	}

	/** @throws UnfinishedCheckError */
	remaining(what: string): number {
		const left = Math.floor(this.#end - performance.now());
		if (left <= 0) throw this.expire(what);
		return left;
	}

	expire(what: string): UnfinishedCheckError {
		return new UnfinishedCheckError(`${what} took over ${this.#timeoutMs / 1000} s`);
	}
}

/** A regular expression that is ended with the check's time. */
class BoundedPattern {
	static readonly #context = createContext({ expression: null, text: '' });
	static readonly #script = new Script('expression.test(text)');
	readonly #expression: RegExp;

	/** @throws SyntaxError */
	constructor(pattern: string, flags: string) {
		this.#expression = new RegExp(pattern, flags);
	}

	/** @throws UnfinishedCheckError */
	test(text: string, deadline: Deadline): boolean {
		const timeout = deadline.remaining('the regular expression');
		this.#expression.lastIndex = 0;
		const context = Object.assign(BoundedPattern.#context, { expression: this.#expression, text });
		try {
			return BoundedPattern.#script.runInContext(context, { timeout }) === true;
		} catch (error) {
			if (!isObject(error) || error['code'] !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
			throw deadline.expire('the regular expression');
		}
	}
}

/** Whether a text matches. @throws UnfinishedCheckError, SyntaxError */
export function matchesPattern(pattern: string, flags: string, text: string): boolean {
	return new BoundedPattern(pattern, flags).test(text, new Deadline(TIMEOUT_MS));
}

/** What checks of one value share. */
interface Progress {
	deadline: Deadline;
	depth: number;
}
type Check = (value: unknown, progress: Progress) => boolean;
type Compile = (schema: unknown, path: string) => Check;

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
const isTextList = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((item) => typeof item === 'string');
const isMap = (value: unknown): value is JsonObject => isObject(value) && !Array.isArray(value);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
	null: (value) => value === null,
	boolean: (value) => typeof value === 'boolean',
	number: (value) => typeof value === 'number',
	integer: (value) => Number.isInteger(value),
	string: (value) => typeof value === 'string',
	array: Array.isArray,
	object: isMap,
};

/** One text for values that are equal as JSON, whatever the order of their members. */
function toCanonicalText(value: unknown): string {
	return JSON.stringify(value, (_, each: unknown) =>
		isMap(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
	);
}

/** What says nothing of a value, or is read with another keyword. */
const SILENT = new Set(
	'$schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly then else'.split(
		' ',
	),
);
/** What a keyword has to be, and its check. A keyword says nothing of values of other types than its own. */
interface Keyword {
	wanted: string;
	/** `null`: the keyword's value is not what is wanted. */
	compile(value: unknown, at: { schema: JsonObject; path: string; compile: Compile }): Check | null;
}

const onNumber = (isRight: (value: number, limit: number) => boolean): Keyword => ({
	wanted: 'a number',
	compile: (limit) =>
		typeof limit !== 'number' ? null : (value) => typeof value !== 'number' || isRight(value, limit),
});
const onSize = (measure: (value: unknown) => number | null, isRight: (size: number, limit: number) => boolean) => ({
	wanted: 'a whole number from 0',
	compile: (limit: unknown): Check | null =>
		!isCount(limit)
			? null
			: (value) => {
					const size = measure(value);
					return size === null || isRight(size, limit);
				},
});
const measureText = (value: unknown) => (typeof value === 'string' ? [...value].length : null);
const measureList = (value: unknown) => (Array.isArray(value) ? value.length : null);
const measureMap = (value: unknown) => (isMap(value) ? Object.keys(value).length : null);
const atLeast = (value: number, limit: number) => value >= limit;
const atMost = (value: number, limit: number) => value <= limit;
const onSchemas = (combine: (value: unknown, checks: readonly Check[], progress: Progress) => boolean): Keyword => ({
	wanted: 'a list of schemas',
	compile: (schemas, { compile, path }) => {
		if (!Array.isArray(schemas) || schemas.length === 0) return null;
		const checks = schemas.map((schema, index) => compile(schema, `${path}/${index}`));
		return (value, progress) => combine(value, checks, progress);
	},
});

/** The keywords that are checked; every other one is refused, as its part of the schema would pass any answer. */
const KEYWORDS: Readonly<Record<string, Keyword>> = {
	type: {
		wanted: `one or several of ${Object.keys(TYPES).join(', ')}`,
		compile: (names) => {
			const list: unknown[] = [names].flat();
			const checks = list.flatMap((name) =>
				typeof name === 'string' && Object.hasOwn(TYPES, name) ? (TYPES[name] ?? []) : [],
			);
			return checks.length === list.length && list.length > 0 ? (value) => checks.some((check) => check(value)) : null;
		},
	},
	enum: {
		wanted: 'a list of values',
		compile: (values) => {
			if (!Array.isArray(values)) return null;
			const texts = new Set(values.map(toCanonicalText));
			return (value) => texts.has(toCanonicalText(value));
		},
	},
	const: {
		wanted: 'a value',
		compile: (wanted) => {
			const text = toCanonicalText(wanted);
			return (value) => toCanonicalText(value) === text;
		},
	},
	minimum: onNumber(atLeast),
	maximum: onNumber(atMost),
	exclusiveMinimum: onNumber((value, limit) => value > limit),
	exclusiveMaximum: onNumber((value, limit) => value < limit),
	multipleOf: {
		wanted: 'a number above 0',
		compile: (step) =>
			typeof step !== 'number' || step <= 0
				? null
				: (value) => {
						if (typeof value !== 'number') return true;
						// 0.3 / 0.1 is not 3 in binary
						const quotient = value / step;
						return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
					},
	},
	minLength: onSize(measureText, atLeast),
	maxLength: onSize(measureText, atMost),
	pattern: {
		wanted: 'a regular expression',
		compile: (pattern) => {
			if (typeof pattern !== 'string') return null;
			const bounded = new BoundedPattern(pattern, 'u');
			return (value, { deadline }) => typeof value !== 'string' || bounded.test(value, deadline);
		},
	},
	minItems: onSize(measureList, atLeast),
	maxItems: onSize(measureList, atMost),
	uniqueItems: {
		wanted: 'true or false',
		compile: (isWanted) =>
			typeof isWanted !== 'boolean'
				? null
				: (value) => !isWanted || !Array.isArray(value) || new Set(value.map(toCanonicalText)).size === value.length,
	},
	prefixItems: {
		wanted: 'a list of schemas',
		compile: (schemas, { compile, path }) => {
			if (!Array.isArray(schemas)) return null;
			const checks = schemas.map((schema, index) => compile(schema, `${path}/${index}`));
			return (value, progress) =>
				!Array.isArray(value) || checks.every((check, index) => index >= value.length || check(value[index], progress));
		},
	},
	items: {
		wanted: 'one schema; a list of them is called "prefixItems"',
		compile: (of, { compile, path, schema }) => {
			if (Array.isArray(of)) return null;
			const check = compile(of, path);
			const { prefixItems } = schema;
			const from = Array.isArray(prefixItems) ? prefixItems.length : 0;
			return (value, progress) => !Array.isArray(value) || value.slice(from).every((item) => check(item, progress));
		},
	},
	contains: {
		wanted: 'a schema',
		compile: (of, { compile, path }) => {
			const check = compile(of, path);
			return (value, progress) => !Array.isArray(value) || value.some((item) => check(item, progress));
		},
	},
	minProperties: onSize(measureMap, atLeast),
	maxProperties: onSize(measureMap, atMost),
	required: {
		wanted: 'a list of names',
		compile: (names) =>
			isTextList(names) ? (value) => !isMap(value) || names.every((name) => Object.hasOwn(value, name)) : null,
	},
	properties: {
		wanted: 'an object of schemas',
		compile: (schemas, { compile, path }) => {
			if (!isMap(schemas)) return null;
			const checks = Object.entries(schemas).map(([name, of]) => [name, compile(of, `${path}/${name}`)] as const);
			return (value, progress) =>
				!isMap(value) || checks.every(([name, check]) => !Object.hasOwn(value, name) || check(value[name], progress));
		},
	},
	patternProperties: {
		wanted: 'an object of schemas by regular expressions',
		compile: (schemas, { compile, path }) => {
			if (!isMap(schemas)) return null;
			const checks = compilePatterns(schemas, path, compile);
			return (value, progress) =>
				!isMap(value) ||
				Object.entries(value).every(([name, member]) =>
					checks.every(([pattern, check]) => !pattern.test(name, progress.deadline) || check(member, progress)),
				);
		},
	},
	additionalProperties: {
		wanted: 'a schema, true or false',
		compile: (of, { compile, path, schema: { patternProperties, properties } }) => {
			const check = compile(of, path);
			const known = new Set(isMap(properties) ? Object.keys(properties) : []);
			const patterns = isMap(patternProperties)
				? Object.keys(patternProperties).map((pattern) => new BoundedPattern(pattern, 'u'))
				: [];
			return (value, progress) =>
				!isMap(value) ||
				Object.entries(value).every(
					([name, member]) =>
						known.has(name) ||
						patterns.some((pattern) => pattern.test(name, progress.deadline)) ||
						check(member, progress),
				);
		},
	},
	propertyNames: {
		wanted: 'a schema',
		compile: (of, { compile, path }) => {
			const check = compile(of, path);
			return (value, progress) => !isMap(value) || Object.keys(value).every((name) => check(name, progress));
		},
	},
	allOf: onSchemas((value, checks, progress) => checks.every((check) => check(value, progress))),
	anyOf: onSchemas((value, checks, progress) => checks.some((check) => check(value, progress))),
	oneOf: onSchemas((value, checks, progress) => checks.filter((check) => check(value, progress)).length === 1),
	not: {
		wanted: 'a schema',
		compile: (of, { compile, path }) => {
			const check = compile(of, path);
			return (value, progress) => !check(value, progress);
		},
	},
	if: {
		wanted: 'a schema',
		compile: (of, { compile, path, schema }) => {
			const condition = compile(of, path);
			const branch = (name: 'then' | 'else') => compile(schema[name] ?? true, path.replace(/if$/, name));
			const [whenTrue, whenFalse] = [branch('then'), branch('else')];
			return (value, progress) => (condition(value, progress) ? whenTrue : whenFalse)(value, progress);
		},
	},
};

function compilePatterns(schemas: JsonObject, path: string, compile: Compile): Array<[BoundedPattern, Check]> {
	return Object.entries(schemas).map(([pattern, of]) => [
		new BoundedPattern(pattern, 'u'),
		compile(of, `${path}/${pattern}`),
	]);
}

/**
 * A check of values by a JSON schema (2020-12 and what earlier drafts share with it), without its annotations, with references within it.
 * @throws InvalidInputError that says where a keyword is unknown or is not what it must be: an answer must not pass because half of its
 * schema was not understood. The check itself throws UnfinishedCheckError.
 */
export function compileSchema(schema: JsonObject, timeoutMs: number = TIMEOUT_MS): (value: unknown) => boolean {
	const byReference = new Map<string, Check>();
	const resolve = (reference: unknown, path: string): Check => {
		if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference))
			throw new InvalidInputError(`${path} must begin with "#/": other documents are not read`);
		const known = byReference.get(reference);
		if (known !== undefined) return known;
		let found: Check | null = null;
		byReference.set(reference, (value, progress) => found?.(value, progress) ?? false);
		const steps = reference
			.split('/')
			.slice(1)
			.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
		const target = steps.reduce<unknown>(
			(at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined),
			schema,
		);
		if (target === undefined) throw new InvalidInputError(`${path}: there is nothing at ${reference}`);
		found = compile(target, reference);
		return found;
	};
	const compile: Compile = (part, path) => {
		if (typeof part === 'boolean') return () => part;
		if (!isMap(part)) throw new InvalidInputError(`${path} must be a schema: an object, true or false`);
		const checks = Object.entries(part).flatMap(([name, value]): Check[] => {
			if (SILENT.has(name)) return [];
			const at = { schema: part, path: `${path}/${name}`, compile };
			return [name === '$ref' ? resolve(value, at.path) : compileKeyword(name, value, at)];
		});
		return (value, progress) => {
			progress.deadline.remaining('the schema');
			if (progress.depth > MAX_DEPTH) throw new UnfinishedCheckError('the schema refers to itself without end');
			const deeper = { ...progress, depth: progress.depth + 1 };
			return checks.every((check) => check(value, deeper));
		};
	};
	const check = compile(schema, '#');
	return (value) => check(value, { deadline: new Deadline(timeoutMs), depth: 0 });
}

/** @throws InvalidInputError */
function compileKeyword(name: string, value: unknown, at: Parameters<Keyword['compile']>[1]): Check {
	const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
	if (keyword === undefined)
		throw new InvalidInputError(
			`${at.path} is not checked here${name === 'format' ? ': say it with "pattern"' : ''}, so that wrong answers would pass. Leave it out, or check by a command`,
		);
	try {
		const check = keyword.compile(value, at);
		if (check !== null) return check;
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new InvalidInputError(`${at.path} is no regular expression (${error.message})`);
	}
	throw new InvalidInputError(`${at.path} must be ${keyword.wanted}`);
}
