import { type ModelProfile, TASK_TYPES } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';

type Check = (value: unknown) => string | null;

function shown(value: unknown): string {
	return (JSON.stringify(value) ?? String(value)).slice(0, 40);
}

const text: Check = (value) =>
	typeof value === 'string' && value.trim() !== '' ? null : 'must be a text that is not empty';
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
function numberIn(low: number, high: number, isWhole = false): Check {
	return (value) => {
		const isNumber =
			typeof value === 'number' && value >= low && value <= high && (!isWhole || Number.isInteger(value));
		const upTo = high === Number.POSITIVE_INFINITY ? ` of ${low} or more` : ` from ${low} to ${high}`;
		return isNumber ? null : `must be a ${isWhole ? 'whole ' : ''}number${upTo}`;
	};
}
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
	return `has no task type ${shown(wrong)}${nearest === null ? `; known are ${TASK_TYPES.join(', ')}` : `; did you mean "${nearest}"?`}`;
};

const CHECKS: ReadonlyArray<readonly [keyof ModelProfile, Check]> = [
	['id', text],
	['name', text],
	['modelId', text],
	['provider', text],
	['strengths', strengths],
	['costPer1kInputTokens', price],
	['costPer1kOutputTokens', price],
	['latencyMs', numberIn(1, Number.POSITIVE_INFINITY)],
	['contextWindow', numberIn(1, Number.POSITIVE_INFINITY, true)],
	['maxOutputTokens', numberIn(1, Number.POSITIVE_INFINITY, true)],
	['qualityScore', numberIn(0, 100)],
	['supportsExtendedThinking', flag],
	['supportsVision', flag],
	['supportsToolUse', flag],
];

function checkPricing(pricing: ModelProfile['pricing'], path: string): ConfigIssue[] {
	if (pricing === undefined || pricing === 'unpriced') return [];
	const rate = numberIn(0, 1e9, true);
	const sets = [pricing, ...(pricing.tiers ?? [])];
	return sets.flatMap((rates, index) =>
		(['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning'] as const).flatMap((name) => {
			const isOptional = name !== 'input' && name !== 'output';
			const problem = isOptional && rates[name] === undefined ? null : rate(rates[name]);
			const place = index === 0 ? name : `tiers[${index - 1}].${name}`;
			return problem === null
				? []
				: [
						{
							path: `${path}.pricing.${place}`,
							message: `${problem} (micro-dollars per million tokens), not ${shown(rates[name])}`,
						},
					];
		}),
	);
}

function checkQualities(profile: ModelProfile, path: string): ConfigIssue[] {
	return Object.entries(profile.qualityByTaskType ?? {}).flatMap(([type, quality]) => {
		const problem = strengths([type]) ?? numberIn(0, 100)(quality?.value);
		return problem === null
			? []
			: [{ path: `${path}.qualityByTaskType.${type}`, message: `${problem}, not ${shown(quality?.value)}` }];
	});
}

/** Everything wrong with a model profile; each issue names the field and what it should be. */
export function validateModelProfile(value: unknown, path: string): ConfigIssue[] {
	if (typeof value !== 'object' || value === null)
		return [{ path, message: `must be a model profile, not ${shown(value)}` }];
	// Every field is checked below before anything relies on it.
	const profile = value as ModelProfile;
	const issues = CHECKS.flatMap(([field, check]) => {
		const problem = check(profile[field]);
		return problem === null ? [] : [{ path: `${path}.${field}`, message: `${problem}, not ${shown(profile[field])}` }];
	});
	if (issues.length > 0) return issues;
	if (profile.maxOutputTokens > profile.contextWindow) {
		issues.push({
			path: `${path}.maxOutputTokens`,
			message: `is ${profile.maxOutputTokens}, more than the context window of ${profile.contextWindow}`,
		});
	}
	return [...issues, ...checkPricing(profile.pricing, path), ...checkQualities(profile, path)];
}
