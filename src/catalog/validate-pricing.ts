import type { PricingRates } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { type Check, isRecord, numberIn, optional, problemsOf, shown, text } from './field-checks.ts';

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
	const issues = problemsOf(table, RATES, path);
	if (!(Array.isArray(tiers) && tiers.every(isRecord)))
		return [...issues, { path: `${path}.tiers`, message: `must be a list of tiers, not ${shown(tiers)}` }];
	return [
		...issues,
		...tiers.flatMap((tier, index) =>
			problemsOf(tier, [['aboveInputTokens', border], ...RATES], `${path}.tiers[${index}]`),
		),
	];
}

/** A record of which every value passes. */
function checkRecord(record: unknown, check: Check, path: string): ConfigIssue[] {
	if (record === undefined) return [];
	if (!isRecord(record)) return [{ path, message: `must be a record, not ${shown(record)}` }];
	return problemsOf(
		record,
		Object.keys(record).map((name) => [name, check] as const),
		path,
	);
}

function checkServices(services: unknown, path: string): ConfigIssue[] {
	if (services === undefined) return [];
	if (!isRecord(services)) return [{ path, message: `must be a record, not ${shown(services)}` }];
	return Object.entries(services).flatMap(([name, table]) => {
		const at = `${path}.${name}`;
		if (!SERVICES.includes(name)) return [{ path: at, message: `is no service: write one of ${SERVICES.join(', ')}` }];
		return isRecord(table) ? checkTable(table, at) : [{ path: at, message: `must be rates, not ${shown(table)}` }];
	});
}

function checkSheet(sheet: Record<string, unknown>, path: string): ConfigIssue[] {
	return [
		...problemsOf(sheet, [['source', text]], path),
		...checkTable(sheet, path),
		...checkServices(sheet['serviceTiers'], `${path}.serviceTiers`),
		...checkRecord(sheet['regionPermille'], permille, `${path}.regionPermille`),
		...checkRecord(sheet['perUse'], nanoPerUse, `${path}.perUse`),
	];
}

/** Every change must begin after the one before it: of two for one day nobody knows which holds. */
function checkChanges(changes: unknown, path: string): ConfigIssue[] {
	if (changes === undefined) return [];
	if (!(Array.isArray(changes) && changes.every(isRecord)))
		return [{ path, message: `must be a list of rates with a day, not ${shown(changes)}` }];
	const days = changes.map(({ from }) => String(from));
	return changes.flatMap((change, index) => {
		const at = `${path}[${index}]`;
		const before = days[index - 1];
		const overlaps = before !== undefined && String(change['from']) <= before;
		const message = `must be after the change before it (${before}), not ${shown(change['from'])}`;
		return [
			...problemsOf(change, [['from', day]], at),
			...(overlaps ? [{ path: `${at}.from`, message }] : []),
			...checkSheet(change, at),
		];
	});
}

/** Everything wrong with a model's prices. */
export function checkPricing(pricing: unknown, path: string): ConfigIssue[] {
	if (pricing === undefined || pricing === 'unpriced') return [];
	if (!isRecord(pricing)) return [{ path, message: `must be a record of rates or "unpriced", not ${shown(pricing)}` }];
	return [...checkSheet(pricing, path), ...checkChanges(pricing['changes'], `${path}.changes`)];
}
