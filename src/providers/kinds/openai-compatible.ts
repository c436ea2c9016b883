/** @module Any server that speaks OpenAI's Chat Completions. */

/** A server that speaks OpenAI's Chat Completions: Ollama, vLLM, Groq, DeepSeek, Mistral, OpenRouter, … @throws InvalidConfigError without an address */

import type { DeploymentAccess } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import type { Deployment } from '../deployment.ts';
import {
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	resolveBaseAddress,
} from './deployment-base.ts';
import { getOpenAiPath } from './openai.ts';

export function createOpenAiCompatibleDeployment(access: DeploymentAccess, parts: DeploymentContext): Deployment {
	if (access.baseUrl === undefined) {
		const message = 'is missing: write the address of the server';
		throw new InvalidConfigError([{ path: `deployments "${access.id}".baseUrl`, message }]);
	}
	const { origin, prefix } = resolveBaseAddress(access, parts, { own: access.baseUrl });
	const headers = createCredentialHeaders(access, 'authorization');
	return {
		...createDeploymentBase(access),
		formats: ['openai-chat'],
		endpoint(call) {
			const path = call.format === 'openai-chat' ? getOpenAiPath(call) : null;
			return path === null ? null : { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
			const fetch = createLibraryFetch(access, parts, { origin, headers: async () => headers });
			const settings = { name: access.id, includeUsage: true, supportsStructuredOutputs: true };
			return createOpenAICompatible({ ...settings, baseURL: `${origin}${prefix}`, fetch }).chatModel(modelId);
		},
	};
}
