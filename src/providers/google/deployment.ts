import type { DeploymentAccess } from '../../contracts/index.ts';
import type { Deployment } from '../shared/deployment.ts';
import {
	baseAddress,
	commonParts,
	credentialHeaders,
	type DeploymentParts,
	libraryFetch,
	NO_KEY,
} from '../shared/deployment-parts.ts';
import { geminiPath } from '../shared/gemini-path.ts';
import { showingThoughts } from '../shared/show-thoughts.ts';

/** Google's Gemini API. */
export function createGoogleDeployment(access: DeploymentAccess, parts: DeploymentParts): Deployment {
	const own = 'https://generativelanguage.googleapis.com';
	const { origin, prefix } = baseAddress(access, parts, { own, ending: '/v1beta' });
	const headers = credentialHeaders(access, 'x-goog-api-key');
	const bearer = credentialHeaders(access, 'authorization');
	return {
		...commonParts(access),
		formats: ['gemini'],
		endpoint(call) {
			// embeddings have an address of their own in OpenAI's format: https://ai.google.dev/gemini-api/docs/openai#embeddings
			if (call.operation === 'embeddings' && call.format === 'openai-chat')
				return { origin, path: `${prefix}/v1beta/openai/embeddings`, headers: bearer };
			const path = geminiPath(call);
			return path === null ? null : { origin, path: `${prefix}/v1beta${path}`, headers };
		},
		async languageModel(modelId) {
			const { createGoogle } = await import('@ai-sdk/google');
			const fetch = libraryFetch(access, parts, { origin, headers: async () => headers });
			return showingThoughts(createGoogle({ baseURL: `${origin}${prefix}/v1beta`, apiKey: NO_KEY, fetch })(modelId));
		},
	};
}
