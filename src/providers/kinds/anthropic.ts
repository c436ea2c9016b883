import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { DeploymentAccess, EndpointOperation } from '../../contracts/index.ts';
import { adjustMaxTokensForThinking } from '../../protocol/index.ts';
import type { Deployment } from '../deployment.ts';
import {
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	PLACEHOLDER_KEY,
	resolveBaseAddress,
} from './deployment-base.ts';

const API_VERSION = '2023-06-01';

const PATHS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: '/v1/messages',
	stream: '/v1/messages',
	'count-tokens': '/v1/messages/count_tokens',
};

/** Anthropic's API, or whatever speaks like it. */
export function createAnthropicDeployment(access: DeploymentAccess, parts: DeploymentContext): Deployment {
	const { origin, prefix } = resolveBaseAddress(access, parts, { own: 'https://api.anthropic.com', ending: '/v1' });
	const credentials = createCredentialHeaders(access, 'x-api-key');
	const headers = { ...credentials, 'anthropic-version': API_VERSION };
	return {
		...createDeploymentBase(access),
		formats: ['anthropic-messages'],
		endpoint({ format, operation }) {
			const path = PATHS[operation];
			if (format !== 'anthropic-messages' || path === undefined) return null;
			return { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createAnthropic } = await import('@ai-sdk/anthropic');
			const fetch = createLibraryFetch(access, parts, { origin, headers: async () => credentials });
			return await withOutputLimit(
				createAnthropic({ baseURL: `${origin}${prefix}/v1`, apiKey: PLACEHOLDER_KEY, fetch })(modelId),
			);
		},
	};
}

/**
 * One of Anthropic's models behind the AI SDK, held to the output it is given: the AI SDK would add what the model may
 * think to it, and nobody has reserved money for that.
 */
export async function withOutputLimit(model: LanguageModelV4): Promise<LanguageModelV4> {
	const { getModelCapabilities } = await import('@ai-sdk/anthropic/internal');
	const { rejectsBudgetThinking, supportsAdaptiveThinking } = getModelCapabilities(model.modelId);
	const rules = { takesBudget: !rejectsBudgetThinking, isAdaptive: supportsAdaptiveThinking };
	return {
		specificationVersion: 'v4',
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		doGenerate: async (options) => await model.doGenerate(adjustMaxTokensForThinking(options, rules)),
		doStream: async (options) => await model.doStream(adjustMaxTokensForThinking(options, rules)),
	};
}
