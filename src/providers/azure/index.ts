/** @module Azure OpenAI. */
import type { DeploymentAccess } from '../../contracts/index.ts';
import type { Deployment, EndpointCall } from '../shared/deployment.ts';
import {
	baseAddress,
	commonParts,
	credentialHeaders,
	type DeploymentParts,
	libraryFetch,
	NO_KEY,
} from '../shared/deployment-parts.ts';
import { loadPackage } from '../shared/load-package.ts';
import { openAiPath } from '../shared/openai-path.ts';

/** A dated API version names the deployment in the path and knows Chat Completions; the v1 surface is OpenAI's own. */
function azurePath(call: EndpointCall, apiVersion: string | undefined): string | null {
	if (apiVersion === undefined) return openAiPath(call);
	const path = call.format === 'openai-chat' ? openAiPath(call) : null;
	const version = encodeURIComponent(apiVersion);
	return path === null ? null : `/deployments/${encodeURIComponent(call.modelId)}${path}?api-version=${version}`;
}

/** A resource of Azure OpenAI; the models' ids are the names of its deployments. */
export function createAzureDeployment(access: DeploymentAccess, parts: DeploymentParts): Deployment {
	const { id, apiVersion, resourceName = '' } = access;
	const resource = `https://${resourceName}.openai.azure.com/openai`;
	const own = apiVersion === undefined ? `${resource}/v1` : resource;
	const { origin, prefix } = baseAddress(access, parts, { own });
	const headers = credentialHeaders(access, 'api-key');
	return {
		...commonParts(access),
		formats: apiVersion === undefined ? ['openai-chat', 'openai-responses'] : ['openai-chat'],
		endpoint(call) {
			const path = azurePath(call, apiVersion);
			return path === null ? null : { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createAzure } = await loadPackage(
				{ id, name: '@ai-sdk/azure' },
				async () => await import('@ai-sdk/azure'),
			);
			const fetch = libraryFetch(access, parts, { origin, headers: async () => headers });
			const dated = apiVersion === undefined ? {} : { apiVersion, useDeploymentBasedUrls: true };
			return createAzure({ ...dated, baseURL: `${origin}${prefix}`, apiKey: NO_KEY, fetch }).chat(modelId);
		},
	};
}
