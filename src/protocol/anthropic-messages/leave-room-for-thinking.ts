import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { isObject } from '../shared/usage-fields.ts';

/** How one of Anthropic's models is told to think. */
export interface ThinkingRules {
	/** It takes a budget of tokens. */
	takesBudget: boolean;
	/** It decides for itself how much to think; an effort is enough. */
	isAdaptive: boolean;
}

/** Smallest budget that Anthropic accepts, tokens. */
const LEAST_BUDGET_TOKENS = 1_024;
/** Part of the output that an effort may spend on thinking, where a model needs a budget. */
const SHARES: Readonly<Record<string, number>> = {
	minimal: 0.1,
	low: 0.2,
	medium: 0.4,
	high: 0.6,
	xhigh: 0.75,
	max: 0.8,
};

/** The budget that is asked for, tokens; `null` where the AI SDK would add none. */
function budgetOf(options: LanguageModelV4CallOptions, limit: number, rules: ThinkingRules): number | null {
	const thinking = options.providerOptions?.['anthropic']?.['thinking'];
	if (isObject(thinking)) {
		if (thinking['type'] !== 'enabled' || !rules.takesBudget) return null;
		const asked = thinking['budgetTokens'];
		return typeof asked === 'number' ? asked : LEAST_BUDGET_TOKENS;
	}
	const share = SHARES[options.reasoning ?? ''];
	if (share === undefined || rules.isAdaptive) return null;
	const budgetTokens = Math.floor(limit * share);
	// Who asks for a little thinking and leaves room for it gets the least there is, not none.
	return limit >= 2 * LEAST_BUDGET_TOKENS ? Math.max(LEAST_BUDGET_TOKENS, budgetTokens) : budgetTokens;
}

/**
 * The same call for a provider of the AI SDK that speaks to Anthropic's models: these add the thinking budget to the
 * limit, here the limit is all there may be. A budget that does not fit is halved into it, or thinking is left out.
 */
export function leaveRoomForThinking(
	options: LanguageModelV4CallOptions,
	rules: ThinkingRules,
): LanguageModelV4CallOptions {
	const { maxOutputTokens: limit, providerOptions } = options;
	const wanted = limit === undefined ? null : budgetOf(options, limit, rules);
	if (limit === undefined || wanted === null) return options;
	const budgetTokens = wanted < limit ? wanted : Math.floor(limit / 2);
	const fits = budgetTokens >= LEAST_BUDGET_TOKENS;
	const { reasoning: _reasoning, ...rest } = options;
	const thinking = fits ? { type: 'enabled', budgetTokens } : { type: 'disabled' };
	return {
		...(fits ? options : rest),
		maxOutputTokens: fits ? limit - budgetTokens : limit,
		providerOptions: { ...providerOptions, anthropic: { ...providerOptions?.['anthropic'], thinking } },
	};
}
