import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { isObject } from '../shared/usage-fields.ts';

/** Smallest budget that Anthropic accepts, tokens. */
const LEAST_BUDGET_TOKENS = 1_024;

/**
 * The same call for a provider of the AI SDK that speaks to Anthropic's models: these add the thinking budget to the
 * limit, here the limit is all there may be. A budget that does not fit is halved into it, or thinking is left out.
 */
export function leaveRoomForThinking(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
	const { maxOutputTokens: limit, providerOptions } = options;
	const thinking = providerOptions?.['anthropic']?.['thinking'];
	if (limit === undefined || !isObject(thinking) || thinking['type'] !== 'enabled') return options;
	const asked = thinking['budgetTokens'];
	const wanted = typeof asked === 'number' ? asked : LEAST_BUDGET_TOKENS;
	const budgetTokens = wanted < limit ? wanted : Math.floor(limit / 2);
	const fits = budgetTokens >= LEAST_BUDGET_TOKENS;
	const { reasoning: _reasoning, ...rest } = options;
	const fitted = fits ? { type: 'enabled', budgetTokens } : { type: 'disabled' };
	return {
		...(fits ? options : rest),
		maxOutputTokens: fits ? limit - budgetTokens : limit,
		providerOptions: { ...providerOptions, anthropic: { ...providerOptions?.['anthropic'], thinking: fitted } },
	};
}
