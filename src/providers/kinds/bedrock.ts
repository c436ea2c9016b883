import type { Deployment, DeploymentAccess, DeploymentSettings } from '../deployment.ts';
import { createConverseModel } from './converse-model.ts';
import {
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	explainMissingPackage,
	resolveBaseAddress,
} from './deployment-base.ts';
import { type Credential, type DeploymentKindDefinition, issueOf, type MissingVariables } from './deployment-kind.ts';

/** Called in the neutral form only: Amazon signs requests and frames streams in its own way. */
function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	const { id, region = '', aws } = access;
	const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
	const own = `https://bedrock-runtime.${region}.${domain}`;
	const { origin, prefix } = resolveBaseAddress(access, context, { own });
	return {
		...createDeploymentBase(access),
		origin,
		formats: [],
		region,
		endpoint: () => null,
		async languageModel(modelId, fitting) {
			const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock').catch(
				explainMissingPackage(id, '@ai-sdk/amazon-bedrock'),
			);
			// An empty key is none; a missing one would be looked for in the environment.
			const credentials = { apiKey: access.apiKey ?? '', ...aws };
			const fetch = createLibraryFetch(access, context, { origin });
			const library = createAmazonBedrock({ ...credentials, region, baseURL: `${origin}${prefix}`, fetch });
			return createConverseModel(library(modelId), fitting);
		},
	};
}

const KEY_VARIABLE = 'AWS_BEARER_TOKEN_BEDROCK';

function toVariable(reference: string | undefined): string | undefined {
	return reference?.replace(/^env:/, '');
}

/** AWS's access keys, where there is no API key. */
function resolveAwsCredential(
	settings: DeploymentSettings,
	readVariable: (name: string) => string | undefined,
): Credential | MissingVariables {
	const idName = toVariable(settings.accessKeyId) ?? 'AWS_ACCESS_KEY_ID';
	const secretName = toVariable(settings.secretAccessKey) ?? 'AWS_SECRET_ACCESS_KEY';
	// A session token belongs to one pair of keys: AWS's own is not used with a pair that the configuration names.
	const isDefaultPair = settings.accessKeyId === undefined;
	const tokenName = toVariable(settings.sessionToken) ?? (isDefaultPair ? 'AWS_SESSION_TOKEN' : undefined);
	const [accessKeyId, secretAccessKey] = [readVariable(idName), readVariable(secretName)];
	if (accessKeyId === undefined || secretAccessKey === undefined) {
		const variables = [...(isDefaultPair ? [KEY_VARIABLE] : []), idName, secretName];
		return { variables, field: isDefaultPair ? 'apiKey' : 'accessKeyId' };
	}
	const sessionToken = tokenName === undefined ? undefined : readVariable(tokenName);
	const aws = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
	return { credential: `env:${idName}`, auth: 'api-key', aws };
}

/** Amazon Bedrock, by its Converse API. */
export const bedrock: DeploymentKindDefinition = {
	billsAfterDisconnect: true,
	create,
	fields: ['accessKeyId', 'region', 'secretAccessKey', 'sessionToken'],
	provider: null,
	keyVariables: [{ name: KEY_VARIABLE, example: 'key…', description: 'API key for deployments of the kind bedrock' }],
	otherVariables: [
		{ name: 'AWS_ACCESS_KEY_ID', example: 'AKIA…', description: 'Access key for Bedrock where there is no API key' },
		{ name: 'AWS_SECRET_ACCESS_KEY', example: 'secret…', description: 'Secret key that belongs to it' },
		{
			name: 'AWS_SESSION_TOKEN',
			example: 'token…',
			description: 'Session token that belongs to it, where there is one',
		},
	],
	resolveCredential: resolveAwsCredential,
	check: ({ region }) =>
		region === undefined ? [issueOf('region', 'is missing: write the AWS region, e.g. "us-east-1"')] : [],
	explain: [],
};
