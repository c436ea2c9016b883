import { type ModelProfile, type PricingRates, TASK_TYPES } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { isObject, nearestName } from '../util/index.ts';

/** What is wrong with a value; `null` when nothing is. */
export type Check = (value: unknown) => string | null;

/** The value as an error shows it: short, and never one that cannot be written. */
function formatValue(value: unknown): string {
	const isWritable = typeof value === 'string' || (typeof value === 'object' && value !== null);
	if (!isWritable) return String(value);
	try {
		return JSON.stringify(value).slice(0, 40);
	} catch {
		// A record that holds itself or a bigint has no JSON.
		return Object.prototype.toString.call(value);
	}
}

/** A text with something in it. */
const text: Check = (value) =>
	typeof value === 'string' && value.trim() !== '' ? null : 'must be a text that is not empty';
/** True or false. */
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
/** A finite number between low and high, both inclusive. */
function numberIn(low: number, high: number, isWhole = false): Check {
	return (value) => {
		const isNumber =
			Number.isFinite(value) && Number(value) >= low && Number(value) <= high && (!isWhole || Number.isInteger(value));
		const upTo = high === Number.POSITIVE_INFINITY ? ` of ${low} or more` : ` from ${low} to ${high}`;
		return isNumber ? null : `must be a ${isWhole ? 'whole ' : ''}number${upTo}`;
	};
}
/** The check, where the value is given at all. */
function optional(check: Check): Check {
	return (value) => (value === undefined ? null : check(value));
}
/** A list whose every item passes. */
function listOf(check: Check, what: string): Check {
	return (value) =>
		Array.isArray(value) && value.every((item) => check(item) === null) ? null : `must be a list of ${what}`;
}
/** A record whose field passes. */
function recordWhere(field: string, check: Check): Check {
	return (value) => {
		if (!isObject(value)) return 'must be a record';
		const problem = check(value[field]);
		return problem === null ? null : `has a ${field} that ${problem}`;
	};
}

/** Every problem of a record's fields, each under its own path. */
function checkFields(record: object, checks: ReadonlyArray<readonly [string, Check]>, path: string): ConfigIssue[] {
	// Own fields only, whatever their type: each is checked before anything relies on it.
	const fields = record as Record<string, unknown>;
	return checks.flatMap(([field, check]) => {
		const problem = check(fields[field]);
		return problem === null
			? []
			: [{ path: `${path}.${field}`, message: `${problem}, not ${formatValue(fields[field])}` }];
	});
}

const zeroOrMore = numberIn(0, Number.POSITIVE_INFINITY);
const KINDS = ['chat', 'embedding'];
const kind: Check = (value) => (KINDS.some((known) => known === value) ? null : `must be ${KINDS.join(' or ')}`);
const zeroOrMoreWhole = numberIn(0, Number.POSITIVE_INFINITY, true);
const positiveWhole = numberIn(1, Number.POSITIVE_INFINITY, true);
const score = numberIn(0, 100);
const STATES = ['active', 'deprecated', 'retired'];
const state: Check = (value) => (STATES.some((known) => known === value) ? null : `must be ${STATES.join(', ')}`);
/** NaN is how a profile says that it has no price. */
const price: Check = (value) =>
	Number.isNaN(value) || (typeof value === 'number' && value >= 0 && value < 1e3)
		? null
		: 'must be USD per 1,000 tokens, 0 or more';
const strengths: Check = (value) => {
	if (!Array.isArray(value)) return 'must be a list of task types';
	const wrong: unknown = value.find((type) => !TASK_TYPES.some((known) => known === type));
	if (wrong === undefined) return null;
	const nearest = nearestName(String(wrong), TASK_TYPES);
	return `has no task type ${formatValue(wrong)}${nearest === null ? `; known are ${TASK_TYPES.join(', ')}` : `; did you mean "${nearest}"?`}`;
};

const CHECKS: ReadonlyArray<readonly [keyof ModelProfile, Check]> = [
	['id', text],
	['name', text],
	['modelId', text],
	['provider', text],
	['kind', optional(kind)],
	['strengths', strengths],
	['costPer1kInputTokens', price],
	['costPer1kOutputTokens', price],
	['latencyMs', numberIn(1, Number.POSITIVE_INFINITY)],
	['contextWindow', positiveWhole],
	['maxOutputTokens', zeroOrMoreWhole],
	['qualityScore', score],
	['supportsExtendedThinking', flag],
	['supportsVision', flag],
	['supportsToolUse', flag],
	['supportsStructuredOutput', optional(flag)],
	['aliases', optional(listOf(text, 'names'))],
	['family', optional(text)],
	['qualitySource', optional(text)],
	['ttftMs', optional(recordWhere('value', zeroOrMore))],
	['outputTokensPerSecond', optional(recordWhere('value', numberIn(0.001, Number.POSITIVE_INFINITY)))],
	['lifecycle', optional(recordWhere('state', state))],
];

function checkQualities(qualities: unknown, path: string): ConfigIssue[] {
	if (qualities === undefined) return [];
	if (!isObject(qualities)) return [{ path, message: `must be a record by task type, not ${formatValue(qualities)}` }];
	return Object.entries(qualities).flatMap(([type, quality]) => {
		const value = isObject(quality) ? quality.value : quality;
		const problem = strengths([type]) ?? score(value);
		return problem === null ? [] : [{ path: `${path}.${type}`, message: `${problem}, not ${formatValue(value)}` }];
	});
}

