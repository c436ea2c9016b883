import {
	MAX_USD,
	REQUIRED_CAPABILITIES,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskConstraints,
	type TaskDescriptor,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { describeValue, nearestName } from '../util/index.ts';

const isNumber = (low: number, high: number) => (value: unknown) =>
	typeof value === 'number' && value >= low && value <= high;
const isMoney = isNumber(0, MAX_USD);
const isPositive = isNumber(Number.MIN_VALUE, Number.POSITIVE_INFINITY);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

type Rule = readonly [test: (value: unknown) => boolean, what: string];

/** What each constraint may be. */
const CONSTRAINT_RULES: Readonly<Record<keyof TaskConstraints, Rule>> = {
	maxCost: [isMoney, 'an amount in USD ≥ 0'],
	maxLatency: [isPositive, 'milliseconds > 0'],
	maxCompletionMs: [isPositive, 'milliseconds > 0'],
	minQuality: [isNumber(0, 100), 'a number from 0 to 100'],
	preferredModel: [isText, 'the name of a model'],
	requiredCapabilities: [
		(value) => Array.isArray(value) && value.every((entry) => REQUIRED_CAPABILITIES.includes(entry)),
		`a list of ${REQUIRED_CAPABILITIES.join(', ')}`,
	],
	minContextWindow: [isNumber(0, Number.MAX_SAFE_INTEGER), 'a number of tokens ≥ 0'],
	allowedModels: [isTexts, 'a list of model names'],
	excludedModels: [isTexts, 'a list of model names'],
	allowedProviders: [isTexts, 'a list of provider names'],
	excludedProviders: [isTexts, 'a list of provider names'],
	willingnessToPay: [isMoney, 'USD per quality point ≥ 0'],
};

const CONSTRAINTS: ReadonlyMap<string, Rule> = new Map(Object.entries(CONSTRAINT_RULES));

function hintFor(word: unknown, valid: readonly string[]): string {
	const nearest = nearestName(String(word), valid);
	return nearest === null ? `use one of ${valid.join(', ')}` : `did you mean "${nearest}"?`;
}

function constraintProblems(constraints: object): string[] {
	return Object.entries(constraints).flatMap(([name, value]) => {
		const [test, what] = CONSTRAINTS.get(name) ?? [];
		if (test === undefined) return `constraints.${name} is no constraint; ${hintFor(name, [...CONSTRAINTS.keys()])}`;
		return value === undefined || test(value) ? [] : `constraints.${name} must be ${what}, got ${describeValue(value)}`;
	});
}

const isCount = isNumber(0, Number.MAX_SAFE_INTEGER);

function tokenProblems(task: TaskDescriptor): string[] {
	const problems: string[] = [];
	for (const name of ['estimatedInputTokens', 'estimatedOutputTokens'] as const)
		if (!isCount(task[name])) problems.push(`${name} must be a number of tokens ≥ 0, got ${describeValue(task[name])}`);
	for (const name of ['inputTokensInterval', 'outputTokensInterval'] as const) {
		const { low, high } = task[name] ?? { low: 0, high: 0 };
		if (!(isCount(low) && isCount(high) && low <= high))
			problems.push(
				`${name} must be two numbers of tokens, low ≤ high, got ${describeValue(low)} to ${describeValue(high)}`,
			);
	}
	const prefix = task.cachedPrefix;
	if (prefix && !(isText(prefix.model) && isCount(prefix.tokens) && isCount(prefix.expectedTurns ?? 1)))
		problems.push('cachedPrefix needs the name of a model, a number of tokens ≥ 0 and expectedTurns ≥ 0');
	return problems;
}

/**
 * Refuses a descriptor that no decision could be right for; every problem is named at once.
 * @throws InvalidInputError
 */
export function validateDescriptor(task: TaskDescriptor): void {
	const problems: string[] = [];
	// widening: a caller without types may have written any text
	const [types, complexities]: [readonly string[], readonly string[]] = [TASK_TYPES, TASK_COMPLEXITIES];
	const { type, complexity } = task;
	if (!types.includes(type)) problems.push(`type ${describeValue(type)} is unknown; ${hintFor(type, types)}`);
	if (!complexities.includes(complexity))
		problems.push(`complexity ${describeValue(complexity)} is unknown; ${hintFor(complexity, complexities)}`);
	problems.push(...tokenProblems(task));
	if (task.constraints) problems.push(...constraintProblems(task.constraints));
	if (problems.length > 0)
		throw new InvalidInputError(
			`The task descriptor cannot be routed: ${problems.join('; ')}. Let TaskClassifier.classify() make it, or correct these fields.`,
		);
}
