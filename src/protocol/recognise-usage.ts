import { USAGE_CLASSES, type Usage, type WireFormatName } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import { readAnthropicUsage } from './anthropic-messages/index.ts';
import { countGroundingSearches, readGeminiUsage } from './gemini/index.ts';
import { readOpenAiChatUsage } from './openai-chat/index.ts';
import { readOpenAiResponsesUsage } from './openai-responses/index.ts';
import { toObject, withoutUndefined } from './shared/body-fields.ts';
import { createUsage, toPerUse, UsageFields } from './shared/usage.ts';

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
	return createUsage({
		inputTokens: fields.subtract('inputTokens', input, read + written),
		cacheReadTokens: read,
		cacheWrite5mTokens: written,
		outputTokens: fields.subtract('outputTokens', output, reasoning),
		reasoningTokens: reasoning,
	});
}

/** Counts of uses, each validated. */
function readUses(uses: unknown): Pick<Usage, 'perUse'> {
	const fields = new UsageFields(uses, 'usage.perUse');
	return toPerUse(Object.fromEntries(Object.keys(toObject(uses)).map((name) => [name, fields.count(name)])));
}

/** A usage of this package, as `Usage` has it. */
function readOwnUsage(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	const { perUse, region, unknownFields } = usage;
	const tokens: Partial<Usage> = {};
	for (const name of USAGE_CLASSES) tokens[name] = fields.count(name);
	const counts: Partial<Usage> = {
		...tokens,
		...readUses(perUse),
		...fields.serviceTier('serviceTier'),
		...(typeof region === 'string' ? { region } : {}),
		...(usage['isEstimated'] === true ? { isEstimated: true } : {}),
	};
	const { serviceTier: unknownTier } = fields.unknown();
	return createUsage(counts, { ...toObject(unknownFields), ...withoutUndefined({ serviceTier: unknownTier }) });
}

function readCounts(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	return createUsage({ inputTokens: fields.count('input'), outputTokens: fields.count('output') });
}

function isNumber(value: unknown): boolean {
	return typeof value === 'number';
}

/** Reads a usage object by the names of its fields and the answer around it. */
function readByShape(usage: JsonObject, answer: JsonObject): { usage: Usage; format: UsageFormat } | null {
	if (isNumber(usage['prompt_tokens']))
		return { usage: readOpenAiChatUsage(usage, answer['service_tier']), format: 'openai-chat' };
	if (isNumber(usage['promptTokenCount']) || isNumber(usage['candidatesTokenCount'])) {
		return { usage: readGeminiUsage(usage, countGroundingSearches(answer['candidates'])), format: 'gemini' };
	}
	if (isNumber(usage['input_tokens'])) {
		// Anthropic, too, reports details of its output
		const isMessage = 'cache_creation_input_tokens' in usage || 'cache_read_input_tokens' in usage;
		const hasDetails = !isMessage && ('output_tokens_details' in usage || 'input_tokens_details' in usage);
		const isResponse = answer['object'] === 'response' || hasDetails;
		return isResponse
			? { usage: readOpenAiResponsesUsage(usage, answer), format: 'openai-responses' }
			: { usage: readAnthropicUsage(usage), format: 'anthropic-messages' };
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

/** Usage found in a value, or why it was refused. */
interface FoundUsage {
	recognised: RecognisedUsage | null;
	/** The impossible figure, with its path; `null` when there was none. */
	refused: string | null;
}

/** As `recogniseUsage`, and says which figure was refused. */
export function findUsage(value: unknown): FoundUsage {
	try {
		if (!isObject(value)) return { recognised: null, refused: null };
		const inner = [value['usage'], value['usageMetadata'], value].find(isObject);
		const found = inner === undefined ? null : readByShape(inner, value);
		return { recognised: found === null ? null : { ...found, modelId: getModelId(value) }, refused: null };
	} catch (error) {
		// impossible figures are reported; anything else was thrown by a getter of the foreign object
		if (isRouterError(error)) return { recognised: null, refused: error.message };
		if (error instanceof Error) return { recognised: null, refused: null };
		throw error;
	}
}

/**
 * Finds usage in what an executor returned: a response of an official SDK (OpenAI, Anthropic, Gemini), an AI SDK
 * result, `{ output, usage }`, or bare counts. `null` when there is none, or when its figures are impossible.
 */
export function recogniseUsage(value: unknown): RecognisedUsage | null {
	return findUsage(value).recognised;
}
