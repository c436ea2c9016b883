import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';

type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';
type Reasoning = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const KINDS: ReadonlySet<unknown> = new Set(['enabled', 'adaptive', 'disabled', 'between_tools']);
/** Budgets from which on an effort is meant, tokens: a fifth and half of what most models may think. */
const MEDIUM_FROM_TOKENS = 6_000;
const HIGH_FROM_TOKENS = 16_000;

/** What a request says of thinking: for Anthropic as it stands, for others as an effort. */
export interface Thinking {
	thinking: JsonObject | undefined;
	effort: Effort | undefined;
	taskBudget: JsonObject | undefined;
	reasoning: Reasoning | undefined;
}

function effortOfBudget(budgetTokens: number): Reasoning {
	if (budgetTokens >= HIGH_FROM_TOKENS) return 'high';
	return budgetTokens >= MEDIUM_FROM_TOKENS ? 'medium' : 'low';
}

function reasoningOf(
	type: unknown,
	budgetTokens: number | undefined,
	effort: Effort | undefined,
): Reasoning | undefined {
	if (type === 'disabled') return 'none';
	if (effort !== undefined) return effort;
	if (type === 'enabled') return effortOfBudget(budgetTokens ?? 0);
	// Anthropic's own default
	return type === 'adaptive' ? 'high' : undefined;
}

/** Reads `thinking` and `output_config`. */
export function decodeThinking(body: BodyFields, dropped: string[]): Thinking {
	const config = body.object('output_config');
	const said = config?.text('effort');
	const effort = EFFORTS.find((word) => word === said);
	if (said !== undefined && effort === undefined) dropped.push(config?.at('effort') ?? 'output_config.effort');
	const thinking = body.object('thinking');
	const type = thinking?.text('type');
	const budgetTokens = thinking?.count('budget_tokens');
	const isKnown = KINDS.has(type);
	if (thinking !== undefined && !isKnown) dropped.push(thinking.path);
	const display = type === 'adaptive' ? thinking?.text('display') : undefined;
	config?.take('format');
	const budget = config?.object('task_budget')?.value;
	dropped.push(...(config?.untaken() ?? []), ...(isKnown ? (thinking?.untaken() ?? []) : []));
	return {
		thinking: isKnown ? withoutUndefined({ type, budgetTokens, display }) : undefined,
		effort,
		taskBudget: budget,
		reasoning: reasoningOf(type, budgetTokens, effort),
	};
}
