import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { UsageFields, usageOf, usesOf } from '../shared/usage-fields.ts';

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
	const { compactions, unknown: unknownIterations } = readIterations(fields.take('iterations'));
	const tools = fields.nested('server_tool_use');
	const uses = { webSearch: tools.count('web_search_requests'), webFetch: tools.count('web_fetch_requests') };
	const { tier, unknown } = serviceTierOf('service_tier', fields.take('service_tier'));
	const place = fields.take('inference_geo');
	const speed = fields.take('speed') ?? 'standard';
	return usageOf(
		{
			...compactions.reduce(addClasses, counts),
			...usesOf(uses),
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
