import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';
import { decodeSchema } from './decode-schema.ts';

type ResponseFormat = NonNullable<LanguageModelV4CallOptions['responseFormat']>;
type JsonFormat = Extract<ResponseFormat, { type: 'json' }>;

const PLAIN = 'text/plain';

/** What form the answer must have; a type of text that the neutral form does not know is named as dropped. */
export function decodeResponseFormat(config: BodyFields | undefined, dropped: string[]): ResponseFormat | undefined {
	const type = config?.text('responseMimeType');
	const own = config?.object('responseSchema')?.value;
	const json = config?.object('responseJsonSchema')?.value;
	if (type !== undefined && type !== 'application/json') {
		if (type !== PLAIN) dropped.push(config?.at('responseMimeType') ?? '');
		return undefined;
	}
	const schema = json ?? (own === undefined ? undefined : decodeSchema(own));
	if (schema === undefined) return type === undefined ? undefined : { type: 'json' };
	// a schema is the caller's: providers judge it
	return { type: 'json', schema: schema as NonNullable<JsonFormat['schema']> };
}

/** The settings that every provider may know. */
export function decodeSettings(config: BodyFields | undefined): Partial<LanguageModelV4CallOptions> {
	if (config === undefined) return {};
	return withoutUndefined({
		maxOutputTokens: config.count('maxOutputTokens'),
		temperature: config.number('temperature'),
		topP: config.number('topP'),
		topK: config.number('topK'),
		presencePenalty: config.number('presencePenalty'),
		frequencyPenalty: config.number('frequencyPenalty'),
		seed: config.number('seed'),
		stopSequences: config.texts('stopSequences'),
	});
}
