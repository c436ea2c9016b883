import { USAGE_CLASSES, type Usage, type WireFormatName } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import { readAnthropicUsage } from './anthropic-messages/index.ts';
import { countGroundingSearches, readGeminiUsage } from './gemini/index.ts';
import { readOpenAiChatUsage } from './openai-chat/index.ts';
import { readOpenAiResponsesUsage } from './openai-responses/index.ts';
import { toObject } from './shared/body-fields.ts';
import { toPerUse, UsageFields } from './shared/usage.ts';

/** The shapes that usage is recognised in. */
export type UsageFormat = WireFormatName | 'ai-sdk' | 'neutral' | 'counts';

/** Usage found in a value. */
export interface RecognisedUsage {
	usage: Usage;
	/** The model the answer names, when it does. */
	modelId: string | null;
	format: UsageFormat;
}

/** The AI SDK's usage: totals, with the parts beside or below them. */
function readAiSdkUsage(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	const input = fields.count('inputTokens');
	const output = fields.count('outputTokens');
	const inputDetails = fields.nested('inputTokenDetails');
	const outputDetails = fields.nested('outputTokenDetails');
	const read = inputDetails.count('cacheReadTokens') || fields.count('cachedInputTokens');
	const written = inputDetails.count('cacheWriteTokens');
	const reasoning = outputDetails.count('reasoningTokens') || fields.count('reasoningTokens');
	return fields.toUsage({
		inputTokens: fields.subtract(input, read + written),
		cacheReadTokens: read,
		cacheWrite5mTokens: written,
		outputTokens: fields.subtract(output, reasoning),
		reasoningTokens: reasoning,
	});
}

/** Counts of uses, each validated. */
function readUses(fields: UsageFields, uses: unknown): Pick<Usage, 'perUse'> {
	return toPerUse(Object.fromEntries(Object.keys(toObject(uses)).map((name) => [name, fields.count(name)])));
}

function readOwnCost({ providerCostNanoUsd: cost }: JsonObject): Pick<Usage, 'providerCostNanoUsd'> {
	return typeof cost === 'number' && Number.isSafeInteger(cost) && cost >= 0 ? { providerCostNanoUsd: cost } : {};
}

/** A usage of this package, as `Usage` has it. */
function readOwnUsage(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	const { perUse, region, unknownFields } = usage;
	const uses = fields.nested('perUse');
	const tokens: Partial<Usage> = {};
	for (const name of USAGE_CLASSES) tokens[name] = fields.count(name);
	const counts: Partial<Usage> = {
		...tokens,
		...readUses(uses, perUse),
		...readOwnCost(usage),
		...fields.serviceTier('serviceTier'),
		...(typeof region === 'string' ? { region } : {}),
		...(usage['isEstimated'] === true ? { isEstimated: true } : {}),
	};
	// all others are this package's own
	fields.ignore('isEstimated', 'region', 'unknownFields', 'providerCostNanoUsd');
	return fields.toUsage(counts, toObject(unknownFields));
}

function readCounts(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	return fields.toUsage({ inputTokens: fields.count('input'), outputTokens: fields.count('output') });
}

function isNumber(value: unknown): boolean {
	return typeof value === 'number';
}

/** Fields that only Anthropic's usage has. */
const ANTHROPIC_FIELDS = [
	'cache_creation',
	'cache_creation_input_tokens',
	'cache_read_input_tokens',
	'server_tool_use',
];

/**
 * Whether a usage is Anthropic's and not that of OpenAI's Responses, which names its totals alike: what the answer around
 * it says it is, else the fields that only one of them has.
 */
function isAnthropicUsage(usage: JsonObject, answer: JsonObject): boolean {
	if (answer['type'] === 'message') return true;
	if (answer['object'] === 'response') return false;
	if (ANTHROPIC_FIELDS.some((name) => name in usage)) return true;
	const { output_tokens_details: details } = usage;
	if (isObject(details) && 'thinking_tokens' in details) return true;
	return !('output_tokens_details' in usage || 'input_tokens_details' in usage || 'total_tokens' in usage);
}

/** Reads a usage object by the names of its fields and the answer around it. */
function readByShape(usage: JsonObject, answer: JsonObject): { usage: Usage; format: UsageFormat } | null {
	if (isNumber(usage['prompt_tokens']))
		return { usage: readOpenAiChatUsage(usage, answer['service_tier']), format: 'openai-chat' };
	if (isNumber(usage['promptTokenCount']) || isNumber(usage['candidatesTokenCount'])) {
		return { usage: readGeminiUsage(usage, countGroundingSearches(answer['candidates'])), format: 'gemini' };
	}
	if (isNumber(usage['input_tokens'])) {
		return isAnthropicUsage(usage, answer)
			? { usage: readAnthropicUsage(usage), format: 'anthropic-messages' }
			: { usage: readOpenAiResponsesUsage(usage, answer), format: 'openai-responses' };
	}
	// only this package's usage has this class; the AI SDK counts totals under some of the same names
	if (isNumber(usage['cacheWrite1hTokens'])) return { usage: readOwnUsage(usage), format: 'neutral' };
	if (isNumber(usage['inputTokens']) || isNumber(usage['outputTokens']))
		return { usage: readAiSdkUsage(usage), format: 'ai-sdk' };
	if (isNumber(usage['input']) && isNumber(usage['output'])) return { usage: readCounts(usage), format: 'counts' };
	return null;
}

function getModelId(answer: JsonObject): string | null {
	const { modelId } = toObject(answer['response']);
	const names = [answer['model'], answer['modelVersion'], answer['modelId'], modelId];
	return names.find((name): name is string => typeof name === 'string') ?? null;
}

/** As `recogniseUsage`, with impossible figures counted as 0 and named in `refusedUsage`. */
export function findUsage(value: unknown): RecognisedUsage | null {
	if (!isObject(value)) return null;
	try {
		const inner = [value['usage'], value['usageMetadata'], value].find(isObject);
		const found = inner === undefined ? null : readByShape(inner, value);
		return found === null ? null : { ...found, modelId: getModelId(value) };
	} catch (error) {
		// thrown by a getter of the foreign object
		if (error instanceof Error) return null;
		throw error;
	}
}

/**
 * Finds usage in what an executor returned: a response of an official SDK (OpenAI, Anthropic, Gemini), an AI SDK
 * result, `{ output, usage }`, or bare counts. `null` when there is none, or when a figure of it is impossible; figures
 * that contradict each other are read so that they cost more, and the usage is marked estimated.
 */
export function recogniseUsage(value: unknown): RecognisedUsage | null {
	const found = findUsage(value);
	return found?.usage.unknownFields?.['refusedUsage'] === undefined ? found : null;
}
