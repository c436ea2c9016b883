import { type ModelProfile, type PricingRates, TASK_TYPES } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import {
	checkFlag,
	checkText,
	describeValue,
	formatPath,
	listCheck,
	mustBe,
	nearestName,
	numberCheck,
	objectCheck,
	optionalCheck,
	recordCheck,
	type ValueCheck,
	type ValueIssue,
	type ValuePath,
} from '../util/index.ts';

/** More tokens than any context window has. */
const MAX_TOKENS = 1_000_000_000;
/** Micro-dollars per million tokens: a thousand dollars per million tokens is dearer than any model. */
const MAX_RATE = 1_000_000_000;
const MAX_NANO_USD_PER_USE = 1_000_000_000_000;

const zeroOrMore = numberCheck(0);
const score = numberCheck(0, 100);

function oneOf(...words: string[]): ValueCheck {
	return mustBe(words.join(words.length === 2 ? ' or ' : ', '), (value) => words.some((word) => word === value));
}

const checkTaskType: ValueCheck = (type, path) => {
	if (TASK_TYPES.some((known) => known === type)) return [];
	const nearest = nearestName(String(type), TASK_TYPES);
	const hint = nearest === null ? `known are ${TASK_TYPES.join(', ')}` : `did you mean "${nearest}"?`;
	return [{ path, message: `has no task type ${describeValue(type)}; ${hint}` }];
};

const checkDay = mustBe(
	'a day as YYYY-MM-DD',
	(value) =>
		typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(`${value}T00:00:00Z`)),
);

/** NaN is how a profile says that it has no price. */
const checkCost = mustBe(
	'USD per 1,000 tokens, 0 or more',
	(value) => Number.isNaN(value) || (typeof value === 'number' && value >= 0 && value < 1000),
);

const rate = numberCheck(0, MAX_RATE, true);
const RATES = {
	input: rate,
	output: rate,
	cacheRead: optionalCheck(rate),
	cacheWrite5m: optionalCheck(rate),
	cacheWrite1h: optionalCheck(rate),
	reasoning: optionalCheck(rate),
} satisfies Record<keyof PricingRates, ValueCheck>;

/** Rates with their long-context tiers. */
const TABLE = {
	...RATES,
	tiers: optionalCheck(
		listCheck('tiers', objectCheck({ aboveInputTokens: numberCheck(1, MAX_TOKENS, true), ...RATES })),
	),
};
const SERVICES = ['batch', 'priority', 'flex'];
const checkTable = objectCheck(TABLE, 'rates');
const checkServices = recordCheck((table, path) => {
	if (SERVICES.includes(String(path.at(-1)))) return checkTable(table, path);
	return [{ path, message: `is no service: write one of ${SERVICES.join(', ')}` }];
});

const SHEET = {
	source: checkText,
	...TABLE,
	serviceTiers: optionalCheck(checkServices),
	regionPermille: optionalCheck(recordCheck(numberCheck(1, 100_000, true))),
	perUse: optionalCheck(recordCheck(numberCheck(0, MAX_NANO_USD_PER_USE, true))),
};
const checkSheets = listCheck('rates with a day', objectCheck({ from: checkDay, ...SHEET }));

/** Every change must begin after the one before it: of two for one day nobody knows which holds. */
const checkChanges: ValueCheck = (changes, path) => {
	const issues = checkSheets(changes, path);
	if (issues.length > 0 || !Array.isArray(changes)) return issues;
	const days = changes.map(({ from }: { from: string }) => from);
	return days.flatMap((day, index) => {
		const before = days[index - 1];
		if (before === undefined || day > before) return [];
		const message = `must be after the change before it (${before}), not ${describeValue(day)}`;
		return [{ path: [...path, index, 'from'], message }];
	});
};

const checkRates = objectCheck({ ...SHEET, changes: optionalCheck(checkChanges) }, 'a record of rates or "unpriced"');

const sourced = (value: ValueCheck): ValueCheck => optionalCheck(objectCheck({ value }));

const checkQualities: ValueCheck = (qualities, path) => {
	const issues = recordCheck(() => [])(qualities, path);
	if (issues.length > 0) return issues;
	return Object.entries(Object(qualities)).flatMap(([type, quality]) => [
		...checkTaskType(type, [...path, type]),
		...objectCheck({ value: score })(quality, [...path, type]),
	]);
};

const checkFields = objectCheck(
	{
		id: checkText,
		name: checkText,
		modelId: checkText,
		provider: checkText,
		kind: optionalCheck(oneOf('chat', 'embedding')),
		strengths: listCheck('task types', checkTaskType),
		costPer1kInputTokens: checkCost,
		costPer1kOutputTokens: checkCost,
		latencyMs: numberCheck(1),
		contextWindow: numberCheck(1, MAX_TOKENS, true),
		maxOutputTokens: numberCheck(0, MAX_TOKENS, true),
		qualityScore: score,
		supportsExtendedThinking: checkFlag,
		supportsVision: checkFlag,
		supportsToolUse: checkFlag,
		supportsStructuredOutput: optionalCheck(checkFlag),
		isLocal: optionalCheck(checkFlag),
		aliases: optionalCheck(listCheck('names', checkText)),
		family: optionalCheck(checkText),
		qualitySource: optionalCheck(checkText),
		pricing: (value, path) => (value === undefined || value === 'unpriced' ? [] : checkRates(value, path)),
		qualityByTaskType: optionalCheck(checkQualities),
		ttftMs: sourced(zeroOrMore),
		outputTokensPerSecond: sourced(numberCheck(0.001)),
		lifecycle: optionalCheck(objectCheck({ state: oneOf('active', 'deprecated', 'retired') })),
	} satisfies Record<Exclude<keyof ModelProfile, 'assumedFrom' | 'standsFor'>, ValueCheck>,
	'a model profile',
);

/** Everything wrong with a model profile, by the path within it. */
export function findProfileIssues(value: unknown, path: ValuePath = []): ValueIssue[] {
	const issues = checkFields(value, path);
	const { maxOutputTokens, contextWindow, kind }: Partial<ModelProfile> = Object(value);
	const refuse = (message: string) => issues.push({ path: [...path, 'maxOutputTokens'], message });
	if (maxOutputTokens === 0 && kind !== 'embedding')
		refuse('must be a whole number of 1 or more, not 0; only a model of kind "embedding" writes nothing');
	if (typeof maxOutputTokens === 'number' && typeof contextWindow === 'number' && maxOutputTokens > contextWindow)
		refuse(`is ${maxOutputTokens}, more than the context window of ${contextWindow}`);
	return issues;
}

/** Everything wrong with a model profile; each issue names the field, after `path`, and what it should be. */
export function validateModelProfile(value: unknown, path: string): ConfigIssue[] {
	return findProfileIssues(value).map((issue) => ({
		path: [path, formatPath(issue.path)].filter((part) => part !== '').join('.'),
		message: issue.message,
	}));
}
