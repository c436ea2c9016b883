import type { DeploymentAccess, EndpointOperation } from '../../contracts/index.ts';
import type { Deployment } from '../shared/deployment.ts';
import {
	baseAddress,
	commonParts,
	credentialHeaders,
	type DeploymentParts,
	libraryFetch,
	NO_KEY,
} from '../shared/deployment-parts.ts';
import { withinOutputLimit } from '../shared/within-output-limit.ts';

const API_VERSION = '2023-06-01';

const PATHS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: '/v1/messages',
	stream: '/v1/messages',
	'count-tokens': '/v1/messages/count_tokens',
};

/** Anthropic's API, or whatever speaks like it. */
export function createAnthropicDeployment(access: DeploymentAccess, parts: DeploymentParts): Deployment {
	const { origin, prefix } = baseAddress(access, parts, { own: 'https://api.anthropic.com', ending: '/v1' });
	const credentials = credentialHeaders(access, 'x-api-key');
	const headers = { ...credentials, 'anthropic-version': API_VERSION };
	return {
		...commonParts(access),
		formats: ['anthropic-messages'],
		endpoint({ format, operation }) {
			const path = PATHS[operation];
			if (format !== 'anthropic-messages' || path === undefined) return null;
			return { origin, path: `${prefix}${path}`, headers };
		},
		async languageModel(modelId) {
			const { createAnthropic } = await import('@ai-sdk/anthropic');
			const fetch = libraryFetch(access, parts, { origin, headers: async () => credentials });
			return await withinOutputLimit(
				createAnthropic({ baseURL: `${origin}${prefix}/v1`, apiKey: NO_KEY, fetch })(modelId),
			);
		},
	};
}
