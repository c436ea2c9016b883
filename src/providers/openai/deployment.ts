import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { DeploymentAccess } from '../../contracts/index.ts';
import type { Deployment } from '../shared/deployment.ts';
import {
	baseAddress,
	commonParts,
	credentialHeaders,
	type DeploymentParts,
	libraryFetch,
	NO_KEY,
} from '../shared/deployment-parts.ts';
import { openAiPath } from '../shared/openai-path.ts';

/** The Responses API keeps answers for a month unless it is told not to: only a caller that asks for it has its prompts kept. */
function withoutKeeping(model: LanguageModelV4): LanguageModelV4 {
	const changed = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => {
		const openai = { store: false, ...options.providerOptions?.['openai'] };
		return { ...options, providerOptions: { ...options.providerOptions, openai } };
	};
	return {
		specificationVersion: model.specificationVersion,
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		doGenerate: (options) => model.doGenerate(changed(options)),
		doStream: (options) => model.doStream(changed(options)),
	};
}

/** OpenAI's API, or whatever speaks all of it. */
export function createOpenAiDeployment(access: DeploymentAccess, parts: DeploymentParts): Deployment {
	const { origin, prefix } = baseAddress(access, parts, { own: 'https://api.openai.com/v1' });
	const headers = credentialHeaders(access, 'authorization');
	return {
		...commonParts(access),
		formats: ['openai-chat', 'openai-responses'],
		endpoint(call) {
			const path = openAiPath(call);
			return path === null ? null : { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createOpenAI } = await import('@ai-sdk/openai');
			const fetch = libraryFetch(access, parts, { origin, headers: async () => headers });
			return withoutKeeping(createOpenAI({ baseURL: `${origin}${prefix}`, apiKey: NO_KEY, fetch }).responses(modelId));
		},
	};
}
