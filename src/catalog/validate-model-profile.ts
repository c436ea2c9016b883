import { type ModelProfile, TASK_TYPES } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';
import {
	type Check,
	flag,
	isRecord,
	listOf,
	numberIn,
	optional,
	problemsOf,
	recordWhere,
	shown,
	text,
} from './field-checks.ts';
import { checkPricing } from './validate-pricing.ts';

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
	return `has no task type ${shown(wrong)}${nearest === null ? `; known are ${TASK_TYPES.join(', ')}` : `; did you mean "${nearest}"?`}`;
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
	if (!isRecord(qualities)) return [{ path, message: `must be a record by task type, not ${shown(qualities)}` }];
	return Object.entries(qualities).flatMap(([type, quality]) => {
		const value = isRecord(quality) ? quality.value : quality;
		const problem = strengths([type]) ?? score(value);
		return problem === null ? [] : [{ path: `${path}.${type}`, message: `${problem}, not ${shown(value)}` }];
	});
}

/** Everything wrong with a model profile; each issue names the field and what it should be. */
export function validateModelProfile(value: unknown, path: string): ConfigIssue[] {
	if (!isRecord(value)) return [{ path, message: `must be a model profile, not ${shown(value)}` }];
	const issues = [
		...problemsOf(value, CHECKS, path),
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
