import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import type { DecodedRequest } from '../shared/caller-format.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';
import { decodeContents } from './decode-contents.ts';
import { decodeResponseFormat, decodeSettings } from './decode-generation-config.ts';
import { googleOptions } from './decode-options.ts';
import { decodeThinking } from './decode-thinking.ts';
import { decodeToolConfig, decodeTools } from './decode-tools.ts';

const MODALITIES: ReadonlySet<unknown> = new Set(['TEXT', 'IMAGE', 'AUDIO']);
const CATEGORY =
	/^HARM_CATEGORY_(UNSPECIFIED|HATE_SPEECH|DANGEROUS_CONTENT|HARASSMENT|SEXUALLY_EXPLICIT|CIVIC_INTEGRITY)$/;

/** Safety settings of the categories that the AI SDK knows; another would fail the call. */
function safetyOf(body: BodyFields, dropped: string[]): JsonObject[] | undefined {
	const settings = body.objects('safetySettings').flatMap((setting) => {
		const category = setting.text('category') ?? '';
		if (CATEGORY.test(category))
			return [{ category, threshold: setting.text('threshold') ?? 'HARM_BLOCK_THRESHOLD_UNSPECIFIED' }];
		dropped.push(setting.path);
		return [];
	});
	return settings.length === 0 ? undefined : settings;
}

function modalitiesOf(config: BodyFields | undefined, dropped: string[]): string[] | undefined {
	const words = config?.texts('responseModalities')?.map((word) => word.toUpperCase());
	if (words === undefined || words.every((word) => MODALITIES.has(word))) return words;
	dropped.push(config?.at('responseModalities') ?? '');
	return undefined;
}

/** Settings that only Google knows. */
function ownSettings(
	body: BodyFields,
	config: BodyFields | undefined,
	dropped: string[],
): Readonly<Record<string, unknown>> {
	return {
		safetySettings: safetyOf(body, dropped),
		responseModalities: modalitiesOf(config, dropped),
		audioTimestamp: config?.flag('audioTimestamp'),
		retrievalConfig: body.object('toolConfig')?.object('retrievalConfig')?.value,
	};
}

/**
 * A request for content in the neutral form. Signatures of thoughts and what only Google knows go to its provider
 * options, so that they are written again where Google answers. @throws InvalidInputError naming the field's path
 */
export function decodeGeminiRequest(body: BodyFields): DecodedRequest {
	const dropped: string[] = [];
	const config = body.object('generationConfig');
	const prompt = decodeContents(body, dropped);
	const { tools, choice } = decodeToolConfig(body, decodeTools(body, dropped), dropped);
	const { thinkingConfig, reasoning } = decodeThinking(config, dropped);
	const options: LanguageModelV4CallOptions = {
		prompt,
		...decodeSettings(config),
		...withoutUndefined({
			responseFormat: decodeResponseFormat(config, dropped),
			reasoning,
			tools: tools.length === 0 ? undefined : tools,
			toolChoice: choice,
		}),
		...googleOptions({ thinkingConfig, ...ownSettings(body, config, dropped) }),
	};
	// one answer is what the neutral form gives
	if (config?.count('candidateCount') !== undefined && config.count('candidateCount') !== 1) {
		dropped.push(config.at('candidateCount'));
	}
	body.take('model');
	return { options, dropped: [...new Set([...dropped, ...(config?.untaken() ?? []), ...body.untaken()])] };
}