/** Everything wrong with a model profile; each issue names the field and what it should be. */
export function validateModelProfile(value: unknown, path: string): ConfigIssue[] {
	if (!isObject(value)) return [{ path, message: `must be a model profile, not ${formatValue(value)}` }];
	const issues = [
		...checkFields(value, CHECKS, path),
		...checkPricing(value.pricing, `${path}.pricing`),
		...checkQualities(value.qualityByTaskType, `${path}.qualityByTaskType`),
	];
	const { maxOutputTokens, contextWindow } = value;
	if (maxOutputTokens === 0 && value.kind !== 'embedding') {
		const message = 'must be a whole number of 1 or more, not 0; only a model of kind "embedding" writes nothing';
		issues.push({ path: `${path}.maxOutputTokens`, message });
	}
	if (typeof maxOutputTokens === 'number' && typeof contextWindow === 'number' && maxOutputTokens > contextWindow) {
		issues.push({
			path: `${path}.maxOutputTokens`,
			message: `is ${maxOutputTokens}, more than the context window of ${contextWindow}`,
		});
	}
	return issues;
}

/** Pico-dollars per token; a thousand dollars per million tokens is dearer than any model. */
const rate: Check = (value) => {
	const problem = numberIn(0, 1e9, true)(value);
	return problem === null ? null : `${problem} (micro-dollars per million tokens)`;
};
const RATES: ReadonlyArray<readonly [keyof PricingRates, Check]> = [
	['input', rate],
	['output', rate],
	['cacheRead', optional(rate)],
	['cacheWrite5m', optional(rate)],
	['cacheWrite1h', optional(rate)],
	['reasoning', optional(rate)],
];
const border = numberIn(1, Number.POSITIVE_INFINITY, true);
const nanoPerUse: Check = (value) => {
	const problem = numberIn(0, 1e12, true)(value);
	return problem === null ? null : `${problem} (nano-dollars per use)`;
};
const permille = numberIn(1, 100_000, true);
const day: Check = (value) =>
	typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(`${value}T00:00:00Z`))
		? null
		: 'must be a day as YYYY-MM-DD';
const SERVICES = ['batch', 'priority', 'flex'];

/** Rates with their long-context tiers. */
function checkTable(table: Record<string, unknown>, path: string): ConfigIssue[] {
	const { tiers = [] } = table;
	const issues = checkFields(table, RATES, path);
	if (!(Array.isArray(tiers) && tiers.every(isObject)))
		return [...issues, { path: `${path}.tiers`, message: `must be a list of tiers, not ${formatValue(tiers)}` }];
	return [
		...issues,
		...tiers.flatMap((tier, index) =>
			checkFields(tier, [['aboveInputTokens', border], ...RATES], `${path}.tiers[${index}]`),
		),
	];
}

/** A record of which every value passes. */
function checkRecord(record: unknown, check: Check, path: string): ConfigIssue[] {
	if (record === undefined) return [];
	if (!isObject(record)) return [{ path, message: `must be a record, not ${formatValue(record)}` }];
	return checkFields(
		record,
		Object.keys(record).map((name) => [name, check] as const),
		path,
	);
}

function checkServices(services: unknown, path: string): ConfigIssue[] {
	if (services === undefined) return [];
	if (!isObject(services)) return [{ path, message: `must be a record, not ${formatValue(services)}` }];
	return Object.entries(services).flatMap(([name, table]) => {
		const at = `${path}.${name}`;
		if (!SERVICES.includes(name)) return [{ path: at, message: `is no service: write one of ${SERVICES.join(', ')}` }];
		return isObject(table)
			? checkTable(table, at)
			: [{ path: at, message: `must be rates, not ${formatValue(table)}` }];
	});
}

function checkSheet(sheet: Record<string, unknown>, path: string): ConfigIssue[] {
	return [
		...checkFields(sheet, [['source', text]], path),
		...checkTable(sheet, path),
		...checkServices(sheet['serviceTiers'], `${path}.serviceTiers`),
		...checkRecord(sheet['regionPermille'], permille, `${path}.regionPermille`),
		...checkRecord(sheet['perUse'], nanoPerUse, `${path}.perUse`),
	];
}

/** Every change must begin after the one before it: of two for one day nobody knows which holds. */
function checkChanges(changes: unknown, path: string): ConfigIssue[] {
	if (changes === undefined) return [];
	if (!(Array.isArray(changes) && changes.every(isObject)))
		return [{ path, message: `must be a list of rates with a day, not ${formatValue(changes)}` }];
	const days = changes.map(({ from }) => String(from));
	return changes.flatMap((change, index) => {
		const at = `${path}[${index}]`;
		const before = days[index - 1];
		const overlaps = before !== undefined && String(change['from']) <= before;
		const message = `must be after the change before it (${before}), not ${formatValue(change['from'])}`;
		return [
			...checkFields(change, [['from', day]], at),
			...(overlaps ? [{ path: `${at}.from`, message }] : []),
			...checkSheet(change, at),
		];
	});
}

/** Everything wrong with a model's prices. */
function checkPricing(pricing: unknown, path: string): ConfigIssue[] {
	if (pricing === undefined || pricing === 'unpriced') return [];
	if (!isObject(pricing))
		return [{ path, message: `must be a record of rates or "unpriced", not ${formatValue(pricing)}` }];
	return [...checkSheet(pricing, path), ...checkChanges(pricing['changes'], `${path}.changes`)];
}
