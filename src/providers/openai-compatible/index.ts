/** @module Any server that speaks OpenAI's Chat Completions. */
import type { DeploymentAccess } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import type { Deployment } from '../shared/deployment.ts';
import {
	baseAddress,
	commonParts,
	credentialHeaders,
	type DeploymentParts,
	libraryFetch,
} from '../shared/deployment-parts.ts';
import { openAiPath } from '../shared/openai-path.ts';

/** A server that speaks OpenAI's Chat Completions: Ollama, vLLM, Groq, DeepSeek, Mistral, OpenRouter, … @throws InvalidConfigError without an address */
export function createOpenAiCompatibleDeployment(access: DeploymentAccess, parts: DeploymentParts): Deployment {
	if (access.baseUrl === undefined) {
		const message = 'is missing: write the address of the server';
		throw new InvalidConfigError([{ path: `deployments "${access.id}".baseUrl`, message }]);
	}
	const { origin, prefix } = baseAddress(access, parts, { own: access.baseUrl });
	const headers = credentialHeaders(access, 'authorization');
	return {
		...commonParts(access),
		formats: ['openai-chat'],
		endpoint(call) {
			const path = call.format === 'openai-chat' ? openAiPath(call) : null;
			return path === null ? null : { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
			const fetch = libraryFetch(access, parts, { origin, headers: async () => headers });
			const settings = { name: access.id, includeUsage: true, supportsStructuredOutputs: true };
			return createOpenAICompatible({ ...settings, baseURL: `${origin}${prefix}`, fetch }).chatModel(modelId);
		},
	};
}
