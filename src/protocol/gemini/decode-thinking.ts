import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';

type Reasoning = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
/** Budgets from which on an effort is meant, tokens: a quarter and two thirds of what most of Gemini's models may think. */
const MEDIUM_FROM_TOKENS = 6_000;
const HIGH_FROM_TOKENS = 16_000;

/** What a request says of thinking: for Google as it stands, for others as an effort. */
export interface Thinking {
	thinkingConfig: JsonObject | undefined;
	reasoning: Reasoning | undefined;
}

function reasoningOfBudget(budget: number | undefined): Reasoning | undefined {
	// -1 leaves it to the model
	if (budget === undefined || budget < 0) return undefined;
	if (budget === 0) return 'none';
	if (budget >= HIGH_FROM_TOKENS) return 'high';
	return budget >= MEDIUM_FROM_TOKENS ? 'medium' : 'low';
}

/** Reads `thinkingConfig`. */
export function decodeThinking(config: BodyFields | undefined, dropped: string[]): Thinking {
	const thinking = config?.object('thinkingConfig');
	if (thinking === undefined) return { thinkingConfig: undefined, reasoning: undefined };
	const word = thinking.text('thinkingLevel')?.toLowerCase();
	const level = LEVELS.find((known) => known === word);
	if (word !== undefined && level === undefined && word !== 'thinking_level_unspecified') {
		dropped.push(thinking.at('thinkingLevel'));
	}
	const thinkingBudget = thinking.number('thinkingBudget');
	const includeThoughts = thinking.flag('includeThoughts');
	dropped.push(...thinking.untaken());
	return {
		thinkingConfig: withoutUndefined({ thinkingBudget, includeThoughts, thinkingLevel: level }),
		reasoning: level ?? reasoningOfBudget(thinkingBudget),
	};
}
