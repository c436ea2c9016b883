import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { UsageFields, usageOf, usesOf } from '../shared/usage-fields.ts';

/** Words of `inference_geo` that mean no place in particular. */
const UNPRICED_PLACES: ReadonlySet<string> = new Set(['global', 'not_available']);

/**
 * `usage` of an Anthropic message. `input_tokens` leaves out what was read from or written to the cache; writes are
 * split by life where `cache_creation` says so, else they are 5-minute writes. Thinking is inside `output_tokens` and
 * is not told apart. `speed` other than standard is kept as unknown: it has rates of its own. Source: https://docs.claude.com/en/api/messages
 * @throws InvalidInputError for figures that cannot be.
 */
export function readAnthropicUsage(usage: unknown): Usage {
	const fields = new UsageFields(usage);
	const written = fields.count('cache_creation_input_tokens');
	const byLife = fields.nested('cache_creation');
	const hour = byLife.count('ephemeral_1h_input_tokens');
	const fiveMinutes = byLife.count('ephemeral_5m_input_tokens');
	const tools = fields.nested('server_tool_use');
	const uses = { webSearch: tools.count('web_search_requests'), webFetch: tools.count('web_fetch_requests') };
	const { tier, unknown } = serviceTierOf('service_tier', fields.take('service_tier'));
	const place = fields.take('inference_geo');
	const speed = fields.take('speed') ?? 'standard';
	fields.ignore('iterations');
	return usageOf(
		{
			inputTokens: fields.count('input_tokens'),
			cacheReadTokens: fields.count('cache_read_input_tokens'),
			cacheWrite5mTokens: fiveMinutes + (hour + fiveMinutes === 0 ? written : 0),
			cacheWrite1hTokens: hour,
			outputTokens: fields.count('output_tokens'),
			...usesOf(uses),
			...tier,
			...(typeof place === 'string' && !UNPRICED_PLACES.has(place) ? { region: place } : {}),
		},
		{ ...fields.unknown(), ...tools.unknown(), ...unknown, ...(speed === 'standard' ? {} : { speed }) },
	);
}
