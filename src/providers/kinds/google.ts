import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { DeploymentAccess, EndpointOperation } from '../../contracts/index.ts';
import { isObject } from '../../util/index.ts';
import type { Deployment, EndpointCall } from '../deployment.ts';
import {
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	PLACEHOLDER_KEY,
	resolveBaseAddress,
} from './deployment-base.ts';

/** Google's Gemini API. */
export function createGoogleDeployment(access: DeploymentAccess, parts: DeploymentContext): Deployment {
	const own = 'https://generativelanguage.googleapis.com';
	const { origin, prefix } = resolveBaseAddress(access, parts, { own, ending: '/v1beta' });
	const headers = createCredentialHeaders(access, 'x-goog-api-key');
	const bearer = createCredentialHeaders(access, 'authorization');
	return {
		...createDeploymentBase(access),
		formats: ['gemini'],
		endpoint(call) {
			// embeddings have an address of their own in OpenAI's format: https://ai.google.dev/gemini-api/docs/openai#embeddings
			if (call.operation === 'embeddings' && call.format === 'openai-chat')
				return { origin, path: `${prefix}/v1beta/openai/embeddings`, headers: bearer };
			const path = getGeminiPath(call);
			return path === null ? null : { origin, path: `${prefix}/v1beta${path}`, headers };
		},
		async languageModel(modelId) {
			const { createGoogle } = await import('@ai-sdk/google');
			const fetch = createLibraryFetch(access, parts, { origin, headers: async () => headers });
			return withThoughts(
				createGoogle({ baseURL: `${origin}${prefix}/v1beta`, apiKey: PLACEHOLDER_KEY, fetch })(modelId),
			);
		},
	};
}

const VERBS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: ':generateContent',
	stream: ':streamGenerateContent?alt=sse',
	'count-tokens': ':countTokens',
};

/** Where Gemini's format is served, below the base address; `null` where the operation is not. */
export function getGeminiPath({ format, modelId, operation }: EndpointCall): string | null {
	const verb = VERBS[operation];
	return format !== 'gemini' || verb === undefined ? null : `/models/${encodeURIComponent(modelId)}${verb}`;
}

/** Gemini thinks in silence unless its thoughts are asked for; who asks another provider for reasoning means to read it. */
function requestThoughts(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
	const { reasoning, providerOptions } = options;
	if (reasoning === undefined || reasoning === 'none' || reasoning === 'provider-default') return options;
	const google = providerOptions?.['google'];
	const thinking = google?.['thinkingConfig'];
	const thinkingConfig = { includeThoughts: true, ...(isObject(thinking) && thinking) };
	// JSON values in, JSON values out.
	const shown = { ...google, thinkingConfig } as NonNullable<typeof google>;
	return { ...options, providerOptions: { ...providerOptions, google: shown } };
}

/** One of Google's models behind the AI SDK that shows what it thinks where thinking is asked for. */
export function withThoughts(model: LanguageModelV4): LanguageModelV4 {
	return {
		specificationVersion: 'v4',
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		doGenerate: async (options) => await model.doGenerate(requestThoughts(options)),
		doStream: async (options) => await model.doStream(requestThoughts(options)),
	};
}
