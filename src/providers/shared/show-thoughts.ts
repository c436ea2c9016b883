import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { asObject } from './read-answer.ts';

/** Gemini thinks in silence unless its thoughts are asked for; who asks another provider for reasoning means to read it. */
function askForThoughts(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
	const { reasoning, providerOptions } = options;
	if (reasoning === undefined || reasoning === 'none' || reasoning === 'provider-default') return options;
	const google = providerOptions?.['google'];
	const thinkingConfig = { includeThoughts: true, ...asObject(google?.['thinkingConfig']) };
	// JSON values in, JSON values out.
	const shown = { ...google, thinkingConfig } as NonNullable<typeof google>;
	return { ...options, providerOptions: { ...providerOptions, google: shown } };
}

/** One of Google's models behind the AI SDK that shows what it thinks where thinking is asked for. */
export function showingThoughts(model: LanguageModelV4): LanguageModelV4 {
	return {
		specificationVersion: 'v4',
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		doGenerate: async (options) => await model.doGenerate(askForThoughts(options)),
		doStream: async (options) => await model.doStream(askForThoughts(options)),
	};
}
