/** @module Amazon Bedrock, by its Converse API. */

/** Amazon Bedrock: called in the neutral form only, for its requests are signed and its streams framed in their own way. @throws InvalidConfigError without a region */

import type { DeploymentAccess } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import type { Deployment } from '../deployment.ts';
import {
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	loadPackage,
	resolveBaseAddress,
} from './deployment-base.ts';

export function createBedrockDeployment(access: DeploymentAccess, parts: DeploymentContext): Deployment {
	const { id, region, aws } = access;
	if (region === undefined) {
		throw new InvalidConfigError([{ path: `deployments "${id}".region`, message: 'is missing: write the AWS region' }]);
	}
	const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
	const { origin, prefix } = resolveBaseAddress(access, parts, { own: `https://bedrock-runtime.${region}.${domain}` });
	return {
		...createDeploymentBase(access),
		formats: [],
		region,
		endpoint: () => null,
		async languageModel(modelId) {
			const name = '@ai-sdk/amazon-bedrock';
			const { createAmazonBedrock } = await loadPackage(
				{ id, name },
				async () => await import('@ai-sdk/amazon-bedrock'),
			);
			// An empty key is none; a missing one would be looked for in the environment.
			const credentials = { apiKey: access.apiKey ?? '', ...aws };
			const fetch = createLibraryFetch(access, parts, { origin, headers: undefined });
			return createAmazonBedrock({ ...credentials, region, baseURL: `${origin}${prefix}`, fetch })(modelId);
		},
	};
}
