import type { Usage } from '../../contracts/index.ts';
import { UsageFields, usageOf } from '../shared/usage-fields.ts';

/**
 * `usage` of an Anthropic message. `input_tokens` leaves out what was read from or written to the cache; writes are
 * split by life where `cache_creation` says so, else they are 5-minute writes. Thinking is inside `output_tokens` and
 * is not told apart. Source: https://docs.claude.com/en/api/messages
 * @throws InvalidInputError for figures that cannot be.
 */
export function readAnthropicUsage(usage: unknown): Usage {
	const fields = new UsageFields(usage);
	const written = fields.count('cache_creation_input_tokens');
	const byLife = fields.nested('cache_creation');
	const hour = byLife.count('ephemeral_1h_input_tokens');
	const fiveMinutes = byLife.count('ephemeral_5m_input_tokens');
	const searches = fields.nested('server_tool_use').count('web_search_requests');
	fields.ignore('service_tier', 'inference_geo', 'iterations', 'speed');
	return usageOf(
		{
			inputTokens: fields.count('input_tokens'),
			cacheReadTokens: fields.count('cache_read_input_tokens'),
			cacheWrite5mTokens: fiveMinutes + (hour + fiveMinutes === 0 ? written : 0),
			cacheWrite1hTokens: hour,
			outputTokens: fields.count('output_tokens'),
			...(searches > 0 ? { perUse: { webSearch: searches } } : {}),
		},
		fields.unknown(),
	);
}
