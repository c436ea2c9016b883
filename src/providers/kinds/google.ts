import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { EndpointOperation } from '../../contracts/index.ts';
import { isObject } from '../../util/index.ts';
import type { Deployment, DeploymentAccess, EndpointCall } from '../deployment.ts';
import {
	createCredentialHeaders,
	createKeyedDeployment,
	type DeploymentContext,
	withCallOptions,
} from './deployment-base.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	const deployment = createKeyedDeployment(access, context, {
		own: 'https://generativelanguage.googleapis.com',
		ending: '/v1beta',
		keyHeader: 'x-goog-api-key',
		formats: ['gemini'],
		answerFormat: 'gemini',
		getPath(call) {
			if (isEmbeddingsCall(call)) return '/v1beta/openai/embeddings';
			const path = getGeminiPath(call);
			return path === null ? null : `/v1beta${path}`;
		},
		async openModel(modelId, { baseURL, ...library }) {
			const { createGoogle } = await import('@ai-sdk/google');
			return withThoughts(createGoogle({ ...library, baseURL: `${baseURL}/v1beta` })(modelId));
		},
	});
	const bearer = createCredentialHeaders(access, 'authorization');
	return {
		...deployment,
		endpoint(call) {
			const endpoint = deployment.endpoint(call);
			return endpoint !== null && isEmbeddingsCall(call) ? { ...endpoint, headers: bearer } : endpoint;
		},
	};
}

/** Embeddings are served in OpenAI's format: https://ai.google.dev/gemini-api/docs/openai#embeddings */
function isEmbeddingsCall({ format, operation }: EndpointCall): boolean {
	return operation === 'embeddings' && format === 'openai-chat';
}

const METHODS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: ':generateContent',
	stream: ':streamGenerateContent?alt=sse',
	'count-tokens': ':countTokens',
};

/** Where Gemini's format is served, below the base address; `null` where the operation is not. */
export function getGeminiPath({ format, modelId, operation }: EndpointCall): string | null {
	const method = METHODS[operation];
	return format !== 'gemini' || method === undefined ? null : `/models/${encodeURIComponent(modelId)}${method}`;
}

/** Gemini returns its thoughts only on request; callers of other providers that ask for reasoning expect to read it. */
function requestThoughts(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
	const { reasoning, providerOptions } = options;
	if (reasoning === undefined || reasoning === 'none' || reasoning === 'provider-default') return options;
	const google = providerOptions?.['google'];
	const configured = google?.['thinkingConfig'];
	const thinkingConfig = { includeThoughts: true, ...(isObject(configured) && configured) };
	// JSON values in, JSON values out.
	const changed = { ...google, thinkingConfig } as NonNullable<typeof google>;
	return { ...options, providerOptions: { ...providerOptions, google: changed } };
}

/** One of Google's models behind the AI SDK that returns its thoughts where thinking is asked for. */
export function withThoughts(model: LanguageModelV4): LanguageModelV4 {
	return withCallOptions(model, requestThoughts);
}

/** Google's Gemini API. */
export const google: DeploymentKindDefinition = {
	billsAfterDisconnect: true,
	create,
	fields: ['provider'],
	provider: 'google',
	keyVariables: [
		{ name: 'GEMINI_API_KEY', example: 'AIza…', description: 'Key for Gemini' },
		{ name: 'GOOGLE_API_KEY', example: 'AIza…', description: 'Key for Gemini when `GEMINI_API_KEY` is not set' },
	],
	check: () => [],
	explain: [[/api key not valid/i, 'key-refused']],
};
