/** @module Google Cloud Vertex AI: Gemini, and Claude at Google. */
import type { DeploymentAccess } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import type { Deployment } from '../shared/deployment.ts';
import {
	type BaseAddress,
	baseAddress,
	commonParts,
	credentialHeaders,
	type DeploymentParts,
	libraryFetch,
	NO_KEY,
} from '../shared/deployment-parts.ts';
import { geminiPath } from '../shared/gemini-path.ts';
import { loadPackage } from '../shared/load-package.ts';
import { showingThoughts } from '../shared/show-thoughts.ts';
import { createAnthropicAtVertex } from './anthropic-at-vertex.ts';
import { createGoogleTokens } from './google-token.ts';

const PACKAGE = '@ai-sdk/google-vertex';

/** Claude's ids at Google: the date stands behind an `@`. */
function vertexModelId(modelId: string): string {
	return modelId.startsWith('claude-') ? modelId.replace(/-(\d{8})$/, '@$1') : modelId;
}

function hostOf(region: string): string {
	if (region === 'global') return 'aiplatform.googleapis.com';
	return region === 'us' || region === 'eu'
		? `aiplatform.${region}.rep.googleapis.com`
		: `${region}-aiplatform.googleapis.com`;
}

/** Where the publishers' models lie. An API key alone names no project (express mode). */
function addressOf(access: DeploymentAccess, region: string, parts: DeploymentParts): BaseAddress {
	const { id, project, apiKey, auth } = access;
	const isExpress = project === undefined && apiKey !== undefined && auth === 'api-key';
	if (project === undefined && !isExpress) {
		const message = 'is missing: write the Google Cloud project';
		throw new InvalidConfigError([{ path: `deployments "${id}".project`, message }]);
	}
	const { origin, prefix } = baseAddress(access, parts, { own: `https://${hostOf(region)}` });
	const place = isExpress ? '/v1/publishers' : `/v1beta1/projects/${project}/locations/${region}/publishers`;
	return { origin, prefix: `${prefix}${place}` };
}

/** Vertex AI, with an API key, a token, or the application's own Google identity. @throws InvalidConfigError without a project */
export function createVertexDeployment(access: DeploymentAccess, parts: DeploymentParts): Deployment {
	const { id, region = 'global', project, apiKey } = access;
	const { origin, prefix } = addressOf(access, region, parts);
	const tokens = createGoogleTokens({ id, project });
	const headers = async () =>
		apiKey === undefined ? { authorization: `Bearer ${await tokens()}` } : credentialHeaders(access, 'x-goog-api-key');
	return {
		...commonParts(access, vertexModelId),
		formats: ['gemini'],
		region,
		async endpoint(call) {
			const path = call.modelId.startsWith('claude-') ? null : geminiPath(call);
			return path === null ? null : { origin, path: `${prefix}/google${path}`, headers: await headers() };
		},
		async languageModel(modelId) {
			// The library is given a key that is never sent, so that it looks for none: credentials are put in by `fetch`.
			const fetch = libraryFetch(access, parts, { origin, headers });
			if (!modelId.startsWith('claude-')) {
				const { createGoogleVertex } = await loadPackage(
					{ id, name: PACKAGE },
					async () => await import('@ai-sdk/google-vertex'),
				);
				return showingThoughts(
					createGoogleVertex({ apiKey: NO_KEY, baseURL: `${origin}${prefix}/google`, fetch })(modelId),
				);
			}
			return await createAnthropicAtVertex({ id, modelId, baseURL: `${origin}${prefix}/anthropic/models`, fetch });
		},
	};
}
