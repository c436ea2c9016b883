import type { LanguageModelV4CallOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { BodyFields } from '../shared/body-fields.ts';
import { withoutUndefined } from '../shared/json.ts';
import { sealMetadata, unsealMetadata } from '../shared/reasoning-seal.ts';

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

function toEffort(budgetTokens: number): Reasoning {
	if (budgetTokens >= HIGH_FROM_TOKENS) return 'high';
	return budgetTokens >= MEDIUM_FROM_TOKENS ? 'medium' : 'low';
}

function decodeReasoning(
	type: unknown,
	budgetTokens: number | undefined,
	effort: Effort | undefined,
): Reasoning | undefined {
	if (type === 'disabled') return 'none';
	if (effort !== undefined) return effort;
	if (type === 'enabled') return toEffort(budgetTokens ?? 0);
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
	const isKnown = KINDS.has(type);
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

/** The signature of a thinking block: Anthropic's own, else what the maker of the reasoning needs to read it again. */
export function getThinkingSignature(metadata: SharedV4ProviderMetadata | undefined): string {
	return toText(metadata?.['anthropic']?.['signature']) ?? sealMetadata(metadata);
}

/** The block of reasoning that Anthropic keeps to itself; `null` for reasoning that can be read. */
export function toRedactedBlock(metadata: SharedV4ProviderMetadata | undefined): JsonObject | null {
	const data = toText(metadata?.['anthropic']?.['redactedData']);
	return data === null ? null : { type: 'redacted_thinking', data };
}

function isForeign(block: unknown): boolean {
	if (!isObject(block) || block['type'] !== 'thinking') return false;
	const signature = block['signature'];
	return typeof signature !== 'string' || signature === '' || unsealMetadata(signature) !== null;
}

/** True for a message that holds thinking which Anthropic's models did not make and refuse. */
export function hasForeignThinking(message: JsonObject): boolean {
	return Array.isArray(message['content']) && message['content'].some(isForeign);
}

/** The messages without foreign thinking; one that holds nothing else is left out. */
export function withoutForeignThinking(messages: readonly unknown[]): unknown[] {
	return messages.flatMap((message) => {
		if (!isObject(message) || !Array.isArray(message['content']) || !hasForeignThinking(message)) return [message];
		const content = message['content'].filter((block) => !isForeign(block));
		return content.length === 0 ? [] : [{ ...message, content }];
	});
}

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
export function adjustMaxTokensForThinking(
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
