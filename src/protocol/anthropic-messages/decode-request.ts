import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { BodyFields } from '../shared/body-fields.ts';
import type { DecodedRequest } from '../shared/caller-format.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';
import { decodeMessages } from './decode-messages.ts';
import { anthropicOptions, cacheControlOf } from './decode-options.ts';
import { decodeThinking } from './decode-thinking.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

/** Values that the AI SDK knows; others would fail the call. */
const CARRIED: Readonly<Record<string, ReadonlySet<unknown>>> = {
	service_tier: new Set(['auto', 'standard_only']),
	speed: new Set(['fast', 'standard']),
	inference_geo: new Set(['us', 'global']),
};

/** A setting that is carried where its value is known; named as dropped else. */
function settingOf(body: BodyFields, name: string, dropped: string[]): unknown {
	const value = body.take(name);
	if (value === undefined || CARRIED[name]?.has(value)) return value;
	dropped.push(body.at(name));
	return undefined;
}

function responseFormatOf(body: BodyFields): LanguageModelV4CallOptions['responseFormat'] {
	const format = body.object('output_config')?.object('format') ?? body.object('output_format');
	const schema = format?.object('schema')?.value;
	if (schema === undefined) return undefined;
	// a schema is the caller's: providers judge it
	type Schema = NonNullable<Extract<LanguageModelV4CallOptions['responseFormat'], { type: 'json' }>>['schema'];
	return { type: 'json', schema: schema as NonNullable<Schema> };
}

function providerOptionsOf(body: BodyFields, dropped: string[]): Pick<LanguageModelV4CallOptions, 'providerOptions'> {
	const isSequential = body.object('tool_choice')?.flag('disable_parallel_tool_use');
	const { thinking, effort, taskBudget } = decodeThinking(body, dropped);
	const { providerOptions } = anthropicOptions({
		cacheControl: cacheControlOf(body),
		thinking,
		effort,
		taskBudget,
		disableParallelToolUse: isSequential,
		metadata: withoutUndefined({ userId: body.object('metadata')?.text('user_id') }),
		serviceTier: settingOf(body, 'service_tier', dropped),
		speed: settingOf(body, 'speed', dropped),
		inferenceGeo: settingOf(body, 'inference_geo', dropped),
	});
	const openai = isSequential === true ? { openai: { parallelToolCalls: false } } : {};
	return { providerOptions: { ...providerOptions, ...openai } };
}

/**
 * A request for a message in the neutral form. Cache marks, signatures and what only Anthropic knows go to its provider
 * options, so that they are written again where Anthropic answers. @throws InvalidInputError naming the field's path
 */
export function decodeRequest(json: JsonObject): DecodedRequest {
	const body = new BodyFields(json);
	const dropped: string[] = [];
	const prompt = decodeMessages(body, dropped);
	const tools = decodeTools(body, dropped);
	const choice = body.object('tool_choice');
	const options: LanguageModelV4CallOptions = {
		prompt,
		...withoutUndefined({
			maxOutputTokens: body.count('max_tokens'),
			temperature: body.number('temperature'),
			topP: body.number('top_p'),
			topK: body.number('top_k'),
			stopSequences: body.texts('stop_sequences'),
			responseFormat: responseFormatOf(body),
			reasoning: decodeThinking(body, []).reasoning,
			tools: tools.length === 0 ? undefined : tools,
			toolChoice: choice === undefined ? undefined : decodeToolChoice(choice),
		}),
		...providerOptionsOf(body, dropped),
	};
	// what the gateway itself reads
	for (const name of ['model', 'stream']) body.take(name);
	return { options, dropped: [...new Set([...dropped, ...body.untaken()])] };
}
