import type { LanguageModelV4CallOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, withoutUndefined } from '../shared/body-fields.ts';
import { toReasoningEffort } from '../shared/neutral-form.ts';
import { sealMetadata } from '../shared/reasoning-seal.ts';

type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';
type Reasoning = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const THINKING_TYPES: ReadonlySet<unknown> = new Set(['enabled', 'adaptive', 'disabled', 'between_tools']);

/** A request's settings for thinking: for Anthropic as they stand, for others as an effort. */
interface Thinking {
	thinking: JsonObject | undefined;
	effort: Effort | undefined;
	taskBudget: JsonObject | undefined;
	reasoning: Reasoning | undefined;
}

function decodeReasoning(
	type: unknown,
	budgetTokens: number | undefined,
	effort: Effort | undefined,
): Reasoning | undefined {
	if (type === 'disabled') return 'none';
	if (effort !== undefined) return effort;
	if (type === 'enabled') return toReasoningEffort(budgetTokens ?? 0);
	// Anthropic's own default
	return type === 'adaptive' ? 'high' : undefined;
}

/** Reads `thinking` and `output_config`. */
export function decodeAnthropicThinking(body: BodyFields, dropped: string[]): Thinking {
	const config = body.object('output_config');
	const word = config?.string('effort');
	const effort = EFFORTS.find((known) => known === word);
	if (word !== undefined && effort === undefined) dropped.push('output_config.effort');
	const thinking = body.object('thinking');
	const type = thinking?.string('type');
	const budgetTokens = thinking?.count('budget_tokens');
	const isKnown = THINKING_TYPES.has(type);
	if (thinking !== undefined && !isKnown) dropped.push(thinking.path);
	const display = type === 'adaptive' ? thinking?.string('display') : undefined;
	config?.get('format');
	const budget = config?.object('task_budget')?.value;
	dropped.push(...(config?.unreadPaths() ?? []), ...(isKnown ? (thinking?.unreadPaths() ?? []) : []));
	return {
		thinking: isKnown ? withoutUndefined({ type, budgetTokens, display }) : undefined,
		effort,
		taskBudget: budget,
		reasoning: decodeReasoning(type, budgetTokens, effort),
	};
}

function toText(value: unknown): string | null {
	return typeof value === 'string' && value !== '' ? value : null;
}

/** The signature of a thinking block: Anthropic's own, else the sealed one of the provider that made the reasoning. */
export function getThinkingSignature(metadata: SharedV4ProviderMetadata | undefined): string {
	return toText(metadata?.['anthropic']?.['signature']) ?? sealMetadata(metadata);
}

/** The block of reasoning that Anthropic keeps to itself; `null` for reasoning that can be read. */
export function toRedactedBlock(metadata: SharedV4ProviderMetadata | undefined): JsonObject | null {
	const data = toText(metadata?.['anthropic']?.['redactedData']);
	return data === null ? null : { type: 'redacted_thinking', data };
}

/** How thinking is requested of one of Anthropic's models. */
interface ThinkingRules {
	/** It takes a budget of tokens. */
	takesBudget: boolean;
	/** It decides for itself how much to think; an effort is enough. */
	isAdaptive: boolean;
}

/** Smallest budget that Anthropic accepts, tokens. */
const MIN_BUDGET_TOKENS = 1_024;
/** Share of the output limit that each effort may spend on thinking, for models that need a budget. */
const BUDGET_SHARES: Readonly<Record<string, number>> = {
	minimal: 0.1,
	low: 0.2,
	medium: 0.4,
	high: 0.6,
	xhigh: 0.75,
	max: 0.8,
};

/** The budget that is requested, tokens; `null` where the AI SDK would add none. */
function getRequestedBudget(options: LanguageModelV4CallOptions, limit: number, rules: ThinkingRules): number | null {
	const thinking = options.providerOptions?.['anthropic']?.['thinking'];
	if (isObject(thinking)) {
		if (thinking['type'] !== 'enabled' || !rules.takesBudget) return null;
		const { budgetTokens } = thinking;
		return typeof budgetTokens === 'number' ? budgetTokens : MIN_BUDGET_TOKENS;
	}
	const share = BUDGET_SHARES[options.reasoning ?? ''];
	if (share === undefined || rules.isAdaptive) return null;
	const budgetTokens = Math.floor(limit * share);
	// a low effort with room for the smallest budget gets that one, not none
	return limit >= 2 * MIN_BUDGET_TOKENS ? Math.max(MIN_BUDGET_TOKENS, budgetTokens) : budgetTokens;
}

/**
 * The same call for a provider of the AI SDK that calls Anthropic's models: it adds the thinking budget to the output
 * limit, while our limit includes it. A budget over the limit becomes half of the limit; thinking is disabled where that
 * is less than the smallest budget.
 */
export function adjustMaxTokensForThinking(
	options: LanguageModelV4CallOptions,
	rules: ThinkingRules,
): LanguageModelV4CallOptions {
	const { maxOutputTokens: limit, providerOptions } = options;
	const requested = limit === undefined ? null : getRequestedBudget(options, limit, rules);
	if (limit === undefined || requested === null) return options;
	const budgetTokens = requested < limit ? requested : Math.floor(limit / 2);
	const fits = budgetTokens >= MIN_BUDGET_TOKENS;
	const { reasoning: _reasoning, ...rest } = options;
	const thinking = fits ? { type: 'enabled', budgetTokens } : { type: 'disabled' };
	return {
		...(fits ? options : rest),
		maxOutputTokens: fits ? limit - budgetTokens : limit,
		providerOptions: { ...providerOptions, anthropic: { ...providerOptions?.['anthropic'], thinking } },
	};
}
