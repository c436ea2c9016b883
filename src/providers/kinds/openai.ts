import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Deployment, DeploymentAccess, EndpointCall } from '../deployment.ts';
import { CHATGPT_ADDRESS, CHATGPT_LOGIN, createLoginDeployment, requireOwnAddress } from './caller-login.ts';
import { createKeyedDeployment, type DeploymentContext, withCallOptions } from './deployment-base.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	if (access.auth !== 'passthrough') return createWithKey(access, context, {});
	requireOwnAddress(access);
	const formats = ['openai-responses'] as const;
	const plan = createWithKey({ ...access, auth: 'none' }, context, { own: CHATGPT_ADDRESS, formats });
	// ids there bear no dates
	const getModelId: Deployment['getModelId'] = (profile) =>
		plan.getModelId(profile)?.replace(/-\d{4}-\d{2}-\d{2}$/, '') ?? null;
	return createLoginDeployment({ ...plan, getModelId }, CHATGPT_LOGIN);
}

function createWithKey(
	access: DeploymentAccess,
	context: DeploymentContext,
	{
		own = 'https://api.openai.com/v1',
		formats = ['openai-chat', 'openai-responses'],
	}: { own?: string; formats?: Deployment['formats'] },
): Deployment {
	return createKeyedDeployment(access, context, {
		own,
		keyHeader: 'authorization',
		formats,
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
	takesLogins: true,
	fields: ['auth', 'provider'],
	provider: 'openai',
	keyVariables: [{ name: 'OPENAI_API_KEY', example: 'sk-…', description: 'Key for OpenAI' }],
	check: () => [],
	explain: [[/insufficient_quota|exceeded your current quota|billing/i, 'no-credit']],
};
