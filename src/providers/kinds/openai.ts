import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { DeploymentAccess } from '../../contracts/index.ts';
import type { Deployment, EndpointCall } from '../deployment.ts';
import {
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	PLACEHOLDER_KEY,
	resolveBaseAddress,
} from './deployment-base.ts';

/** The Responses API keeps answers for a month unless it is told not to: only a caller that asks for it has its prompts kept. */
function withStoreDisabled(model: LanguageModelV4): LanguageModelV4 {
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
export function createOpenAiDeployment(access: DeploymentAccess, parts: DeploymentContext): Deployment {
	const { origin, prefix } = resolveBaseAddress(access, parts, { own: 'https://api.openai.com/v1' });
	const headers = createCredentialHeaders(access, 'authorization');
	return {
		...createDeploymentBase(access),
		formats: ['openai-chat', 'openai-responses'],
		endpoint(call) {
			const path = getOpenAiPath(call);
			return path === null ? null : { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createOpenAI } = await import('@ai-sdk/openai');
			const fetch = createLibraryFetch(access, parts, { origin, headers: async () => headers });
			return withStoreDisabled(
				createOpenAI({ baseURL: `${origin}${prefix}`, apiKey: PLACEHOLDER_KEY, fetch }).responses(modelId),
			);
		},
	};
}

/** Where OpenAI's formats are served, below the base address; `null` where the operation is not. */
export function getOpenAiPath({ format, operation }: Pick<EndpointCall, 'format' | 'operation'>): string | null {
	if (operation === 'embeddings') return format === 'openai-chat' ? '/embeddings' : null;
	if (operation === 'count-tokens') return null;
	if (format === 'openai-chat') return '/chat/completions';
	return format === 'openai-responses' ? '/responses' : null;
}
