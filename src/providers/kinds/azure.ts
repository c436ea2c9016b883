import type { Deployment, DeploymentAccess, EndpointCall } from '../deployment.ts';
import { createKeyedDeployment, type DeploymentContext, explainMissingPackage } from './deployment-base.ts';
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
	return createKeyedDeployment(access, context, {
		own: apiVersion === undefined ? `${resource}/v1` : resource,
		keyHeader: 'api-key',
		formats: apiVersion === undefined ? ['openai-chat', 'openai-responses'] : ['openai-chat'],
		answerFormat: 'openai-chat',
		getPath: (call) => getAzurePath(call, apiVersion),
		async openModel(modelId, library) {
			const { createAzure } = await import('@ai-sdk/azure').catch(explainMissingPackage(id, '@ai-sdk/azure'));
			const dated = apiVersion === undefined ? {} : { apiVersion, useDeploymentBasedUrls: true };
			return createAzure({ ...dated, ...library }).chat(modelId);
		},
	});
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
