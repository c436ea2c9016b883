import type { WireFormatName } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';

/**
 * Parameters without which a request still means the same, by the words in which providers name them. The messages, the
 * tools and the schema of the answer are none of them.
 */
const OPTIONAL: Readonly<Record<WireFormatName, readonly string[]>> = {
	'anthropic-messages': [
		'output_config.effort',
		'stop_sequences',
		'temperature',
		'top_p',
		'top_k',
		'thinking',
		'service_tier',
		'metadata',
		'context_management',
		'speed',
		'inference_geo',
	],
	'openai-chat': [
		'max_completion_tokens',
		'max_tokens',
		'temperature',
		'top_p',
		'top_k',
		'min_p',
		'presence_penalty',
		'frequency_penalty',
		'repetition_penalty',
		'logit_bias',
		'top_logprobs',
		'logprobs',
		'stop',
		'seed',
		'reasoning_effort',
		'reasoning',
		'verbosity',
		'parallel_tool_calls',
		'stream_options',
		'service_tier',
		'store',
		'metadata',
		'user',
		'safety_identifier',
		'prompt_cache_key',
		'prompt_cache_retention',
		'prediction',
	],
	'openai-responses': [
		'reasoning.summary',
		'reasoning.effort',
		'reasoning',
		'text.verbosity',
		'temperature',
		'top_p',
		'top_logprobs',
		'parallel_tool_calls',
		'service_tier',
		'metadata',
		'user',
		'safety_identifier',
		'prompt_cache_key',
		'prompt_cache_retention',
		'truncation',
		'include',
	],
	gemini: [
		'generationConfig.thinkingConfig',
		'generationConfig.temperature',
		'generationConfig.topP',
		'generationConfig.topK',
		'generationConfig.seed',
		'generationConfig.presencePenalty',
		'generationConfig.frequencyPenalty',
		'generationConfig.stopSequences',
		'generationConfig.responseLogprobs',
		'generationConfig.logprobs',
		'generationConfig.mediaResolution',
		'serviceTier',
		'labels',
	],
};

/** Sayings that a parameter is not known or not taken; what is wrong with its value alone is the caller's to mend. */
const UNSUPPORTED =
	/not (?:be )?(?:support|permitted|allowed|enabled|recogni[sz]ed)|unsupported|incompatible request argument|unrecogni[sz]ed|unknown (?:name|parameter|field|argument)|extra (?:inputs|fields)|deprecated|unexpected keyword|does(?: not|n't) support/i;

/** Characters of a message that are read. */
const MAX_READ_CHARACTERS = 2000;

/** The last word of a path, in camel case and in snake case. */
function wordsOf(parameter: string): string[] {
	const word = parameter.split('.').at(-1) ?? parameter;
	return [...new Set([word, word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)])];
}

function isSent(body: JsonObject, parameter: string): boolean {
	const [member = '', inner] = parameter.split('.');
	const value = body[member];
	return inner === undefined ? value !== undefined : isObject(value) && value[inner] !== undefined;
}

/** Where a message names a parameter; -1 where it does not. */
function findMention(message: string, parameter: string): number {
	const found = wordsOf(parameter)
		.map((word) => new RegExp(`(?<![a-zA-Z0-9_])${word}(?![a-zA-Z0-9_])`).exec(message)?.index ?? -1)
		.filter((index) => index !== -1);
	return found.length === 0 ? -1 : Math.min(...found);
}

/**
 * The parameter of a request that a provider's 400 says is not supported, and that may be left out; `null` where it is
 * about something else. Of several the one that is named first counts.
 */
export function findRefusedParameter(
	format: WireFormatName,
	body: JsonObject,
	refusal: { message: string; param?: string | null | undefined },
): string | null {
	const message = refusal.message.slice(0, MAX_READ_CHARACTERS);
	if (!UNSUPPORTED.test(message)) return null;
	const sent = OPTIONAL[format].filter((parameter) => isSent(body, parameter));
	const named = sent.find(
		(parameter) => parameter === refusal.param || wordsOf(parameter).includes(refusal.param ?? ''),
	);
	if (named !== undefined) return named;
	const mentioned = sent
		.map((parameter) => ({ parameter, index: findMention(message, parameter) }))
		.filter(({ index }) => index !== -1)
		.sort((a, b) => a.index - b.index);
	return mentioned[0]?.parameter ?? null;
}

/** A refused parameter as the record of an attempt tells it. */
export function describeRefusal(parameter: string): string {
	return `The provider refuses ${parameter}: left out from now on.`;
}

/** The parameters that the record of an attempt says are refused. */
export function readRefusals(message: string): string[] {
	return [...message.matchAll(/The provider refuses ([\w.]+): left out from now on\./g)].flatMap(
		([, name]) => name ?? [],
	);
}
