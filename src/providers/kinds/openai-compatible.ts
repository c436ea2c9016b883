import type { Deployment, DeploymentAccess, DeploymentPresetName } from '../deployment.ts';
import { createKeyedDeployment, type DeploymentContext } from './deployment-base.ts';
import { type CredentialVariable, type DeploymentKindDefinition, issueOf } from './deployment-kind.ts';
import { getOpenAiPath } from './openai.ts';

/** A known server that speaks OpenAI's format. */
interface DeploymentPreset {
	baseUrl: string;
	/** Variable that holds its key; `null`: it needs none. */
	keyVariable: CredentialVariable | null;
	/** As of a kind. */
	billsAfterDisconnect?: true;
}

function presetKey(preset: DeploymentPresetName, name: string, example: string): CredentialVariable {
	return { name, example, description: `Key for deployments with the preset ${preset}` };
}

/** Known servers that speak OpenAI's format, by name. */
export const DEPLOYMENT_PRESETS: Readonly<Record<DeploymentPresetName, DeploymentPreset>> = {
	// Source: https://docs.ollama.com/api/openai-compatibility
	ollama: { baseUrl: 'http://127.0.0.1:11434/v1', keyVariable: null },
	// Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
	vllm: { baseUrl: 'http://127.0.0.1:8000/v1', keyVariable: null },
	// Source: https://console.groq.com/docs/openai
	groq: {
		baseUrl: 'https://api.groq.com/openai/v1',
		keyVariable: presetKey('groq', 'GROQ_API_KEY', 'gsk_…'),
		billsAfterDisconnect: true,
	},
	// Source: https://api-docs.deepseek.com/
	deepseek: { baseUrl: 'https://api.deepseek.com/v1', keyVariable: presetKey('deepseek', 'DEEPSEEK_API_KEY', 'sk-…') },
	// Source: https://docs.mistral.ai/api/
	mistral: {
		baseUrl: 'https://api.mistral.ai/v1',
		keyVariable: presetKey('mistral', 'MISTRAL_API_KEY', 'key…'),
		billsAfterDisconnect: true,
	},
	// Source: https://openrouter.ai/docs/api-reference/overview
	openrouter: {
		baseUrl: 'https://openrouter.ai/api/v1',
		keyVariable: presetKey('openrouter', 'OPENROUTER_API_KEY', 'sk-or-…'),
	},
};

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	const deployment = createKeyedDeployment(access, context, {
		own: '',
		keyHeader: 'authorization',
		formats: ['openai-chat'],
		answerFormat: 'openai-chat',
		isCompatible: true,
		getPath: (call) => (call.format === 'openai-chat' ? getOpenAiPath(call) : null),
		async openModel(modelId, { baseURL, fetch }) {
			const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
			const settings = { name: access.id, includeUsage: true, supportsStructuredOutputs: true };
			return createOpenAICompatible({ ...settings, baseURL, fetch }).chatModel(modelId);
		},
	});
	return isOpenRouter(access) ? { ...deployment, takesPreferences: true } : deployment;
}

function isOpenRouter({ baseUrl = '', provider }: DeploymentAccess): boolean {
	return provider === 'openrouter' || (URL.canParse(baseUrl) && new URL(baseUrl).hostname === 'openrouter.ai');
}

const NO_ADDRESS = 'is missing: write the server\'s address, e.g. "http://127.0.0.1:8000/v1", or name a preset';

/** A server that speaks OpenAI's Chat Completions: Ollama, vLLM, Groq, DeepSeek, Mistral, OpenRouter, … */
export const openaiCompatible: DeploymentKindDefinition = {
	create,
	fields: ['auth', 'preset', 'provider'],
	provider: null,
	keyVariables: [],
	otherVariables: Object.values(DEPLOYMENT_PRESETS).flatMap(({ keyVariable }) => keyVariable ?? []),
	check: ({ baseUrl, preset }) =>
		baseUrl === undefined && preset === undefined ? [issueOf('baseUrl', NO_ADDRESS)] : [],
	explain: [[/invalid api key/i, 'key-refused']],
};
