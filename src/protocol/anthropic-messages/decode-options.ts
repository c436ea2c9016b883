import type { SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

type AnthropicOptions = SharedV4ProviderOptions[string];

/** Provider options for Anthropic; nothing where there are none. */
export function anthropicOptions(options: Readonly<Record<string, unknown>>): {
	providerOptions?: SharedV4ProviderOptions;
} {
	const said = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
	// everything in a body came out of JSON
	return said.length === 0 ? {} : { providerOptions: { anthropic: Object.fromEntries(said) as AnthropicOptions } };
}

/** The cache mark of a block, a tool or the request. */
export function cacheControlOf(fields: BodyFields): JsonObject | undefined {
	return fields.object('cache_control')?.value;
}

/** A tool's caller as the AI SDK keeps it. */
export function callerOf(fields: BodyFields): JsonObject | undefined {
	const caller = fields.take('caller');
	if (!isObject(caller)) return undefined;
	return { type: caller['type'], ...(caller['tool_id'] === undefined ? {} : { toolId: caller['tool_id'] }) };
}
