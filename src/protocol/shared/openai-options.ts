import type { JSONSchema7, LanguageModelV4CallOptions, SharedV4ProviderOptions } from '@ai-sdk/provider';
import { nameAt, objectAt, optional, textAt } from './request-fields.ts';
import type { JsonObject } from './usage-fields.ts';
import { withoutUndefined } from './without-undefined.ts';

/** Everything of a neutral request but its messages. */
export type NeutralOptions = Omit<LanguageModelV4CallOptions, 'prompt'>;

/** `response_format` of a chat completion, or `text.format` of a response, whose members stand beside `type`. */
export function decodeFormat(format: JsonObject, described: JsonObject, path: string): NeutralOptions {
	if (format['type'] === 'json_object') return { responseFormat: { type: 'json' } };
	if (format['type'] !== 'json_schema') return {};
	const responseFormat = {
		type: 'json' as const,
		...withoutUndefined({
			name: optional(described['name'], `${path}.name`, nameAt),
			description: optional(described['description'], `${path}.description`, textAt),
			// what a caller calls a schema is handed on as one; the provider judges it
			schema: optional(described['schema'], `${path}.schema`, objectAt) as JSONSchema7 | undefined,
		}),
	};
	return { responseFormat, providerOptions: { openai: { strictJsonSchema: described['strict'] === true } } };
}

/** One call at a time, in the words of the providers that know it. */
export function parallelCallsOf(body: JsonObject): SharedV4ProviderOptions {
	if (body['parallel_tool_calls'] !== false) return {};
	return { openai: { parallelToolCalls: false }, anthropic: { disableParallelToolUse: true } };
}

/** Options of several sources, provider by provider. */
export function mergeProviderOptions(...sources: (SharedV4ProviderOptions | undefined)[]): SharedV4ProviderOptions {
	const merged: SharedV4ProviderOptions = {};
	for (const source of sources) {
		for (const [provider, options] of Object.entries(source ?? {}))
			merged[provider] = { ...merged[provider], ...options };
	}
	return merged;
}
