import { USAGE_CLASSES, type Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import {
	countSealedTokens,
	createStreamUsageReader,
	type StreamUsageReader,
	TOOL_CALL_TOKENS,
	toPerUse,
	UsageFields,
} from '../shared/usage.ts';

/** Values of `inference_geo` that name no region. */
const NO_REGION: ReadonlySet<string> = new Set(['global', 'not_available']);

/** Iterations whose tokens the usage around them includes. */
const COUNTED_ITERATIONS: ReadonlySet<unknown> = new Set(['message', 'fallback_message']);

/** The classes of a usage, or of one of its iterations. */
function readClasses(fields: UsageFields): Omit<Usage, 'perUse'> {
	const written = fields.count('cache_creation_input_tokens');
	const byTtl = fields.nested('cache_creation');
	const hour = byTtl.count('ephemeral_1h_input_tokens');
	const fiveMinutes = byTtl.count('ephemeral_5m_input_tokens');
	const output = fields.count('output_tokens');
	const details = fields.nested('output_tokens_details');
	// Anthropic calls it an approximation
	const thinking = Math.min(output, details.count('thinking_tokens'));
	return {
		inputTokens: fields.count('input_tokens'),
		cacheReadTokens: fields.count('cache_read_input_tokens'),
		// what the split leaves out has the default lifetime
		cacheWrite5mTokens: fiveMinutes + Math.max(0, written - hour - fiveMinutes),
		cacheWrite1hTokens: hour,
		outputTokens: output - thinking,
		reasoningTokens: thinking,
	};
}

/** A compaction is billed on top of the usage; iterations of other models have rates of their own, so they stay visible. */
function readIterations(fields: UsageFields): { compactions: Usage[]; unknown: Record<string, unknown> } {
	const iterations = objectsIn(fields.get('iterations'));
	const compactions = iterations.flatMap((iteration, index) =>
		iteration['type'] === 'compaction' ? [readClasses(fields.member('iterations', index, iteration))] : [],
	);
	const others = iterations.filter(({ type }) => type !== 'compaction' && !COUNTED_ITERATIONS.has(type));
	return { compactions, unknown: others.length === 0 ? {} : { iterations: others } };
}

function addClasses(sum: Usage, more: Usage): Usage {
	const added = { ...sum };
	for (const name of USAGE_CLASSES) added[name] += more[name];
	return added;
}

/**
 * `usage` of an Anthropic message. `input_tokens` leaves out what was read from or written to the cache; writes are
 * split by lifetime where `cache_creation` says so, the rest are 5-minute writes. Thinking is inside `output_tokens`;
 * compactions (`iterations`) are on top and added. `speed` other than standard is kept as unknown: it has rates of its
 * own. Source: https://docs.claude.com/en/api/messages
 */
export function readAnthropicUsage(usage: unknown): Usage {
	const fields = new UsageFields(usage);
	const counts = readClasses(fields);
	const { compactions, unknown } = readIterations(fields);
	const tools = fields.nested('server_tool_use');
	const uses = { webSearch: tools.count('web_search_requests'), webFetch: tools.count('web_fetch_requests') };
	const geo = fields.get('inference_geo');
	const speed = fields.get('speed') ?? 'standard';
	return fields.toUsage(
		{
			...compactions.reduce(addClasses, counts),
			...toPerUse(uses),
			...fields.serviceTier('service_tier'),
			...(typeof geo === 'string' && !NO_REGION.has(geo) ? { region: geo } : {}),
		},
		{ ...unknown, ...(speed === 'standard' ? {} : { speed }) },
	);
}

/**
 * Usage of a stream of messages: the input in `message_start`, the output so far in each `message_delta`, cumulative.
 * Source: https://docs.claude.com/en/docs/build-with-claude/streaming
 */
export function createAnthropicUsageReader(): StreamUsageReader {
	let thinkingCharacters = 0;
	let isThinking = false;
	return createStreamUsageReader({
		getUsage({ type, message, usage }) {
			if (type === 'message_start' && isObject(message) && isObject(message['usage'])) return message['usage'];
			return type === 'message_delta' && isObject(usage) ? usage : null;
		},
		getOutputTexts({ content_block: block, delta }) {
			const { content, partial_json: input, text, thinking } = toObject(delta);
			const begun = toObject(block);
			// the content of a block that begins is what a tool found, the one of a delta is a compaction
			return [begun['text'], begun['thinking'], text, thinking, input, content];
		},
		getOtherTokens({ content_block: block, delta }) {
			const { data, type } = toObject(block);
			const { signature, thinking } = toObject(delta);
			isThinking = typeof thinking === 'string';
			if (typeof thinking === 'string') thinkingCharacters += thinking.length;
			if (typeof data === 'string') return countSealedTokens(data, 0);
			if (typeof signature !== 'string') return String(type).endsWith('tool_use') ? TOOL_CALL_TOKENS : 0;
			const tokens = countSealedTokens(signature, thinkingCharacters);
			thinkingCharacters = 0;
			return tokens;
		},
		onRepeat(text) {
			if (isThinking) thinkingCharacters += text.length;
		},
		readUsage: readAnthropicUsage,
	});
}

/** A usage as `usage` of a message: `input_tokens` without cache reads and writes, thinking inside `output_tokens`. */
export function encodeAnthropicUsage(usage: Usage): JsonObject {
	const { cacheWrite5mTokens, cacheWrite1hTokens, reasoningTokens, perUse = {} } = usage;
	const uses = { web_search_requests: perUse['webSearch'] ?? 0, web_fetch_requests: perUse['webFetch'] ?? 0 };
	return {
		input_tokens: usage.inputTokens,
		cache_creation_input_tokens: cacheWrite5mTokens + cacheWrite1hTokens,
		cache_read_input_tokens: usage.cacheReadTokens,
		cache_creation: { ephemeral_5m_input_tokens: cacheWrite5mTokens, ephemeral_1h_input_tokens: cacheWrite1hTokens },
		output_tokens: usage.outputTokens + reasoningTokens,
		output_tokens_details: reasoningTokens > 0 ? { thinking_tokens: reasoningTokens } : null,
		server_tool_use: uses.web_search_requests + uses.web_fetch_requests > 0 ? uses : null,
		service_tier: usage.serviceTier ?? 'standard',
		inference_geo: usage.region ?? null,
	};
}
