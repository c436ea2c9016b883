import {
	EXPERIMENT_QUALITIES,
	EXPERIMENT_QUESTIONS,
	EXPERIMENT_UNITS,
	type ExperimentArm,
	type ExperimentDefinition,
	nanoToUsd,
	type OutcomeRow,
	type PolicyConfig,
	type RouterConfig,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { WEIGHT_NAMES } from '../route/index.ts';
import {
	checkFlag,
	checkText,
	findUnknownKeys,
	formatIssues,
	isObject,
	listCheck,
	mustBe,
	numberCheck,
	objectCheck,
	optionalCheck,
	recordCheck,
	type ValueCheck,
	type ValueIssue,
	wordCheck,
} from '../util/index.ts';
import { applyPolicy } from './model-router.ts';

/** An experiment as somebody asks for it: what is missing has a default, and arms without shares are drawn alike. */
export type ExperimentInput = Pick<ExperimentDefinition, 'name'> &
	Partial<Omit<ExperimentDefinition, 'name' | 'arms' | 'guardrails'>> & {
		arms: ReadonlyArray<Omit<ExperimentArm, 'share'> & Partial<Pick<ExperimentArm, 'share'>>>;
		guardrails?: Partial<ExperimentDefinition['guardrails']>;
	};

/** What applies where an experiment says nothing; caps are taken from what requests have cost and taken. */
const DEFAULTS = {
	unit: 'conversation',
	question: 'cheaper',
	quality: 'rating',
	margin: 2,
	alpha: 0.05,
	maxUnits: 20_000,
	maxDays: 28,
	windowMinutes: 60,
} as const;
/** Share of failed requests that an arm may surely have more than the first. */
const DEFAULT_ERROR_GUARD = 0.05;
/** Part of the cap that an arm may surely cost or take more than the first. */
const DEFAULT_CAP_GUARD = 0.25;

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const MAX_ARMS = 5;
/** A sequence with an arm of a smaller share would take for ever. */
const MIN_SHARE = 0.01;
const MAX_UNITS = 100_000;
/** Outcomes leave after 90 days where nobody configures otherwise. */
const MAX_DAYS = 60;
const WEEK_MINUTES = 10_080;

const orNull =
	(check: ValueCheck): ValueCheck =>
	(value, path) =>
		value === null ? [] : check(value, path);
const checkGuard = (high: number) => optionalCheck(orNull(numberCheck(0, high)));

const ARM_FIELDS: Readonly<Record<string, ValueCheck>> = {
	name: mustBe('1 to 64 small letters, digits and hyphens', (value) => typeof value === 'string' && NAME.test(value)),
	share: optionalCheck(
		mustBe(`0, or a number from ${MIN_SHARE} to 1`, (value) => {
			return typeof value === 'number' && (value === 0 || (value >= MIN_SHARE && value <= 1));
		}),
	),
	// what a policy may hold is checked with the configuration that it becomes a part of
	policy: optionalCheck(
		mustBe('the name of a policy, or an object', (value) => typeof value === 'string' || isObject(value)),
	),
	weights: optionalCheck(recordCheck(numberCheck(0))),
	model: optionalCheck(checkText),
	promptAdaptation: optionalCheck(checkFlag),
};
const GUARD_FIELDS = { errors: checkGuard(1), costUsd: checkGuard(1000), latencyMs: checkGuard(3_600_000) };
const FIELDS: Readonly<Record<string, ValueCheck>> = {
	name: ARM_FIELDS['name'] as ValueCheck,
	arms: listCheck('arms', objectCheck(ARM_FIELDS, 'an arm'), MAX_ARMS),
	unit: optionalCheck(wordCheck(EXPERIMENT_UNITS)),
	question: optionalCheck(wordCheck(EXPERIMENT_QUESTIONS)),
	quality: optionalCheck(wordCheck(EXPERIMENT_QUALITIES)),
	margin: optionalCheck(numberCheck(0.01, 50)),
	costCapUsd: optionalCheck(numberCheck(1e-6, 1000)),
	latencyCapMs: optionalCheck(numberCheck(1, 3_600_000)),
	alpha: optionalCheck(numberCheck(0.0001, 0.2)),
	maxUnits: optionalCheck(numberCheck(10, MAX_UNITS, true)),
	maxDays: optionalCheck(numberCheck(0.01, MAX_DAYS)),
	windowMinutes: optionalCheck(numberCheck(0, WEEK_MINUTES)),
	guardrails: optionalCheck(objectCheck(GUARD_FIELDS)),
};

function findArmIssues(arms: ExperimentInput['arms']): ValueIssue[] {
	const issues: ValueIssue[] = [];
	if (arms.length < 2)
		issues.push({ path: ['arms'], message: `has ${arms.length}; give 2 to ${MAX_ARMS}, the first to compare with` });
	for (const [index, arm] of arms.entries()) {
		const path = ['arms', index];
		issues.push(...findUnknownKeys(Object.keys(arm), Object.keys(ARM_FIELDS), path));
		issues.push(...findUnknownKeys(Object.keys(arm.weights ?? {}), WEIGHT_NAMES, [...path, 'weights']));
		if (arms.findIndex(({ name }) => name === arm.name) !== index)
			issues.push({
				path: [...path, 'name'],
				message: `is "${arm.name}", as another arm's. Give each a name of its own`,
			});
		if (arm.model !== undefined && (arm.policy !== undefined || arm.weights !== undefined))
			issues.push({ path, message: 'has a model beside a policy or weights, which choose one. Give one or the other' });
	}
	const given = arms.flatMap(({ share }) => share ?? []);
	const sum = given.reduce((total, share) => total + share, 0);
	if (given.length > 0 && given.length < arms.length)
		issues.push({ path: ['arms'], message: 'has shares for some only. Give each arm one, or none' });
	else if (given.length > 0 && Math.abs(sum - 1) > 1e-9)
		issues.push({ path: ['arms'], message: `has shares that sum to ${sum}; they must sum to 1` });
	if (arms[0]?.share === 0)
		issues.push({ path: ['arms', 0, 'share'], message: 'is 0: nothing could be compared with it' });
	if (given.filter((share) => share > 0).length === 1)
		issues.push({ path: ['arms'], message: 'has one arm with a share above 0; two are needed to compare' });
	return issues;
}

/** A value that nearly none of the sorted values reaches, twice the 99th percentile, to two digits; `null` without values. */
function suggestCap(values: readonly number[]): number | null {
	const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
	const high = sorted[Math.floor(0.99 * sorted.length)];
	return high === undefined ? null : Number((2 * high).toPrecision(2));
}

/**
 * An experiment with everything that it will be frozen with. `outcomes`: what requests have cost and taken, for caps.
 * @throws InvalidInputError saying all that is wrong
 */
export function completeDefinition(input: unknown, outcomes: readonly OutcomeRow[]): ExperimentDefinition {
	const issues = objectCheck(FIELDS, 'an object')(input, []);
	if (isObject(input)) issues.push(...findUnknownKeys(Object.keys(input), Object.keys(FIELDS), []));
	// of the right form, as far as there are no issues
	const { arms, guardrails = {}, ...given } = input as ExperimentInput;
	if (issues.length === 0) issues.push(...findArmIssues(arms));
	if (isObject(guardrails))
		issues.push(...findUnknownKeys(Object.keys(guardrails), Object.keys(GUARD_FIELDS), ['guardrails']));
	if (issues.length > 0) throw new InvalidInputError(`The experiment cannot be: ${describeIssues(issues)}`);
	const costCapUsd =
		given.costCapUsd ??
		suggestCap(outcomes.map(({ actualCostNanoUsd: cost }) => (cost === null ? 0 : nanoToUsd(cost))));
	const latencyCapMs = given.latencyCapMs ?? suggestCap(outcomes.map(({ actualLatencyMs }) => actualLatencyMs ?? 0));
	if (costCapUsd === null || latencyCapMs === null)
		throw new InvalidInputError(
			'The experiment cannot be: nothing was answered here that says what a request costs and takes. Give "costCapUsd" and "latencyCapMs", which hardly any request reaches: costs and times above count as these.',
		);
	return {
		...DEFAULTS,
		...given,
		costCapUsd,
		latencyCapMs,
		arms: arms.map((arm) => ({ ...arm, share: arm.share ?? 1 / arms.length })),
		guardrails: {
			errors: DEFAULT_ERROR_GUARD,
			costUsd: DEFAULT_CAP_GUARD * costCapUsd,
			latencyMs: DEFAULT_CAP_GUARD * latencyCapMs,
			...guardrails,
		},
	};
}

function describeIssues(issues: readonly ValueIssue[]): string {
	return formatIssues(issues)
		.map(({ message, path }) => (path === '' ? `it ${message}` : `${path} ${message}`))
		.join('; ');
}

/** The configuration that an arm is decided by: nothing takes the place of its choices, and nothing else is tried. */
export function toArmConfig(config: RouterConfig, { model, policy, weights }: ExperimentArm): RouterConfig {
	const named = typeof policy === 'string' ? applyPolicy(config, policy) : config;
	const chosen: PolicyConfig | undefined =
		model !== undefined ? { name: 'fixed', model } : typeof policy === 'object' ? policy : named.policy;
	return {
		...named,
		...(chosen !== undefined && { policy: chosen }),
		weights: { ...named.weights, ...weights },
		learning: {
			...config.learning,
			standDown: 'off',
			exploration: { ...config.learning?.exploration, share: 0 },
		},
	};
}
