import type { Deployment, DeploymentAccess, EndpointCall } from '../deployment.ts';
import {
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	loadPackage,
	PLACEHOLDER_KEY,
	resolveBaseAddress,
} from './deployment-base.ts';
import { type DeploymentKindDefinition, issueOf } from './deployment-kind.ts';
import { getOpenAiPath } from './openai.ts';

/** A dated API version names the deployment in the path and knows Chat Completions; the v1 surface is OpenAI's own. */
function getAzurePath(call: EndpointCall, apiVersion: string | undefined): string | null {
	if (apiVersion === undefined) return getOpenAiPath(call);
	const path = call.format === 'openai-chat' ? getOpenAiPath(call) : null;
	const version = encodeURIComponent(apiVersion);
	return path === null ? null : `/deployments/${encodeURIComponent(call.modelId)}${path}?api-version=${version}`;
}

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	const { id, apiVersion, resourceName = '' } = access;
	const resource = `https://${resourceName}.openai.azure.com/openai`;
	const own = apiVersion === undefined ? `${resource}/v1` : resource;
	const { origin, prefix } = resolveBaseAddress(access, context, { own });
	const headers = createCredentialHeaders(access, 'api-key');
	return {
		...createDeploymentBase(access),
		formats: apiVersion === undefined ? ['openai-chat', 'openai-responses'] : ['openai-chat'],
		endpoint(call) {
			const path = getAzurePath(call, apiVersion);
			return path === null ? null : { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createAzure } = await loadPackage(
				{ id, name: '@ai-sdk/azure' },
				async () => await import('@ai-sdk/azure'),
			);
			const fetch = createLibraryFetch(access, context, { origin, headers: async () => headers });
			const dated = apiVersion === undefined ? {} : { apiVersion, useDeploymentBasedUrls: true };
			const library = createAzure({ ...dated, baseURL: `${origin}${prefix}`, apiKey: PLACEHOLDER_KEY, fetch });
			return library.chat(modelId);
		},
	};
}

/** A resource of Azure OpenAI; the models' ids are the names of its deployments. */
export const azure: DeploymentKindDefinition = {
	create,
	fields: ['apiVersion', 'auth', 'provider', 'resourceName'],
	provider: null,
	keyVariables: [{ name: 'AZURE_API_KEY', example: 'key…', description: 'Key for deployments of the kind azure' }],
	check: ({ baseUrl, resourceName }) =>
		baseUrl === undefined && resourceName === undefined
			? [issueOf('resourceName', 'is missing: write the name of the Azure resource, or its address as baseUrl')]
			: [],
	explain: [],
};
