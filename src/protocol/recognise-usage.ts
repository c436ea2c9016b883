import type { Usage } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import { readAnthropicUsage } from './anthropic-messages/index.ts';
import { countGroundingSearches, readGeminiUsage } from './gemini/index.ts';
import { readOpenAiChatUsage } from './openai-chat/index.ts';
import { readOpenAiResponsesUsage } from './openai-responses/index.ts';
import { createUsage, parseServiceTier, toPerUse, UsageFields } from './shared/usage.ts';

/** The shapes that usage is recognised in. */
export type UsageFormat =
	| 'anthropic-messages'
	| 'openai-chat'
	| 'openai-responses'
	| 'gemini'
	| 'ai-sdk'
	| 'neutral'
	| 'counts';

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

/** Counts of uses, each checked. */
function readUses(uses: unknown): Pick<Usage, 'perUse'> {
	const fields = new UsageFields(uses, 'usage.perUse');
	return toPerUse(
		Object.fromEntries(Object.keys(isObject(uses) ? uses : {}).map((name) => [name, fields.count(name)])),
	);
}

/** Our own neutral form, as `Provider.generate` answers. */
function readNeutralUsage(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	const { perUse, region, unknownFields } = usage;
	const { tier, unknown } = parseServiceTier('serviceTier', usage['serviceTier']);
	const counts: Partial<Usage> = {
		inputTokens: fields.count('inputTokens'),
		cacheReadTokens: fields.count('cacheReadTokens'),
		cacheWrite5mTokens: fields.count('cacheWrite5mTokens'),
		cacheWrite1hTokens: fields.count('cacheWrite1hTokens'),
		outputTokens: fields.count('outputTokens'),
		reasoningTokens: fields.count('reasoningTokens'),
		...readUses(perUse),
		...tier,
		...(typeof region === 'string' ? { region } : {}),
		...(usage['isEstimated'] === true ? { isEstimated: true } : {}),
	};
	return createUsage(counts, { ...(isObject(unknownFields) ? unknownFields : {}), ...unknown });
}

function readCounts(usage: JsonObject): Usage {
	const fields = new UsageFields(usage);
	return createUsage({ inputTokens: fields.count('input'), outputTokens: fields.count('output') });
}

function isNumber(value: unknown): boolean {
	return typeof value === 'number';
}

/** Reads a usage object by the names of its fields, and by what the answer around it says of itself. */
function readByShape(usage: JsonObject, answer: JsonObject): { usage: Usage; format: UsageFormat } | null {
	if (isNumber(usage['prompt_tokens']))
		return { usage: readOpenAiChatUsage(usage, answer['service_tier']), format: 'openai-chat' };
	if (isNumber(usage['promptTokenCount']) || isNumber(usage['candidatesTokenCount'])) {
		return { usage: readGeminiUsage(usage, countGroundingSearches(answer['candidates'])), format: 'gemini' };
	}
	if (isNumber(usage['input_tokens'])) {
		const isResponse =
			answer['object'] === 'response' || 'output_tokens_details' in usage || 'input_tokens_details' in usage;
		return isResponse
			? { usage: readOpenAiResponsesUsage(usage, answer), format: 'openai-responses' }
			: { usage: readAnthropicUsage(usage), format: 'anthropic-messages' };
	}
	// The neutral form always has this class; the AI SDK's totals hold what the neutral form parts.
	if (isNumber(usage['cacheWrite1hTokens'])) return { usage: readNeutralUsage(usage), format: 'neutral' };
	if (isNumber(usage['inputTokens']) || isNumber(usage['outputTokens']))
		return { usage: readAiSdkUsage(usage), format: 'ai-sdk' };
	if (isNumber(usage['input']) && isNumber(usage['output'])) return { usage: readCounts(usage), format: 'counts' };
	return null;
}

function modelOf(answer: JsonObject): string | null {
	const response = isObject(answer['response']) ? answer['response'] : {};
	const names = [answer['model'], answer['modelVersion'], answer['modelId'], response['modelId']];
	return names.find((name): name is string => typeof name === 'string') ?? null;
}

/** Usage found in a value, or why what was found cannot be. */
export interface FoundUsage {
	recognised: RecognisedUsage | null;
	/** The figure that cannot be, with its path; `null` when there was none. */
	refused: string | null;
}

/** As `recogniseUsage`, and says which figure was refused. */
export function findUsage(value: unknown): FoundUsage {
	try {
		if (!isObject(value)) return { recognised: null, refused: null };
		const inner = [value['usage'], value['usageMetadata'], value].find(isObject);
		const found = inner === undefined ? null : readByShape(inner, value);
		return { recognised: found === null ? null : { ...found, modelId: modelOf(value) }, refused: null };
	} catch (error) {
		// A getter of a foreign object may throw anything; figures that cannot be are ours to leave out.
		if (isRouterError(error)) return { recognised: null, refused: error.message };
		if (error instanceof Error) return { recognised: null, refused: null };
		throw error;
	}
}

/**
 * Finds usage in what an executor returned: a response of an official SDK (OpenAI, Anthropic, Gemini), an AI SDK
 * result, `{ output, usage }`, or bare counts. `null` when there is none, or when its figures cannot be.
 */
export function recogniseUsage(value: unknown): RecognisedUsage | null {
	return findUsage(value).recognised;
}
