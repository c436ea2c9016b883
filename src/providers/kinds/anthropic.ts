import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { EndpointOperation } from '../../contracts/index.ts';
import { adjustMaxTokensForThinking } from '../../protocol/index.ts';
import type { Deployment, DeploymentAccess } from '../deployment.ts';
import { CLAUDE_LOGIN, createLoginDeployment, requireOwnAddress } from './caller-login.ts';
import { createKeyedDeployment, type DeploymentContext, withCallOptions } from './deployment-base.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';

const API_VERSION = '2023-06-01';

const PATHS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: '/v1/messages',
	stream: '/v1/messages',
	'count-tokens': '/v1/messages/count_tokens',
};

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	if (access.auth !== 'passthrough') return createWithKey(access, context);
	requireOwnAddress(access);
	return createLoginDeployment(createWithKey({ ...access, auth: 'none' }, context), CLAUDE_LOGIN);
}

function createWithKey(access: DeploymentAccess, context: DeploymentContext): Deployment {
	return createKeyedDeployment(access, context, {
		own: 'https://api.anthropic.com',
		ending: '/v1',
		keyHeader: 'x-api-key',
		headers: { 'anthropic-version': API_VERSION },
		formats: ['anthropic-messages'],
		answerFormat: 'anthropic-messages',
		getPath: ({ format, operation }) => (format === 'anthropic-messages' ? (PATHS[operation] ?? null) : null),
		async openModel(modelId, { baseURL, ...library }) {
			const { createAnthropic } = await import('@ai-sdk/anthropic');
			return await withOutputLimit(createAnthropic({ ...library, baseURL: `${baseURL}/v1` })(modelId));
		},
	});
}

/**
 * One of Anthropic's models behind the AI SDK, held to the output it is allowed: the AI SDK would add the tokens of
 * thinking on top, for which no money is reserved.
 */
export async function withOutputLimit(model: LanguageModelV4): Promise<LanguageModelV4> {
	const { getModelCapabilities } = await import('@ai-sdk/anthropic/internal');
	const { rejectsBudgetThinking, supportsAdaptiveThinking } = getModelCapabilities(model.modelId);
	const rules = { takesBudget: !rejectsBudgetThinking, isAdaptive: supportsAdaptiveThinking };
	return withCallOptions(model, (options) => adjustMaxTokensForThinking(options, rules));
}

/** Anthropic's API, or whatever speaks like it. */
export const anthropic: DeploymentKindDefinition = {
	create,
	takesLogins: true,
	fields: ['auth', 'provider'],
	provider: 'anthropic',
	keyVariables: [{ name: 'ANTHROPIC_API_KEY', example: 'sk-ant-…', description: 'Key for Anthropic' }],
	check: () => [],
	explain: [[/credit balance|billing/i, 'no-credit']],
};
