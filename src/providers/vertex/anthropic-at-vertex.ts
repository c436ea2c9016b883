import type { GoogleVertexAnthropicProviderSettings } from '@ai-sdk/google-vertex/anthropic';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { NO_KEY } from '../shared/deployment-parts.ts';
import { loadPackage } from '../shared/load-package.ts';
import { withinOutputLimit } from '../shared/within-output-limit.ts';

type AuthOptions = NonNullable<GoogleVertexAnthropicProviderSettings['googleAuthOptions']>;

/** Claude at Google. `fetch` puts the credentials in. */
export async function createAnthropicAtVertex(model: {
	/** The deployment's. */
	id: string;
	modelId: string;
	baseURL: string;
	fetch: typeof fetch;
}): Promise<LanguageModelV4> {
	const { id, modelId, baseURL } = model;
	const { createVertexAnthropic } = await loadPackage(
		{ id, name: '@ai-sdk/google-vertex' },
		async () => await import('@ai-sdk/google-vertex/anthropic'),
	);
	// All that is asked of it is a token, which `fetch` replaces: the library would look for an identity of its own.
	const authClient = { getAccessToken: async () => ({ token: NO_KEY }) } as unknown as AuthOptions['authClient'];
	const googleAuthOptions = { authClient } as AuthOptions;
	return await withinOutputLimit(createVertexAnthropic({ baseURL, fetch: model.fetch, googleAuthOptions })(modelId));
}
