/** A known server that speaks OpenAI's format. */
export interface DeploymentPreset {
	baseUrl: string;
	/** Variable that holds its key; `null`: it needs none. */
	keyVariable: string | null;
	/** Where address and variable are documented. */
	source: string;
}

/** Names of the known servers. */
export const PRESET_NAMES = ['ollama', 'vllm', 'groq', 'deepseek', 'mistral', 'openrouter'] as const;
/** One of the known servers. */
export type DeploymentPresetName = (typeof PRESET_NAMES)[number];

/** Known servers that speak OpenAI's format, by name. */
export const DEPLOYMENT_PRESETS: Readonly<Record<DeploymentPresetName, DeploymentPreset>> = {
	ollama: {
		baseUrl: 'http://127.0.0.1:11434/v1',
		keyVariable: null,
		source: 'https://docs.ollama.com/api/openai-compatibility',
	},
	vllm: {
		baseUrl: 'http://127.0.0.1:8000/v1',
		keyVariable: null,
		source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
	},
	groq: {
		baseUrl: 'https://api.groq.com/openai/v1',
		keyVariable: 'GROQ_API_KEY',
		source: 'https://console.groq.com/docs/openai',
	},
	deepseek: {
		baseUrl: 'https://api.deepseek.com/v1',
		keyVariable: 'DEEPSEEK_API_KEY',
		source: 'https://api-docs.deepseek.com/',
	},
	mistral: {
		baseUrl: 'https://api.mistral.ai/v1',
		keyVariable: 'MISTRAL_API_KEY',
		source: 'https://docs.mistral.ai/api/',
	},
	openrouter: {
		baseUrl: 'https://openrouter.ai/api/v1',
		keyVariable: 'OPENROUTER_API_KEY',
		source: 'https://openrouter.ai/docs/api-reference/overview',
	},
};
