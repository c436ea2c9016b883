import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn } from '../shared/json.ts';
import {
	createStreamUsageReader,
	createUsage,
	fromNeutralUsage,
	parseServiceTier,
	type StreamUsageReader,
	toPerUse,
	UsageFields,
} from '../shared/usage.ts';

/** Words of `inference_geo` that mean no place in particular. */
const UNPRICED_PLACES: ReadonlySet<string> = new Set(['global', 'not_available']);

/** Iterations whose tokens the usage around them holds already. */
const COUNTED_ITERATIONS: ReadonlySet<unknown> = new Set(['message', 'fallback_message']);

/** The classes of a usage, or of one of its iterations. */
function classesOf(fields: UsageFields): { counts: Omit<Usage, 'perUse'>; unknown: Record<string, unknown> } {
	const written = fields.count('cache_creation_input_tokens');
	const byLife = fields.nested('cache_creation');
	const hour = byLife.count('ephemeral_1h_input_tokens');
	const fiveMinutes = byLife.count('ephemeral_5m_input_tokens');
	const output = fields.count('output_tokens');
	const details = fields.nested('output_tokens_details');
	// said to be near, not exact
	const thinking = Math.min(output, details.count('thinking_tokens'));
	return {
		counts: {
			inputTokens: fields.count('input_tokens'),
			cacheReadTokens: fields.count('cache_read_input_tokens'),
			// what the split leaves out has the default life
			cacheWrite5mTokens: fiveMinutes + Math.max(0, written - hour - fiveMinutes),
			cacheWrite1hTokens: hour,
			outputTokens: output - thinking,
			reasoningTokens: thinking,
		},
		unknown: { ...byLife.unknownParts(), ...details.unknownParts() },
	};
}

/** A compaction is billed beside what the usage says; iterations of other models are at rates of their own, so they stay visible. */
function readIterations(value: unknown): { compactions: Usage[]; unknown: Record<string, unknown> } {
	const iterations = objectsIn(value);
	const compactions = iterations.flatMap((iteration, index) =>
		iteration['type'] === 'compaction'
			? [classesOf(new UsageFields(iteration, `usage.iterations[${index}]`)).counts]
			: [],
	);
	const others = iterations.filter(({ type }) => type !== 'compaction' && !COUNTED_ITERATIONS.has(type));
	return { compactions, unknown: others.length === 0 ? {} : { iterations: others } };
}

function addClasses(sum: Usage, more: Usage): Usage {
	return {
		inputTokens: sum.inputTokens + more.inputTokens,
		cacheReadTokens: sum.cacheReadTokens + more.cacheReadTokens,
		cacheWrite5mTokens: sum.cacheWrite5mTokens + more.cacheWrite5mTokens,
		cacheWrite1hTokens: sum.cacheWrite1hTokens + more.cacheWrite1hTokens,
		outputTokens: sum.outputTokens + more.outputTokens,
		reasoningTokens: sum.reasoningTokens + more.reasoningTokens,
	};
}

/**
 * `usage` of an Anthropic message. `input_tokens` leaves out what was read from or written to the cache; writes are
 * split by life where `cache_creation` says so, the rest are 5-minute writes. Thinking is inside `output_tokens`;
 * compactions (`iterations`) are outside of everything and added. `speed` other than standard is kept as unknown: it
 * has rates of its own. Source: https://docs.claude.com/en/api/messages
 * @throws InvalidInputError for figures that cannot be.
 */
export function readAnthropicUsage(usage: unknown): Usage {
	const fields = new UsageFields(usage);
	const { counts, unknown: unknownClasses } = classesOf(fields);
	const { compactions, unknown: unknownIterations } = readIterations(fields.get('iterations'));
	const tools = fields.nested('server_tool_use');
	const uses = { webSearch: tools.count('web_search_requests'), webFetch: tools.count('web_fetch_requests') };
	const { tier, unknown } = parseServiceTier('service_tier', fields.get('service_tier'));
	const place = fields.get('inference_geo');
	const speed = fields.get('speed') ?? 'standard';
	return createUsage(
		{
			...compactions.reduce(addClasses, counts),
			...toPerUse(uses),
			...tier,
			...(typeof place === 'string' && !UNPRICED_PLACES.has(place) ? { region: place } : {}),
		},
		{
			...fields.unknown(),
			...unknownClasses,
			...unknownIterations,
			...tools.unknownParts(),
			...unknown,
			...(speed === 'standard' ? {} : { speed }),
		},
	);
}

/**
 * Usage of a stream of messages: the input in `message_start`, the output so far in each `message_delta`, cumulative.
 * Source: https://docs.claude.com/en/docs/build-with-claude/streaming
 */
export function createAnthropicUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		getUsage({ type, message, usage }) {
			if (type === 'message_start' && isObject(message) && isObject(message['usage'])) return message['usage'];
			return type === 'message_delta' && isObject(usage) ? usage : null;
		},
		getOutputTexts({ delta }) {
			return isObject(delta) ? [delta['text'], delta['thinking'], delta['partial_json']] : [];
		},
		readUsage: readAnthropicUsage,
	});
}

/** A usage as a message says it: `input_tokens` without what the cache gave or took, thinking inside `output_tokens`. */
export function encodeAnthropicUsage(usage: Usage): JsonObject {
	const { cacheWrite5mTokens, cacheWrite1hTokens, reasoningTokens, perUse = {} } = usage;
	const uses = { web_search_requests: perUse['webSearch'] ?? 0, web_fetch_requests: perUse['webFetch'] ?? 0 };
	return {
		input_tokens: usage.inputTokens,
		cache_creation_input_tokens: cacheWrite5mTokens + cacheWrite1hTokens,
		cache_read_input_tokens: usage.cacheReadTokens,
		cache_creation: {
			ephemeral_5m_input_tokens: cacheWrite5mTokens,
			ephemeral_1h_input_tokens: cacheWrite1hTokens,
		},
		output_tokens: usage.outputTokens + reasoningTokens,
		output_tokens_details: reasoningTokens > 0 ? { thinking_tokens: reasoningTokens } : null,
		server_tool_use: uses.web_search_requests + uses.web_fetch_requests > 0 ? uses : null,
		service_tier: usage.serviceTier ?? 'standard',
		inference_geo: usage.region ?? null,
	};
}

/** A neutral usage as a message says it; exact where Anthropic itself answered. */
export function encodeAnthropicNeutralUsage(usage: LanguageModelV4Usage): JsonObject {
	const { raw } = usage;
	const isOwn = typeof raw?.['input_tokens'] === 'number' && raw['input_tokens_details'] === undefined;
	return encodeAnthropicUsage(fromNeutralUsage(usage, isOwn ? readAnthropicUsage(raw) : null));
}
