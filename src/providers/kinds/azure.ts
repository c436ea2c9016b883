/** @module Azure OpenAI. */

/** A dated API version names the deployment in the path and knows Chat Completions; the v1 surface is OpenAI's own. */

import type { DeploymentAccess } from '../../contracts/index.ts';
import type { Deployment, EndpointCall } from '../deployment.ts';
import {
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	loadPackage,
	PLACEHOLDER_KEY,
	resolveBaseAddress,
} from './deployment-base.ts';
import { getOpenAiPath } from './openai.ts';

function azurePath(call: EndpointCall, apiVersion: string | undefined): string | null {
	if (apiVersion === undefined) return getOpenAiPath(call);
	const path = call.format === 'openai-chat' ? getOpenAiPath(call) : null;
	const version = encodeURIComponent(apiVersion);
	return path === null ? null : `/deployments/${encodeURIComponent(call.modelId)}${path}?api-version=${version}`;
}

/** A resource of Azure OpenAI; the models' ids are the names of its deployments. */
export function createAzureDeployment(access: DeploymentAccess, parts: DeploymentContext): Deployment {
	const { id, apiVersion, resourceName = '' } = access;
	const resource = `https://${resourceName}.openai.azure.com/openai`;
	const own = apiVersion === undefined ? `${resource}/v1` : resource;
	const { origin, prefix } = resolveBaseAddress(access, parts, { own });
	const headers = createCredentialHeaders(access, 'api-key');
	return {
		...createDeploymentBase(access),
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
			const fetch = createLibraryFetch(access, parts, { origin, headers: async () => headers });
			const dated = apiVersion === undefined ? {} : { apiVersion, useDeploymentBasedUrls: true };
			return createAzure({ ...dated, baseURL: `${origin}${prefix}`, apiKey: PLACEHOLDER_KEY, fetch }).chat(modelId);
		},
	};
}
