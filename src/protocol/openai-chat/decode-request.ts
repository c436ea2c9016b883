import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { DecodedRequest } from '../shared/caller-format.ts';
import { decodeFormat, mergeProviderOptions, type NeutralOptions, parallelCallsOf } from '../shared/openai-options.ts';
import { effortOf } from '../shared/openai-reasoning.ts';
import { listAt, numberAt, objectAt, objectsAt, optional, textAt, unknownNames } from '../shared/request-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeTools } from './decode-tools.ts';
import { readOpenAiChatRequest } from './read-request.ts';

/** Fields that the neutral form or the gateway carries. */
const CARRIED: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'stream',
	'stream_options',
	'max_completion_tokens',
	'max_tokens',
	'temperature',
	'top_p',
	'top_k',
	'presence_penalty',
	'frequency_penalty',
	'seed',
	'stop',
	'tools',
	'tool_choice',
	'parallel_tool_calls',
	'response_format',
	'reasoning_effort',
]);

/** Fields whose plain value asks for nothing. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
	n: (value) => value === 1,
	logprobs: (value) => value === false,
	store: (value) => value === false,
	modalities: (value) => Array.isArray(value) && value.every((kind) => kind === 'text'),
	service_tier: (value) => value === 'auto' || value === 'default',
};

function samplingOf(body: JsonObject): NeutralOptions {
	const number = (name: string): number | undefined => optional(body[name], name, numberAt);
	const stop = body['stop'];
	return withoutUndefined({
		maxOutputTokens: readOpenAiChatRequest(body).maxOutputTokens ?? undefined,
		temperature: number('temperature'),
		topP: number('top_p'),
		topK: number('top_k'),
		presencePenalty: number('presence_penalty'),
		frequencyPenalty: number('frequency_penalty'),
		seed: number('seed'),
		stopSequences:
			typeof stop === 'string'
				? [stop]
				: optional(stop, 'stop', listAt)?.map((sequence, index) => textAt(sequence, `stop[${index}]`)),
	});
}

function formatOf(body: JsonObject): NeutralOptions {
	const format = optional(body['response_format'], 'response_format', objectAt) ?? {};
	const schema = optional(format['json_schema'], 'response_format.json_schema', objectAt) ?? {};
	return decodeFormat(format, schema, 'response_format.json_schema');
}

/** A chat completion request in the neutral form. @throws InvalidInputError naming the field */
export function decodeOpenAiChatRequest(body: JsonObject): DecodedRequest {
	const dropped = unknownNames(body, CARRIED).filter((name) => PLAIN[name]?.(body[name]) !== true);
	const format = formatOf(body);
	const reasoning = effortOf(body['reasoning_effort']);
	if (reasoning === null && body['reasoning_effort'] !== undefined && body['reasoning_effort'] !== null) {
		dropped.push('reasoning_effort');
	}
	const options: LanguageModelV4CallOptions = {
		prompt: decodeMessages(objectsAt(body['messages'], 'messages'), dropped),
		...samplingOf(body),
		...decodeTools(body, dropped),
		...format,
		...(reasoning === null ? {} : { reasoning }),
		providerOptions: mergeProviderOptions(format.providerOptions, parallelCallsOf(body)),
	};
	return { options, dropped };
}
