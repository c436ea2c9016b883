import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Deployment, DeploymentAccess, EndpointCall } from '../deployment.ts';
import { createKeyedDeployment, type DeploymentContext, withCallOptions } from './deployment-base.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	return createKeyedDeployment(access, context, {
		own: 'https://api.openai.com/v1',
		keyHeader: 'authorization',
		formats: ['openai-chat', 'openai-responses'],
		answerFormat: 'openai-responses',
		getPath: getOpenAiPath,
		async openModel(modelId, library) {
			const { createOpenAI } = await import('@ai-sdk/openai');
			return withStoreDisabled(createOpenAI(library).responses(modelId));
		},
	});
}

/** Where OpenAI's formats are served, below the base address; `null` where the operation is not. */
export function getOpenAiPath({ format, operation }: Pick<EndpointCall, 'format' | 'operation'>): string | null {
	if (operation === 'embeddings') return format === 'openai-chat' ? '/embeddings' : null;
	if (operation === 'count-tokens') return null;
	if (format === 'openai-chat') return '/chat/completions';
	return format === 'openai-responses' ? '/responses' : null;
}

/** The Responses API stores answers for a month by default: here only callers that ask for it have theirs stored. */
function withStoreDisabled(model: LanguageModelV4): LanguageModelV4 {
	return withCallOptions(model, (options) => {
		const openai = { store: false, ...options.providerOptions?.['openai'] };
		return { ...options, providerOptions: { ...options.providerOptions, openai } };
	});
}

/** OpenAI's API, or whatever speaks all of it. */
export const openai: DeploymentKindDefinition = {
	create,
	fields: ['auth', 'provider'],
	provider: 'openai',
	keyVariables: [{ name: 'OPENAI_API_KEY', example: 'sk-…', description: 'Key for OpenAI' }],
	check: () => [],
	explain: [[/insufficient_quota|exceeded your current quota|billing/i, 'no-credit']],
};
