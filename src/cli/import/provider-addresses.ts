import type { DeploymentKind, DeploymentPresetName, DeploymentSettings } from '../../providers/index.ts';

/** Where models are called, as an import makes it out: the part of a deployment's settings that is its address. */
export interface ImportedEndpoint {
	/** Base of the deployment's id. */
	id: string;
	kind: DeploymentKind;
	preset?: DeploymentPresetName | undefined;
	baseUrl?: string | undefined;
	/** Settings of the cloud that serves the models. */
	cloud?: Pick<DeploymentSettings, 'region' | 'project' | 'resourceName' | 'apiVersion'>;
	/** Variable in which the key is kept when the file names none; `undefined`: the kind's or preset's own. */
	keyVariable?: string | undefined;
}

/** A provider by the prefix that LiteLLM puts before its models' ids. */
interface KnownProvider {
	kind: DeploymentKind;
	preset?: DeploymentPresetName;
	/** Its public address where it has no preset here. */
	baseUrl?: string;
	keyVariable?: string;
	/** What an address must end with, where files write it without. */
	path?: string;
}

const compatible = (baseUrl: string, keyVariable: string): KnownProvider => ({
	kind: 'openai-compatible',
	baseUrl,
	keyVariable,
});

/**
 * Prefixes of LiteLLM, with the addresses and variables that it uses.
 * Source: https://docs.litellm.ai/docs/providers (2026-11-29), one page for each
 */
export const LITELLM_PROVIDERS: Readonly<Record<string, KnownProvider>> = {
	openai: { kind: 'openai' },
	anthropic: { kind: 'anthropic' },
	gemini: { kind: 'google' },
	azure: { kind: 'azure' },
	bedrock: { kind: 'bedrock' },
	vertex_ai: { kind: 'vertex' },
	groq: { kind: 'openai-compatible', preset: 'groq' },
	deepseek: { kind: 'openai-compatible', preset: 'deepseek' },
	mistral: { kind: 'openai-compatible', preset: 'mistral' },
	openrouter: { kind: 'openai-compatible', preset: 'openrouter' },
	ollama: { kind: 'openai-compatible', preset: 'ollama', path: '/v1' },
	ollama_chat: { kind: 'openai-compatible', preset: 'ollama', path: '/v1' },
	hosted_vllm: { kind: 'openai-compatible', preset: 'vllm' },
	xai: compatible('https://api.x.ai/v1', 'XAI_API_KEY'),
	together_ai: compatible('https://api.together.xyz/v1', 'TOGETHERAI_API_KEY'),
	fireworks_ai: compatible('https://api.fireworks.ai/inference/v1', 'FIREWORKS_AI_API_KEY'),
	perplexity: compatible('https://api.perplexity.ai', 'PERPLEXITYAI_API_KEY'),
	cerebras: compatible('https://api.cerebras.ai/v1', 'CEREBRAS_API_KEY'),
	nvidia_nim: compatible('https://integrate.api.nvidia.com/v1', 'NVIDIA_NIM_API_KEY'),
	deepinfra: compatible('https://api.deepinfra.com/v1/openai', 'DEEPINFRA_API_KEY'),
	moonshot: compatible('https://api.moonshot.ai/v1', 'MOONSHOT_API_KEY'),
	dashscope: compatible('https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'DASHSCOPE_API_KEY'),
	// servers of one's own, whose address the file gives
	litellm_proxy: { kind: 'openai-compatible' },
	openai_like: { kind: 'openai-compatible' },
	custom_openai: { kind: 'openai-compatible' },
	lm_studio: { kind: 'openai-compatible' },
};

/** Hosts whose kind or preset is known, whatever path an address names. */
const KNOWN_HOSTS: Readonly<Record<string, KnownProvider>> = {
	'api.openai.com': { kind: 'openai' },
	'api.anthropic.com': { kind: 'anthropic' },
	'generativelanguage.googleapis.com': { kind: 'google' },
	'api.groq.com': { kind: 'openai-compatible', preset: 'groq' },
	'api.deepseek.com': { kind: 'openai-compatible', preset: 'deepseek' },
	'api.mistral.ai': { kind: 'openai-compatible', preset: 'mistral' },
	'openrouter.ai': { kind: 'openai-compatible', preset: 'openrouter' },
};

/** Ends of full addresses, each with the kind of server that has it. */
const PATH_ENDS: ReadonlyArray<readonly [end: RegExp, kind: DeploymentKind]> = [
	[/\/v1\/messages\/?$/, 'anthropic'],
	[/\/chat\/completions\/?$/, 'openai-compatible'],
	[/\/responses\/?$/, 'openai'],
	[/\/v1beta\/models\/?$/, 'google'],
];

/** The endpoint of a full address, as claude-code-router writes it; `isAnthropic`: it speaks Anthropic's format. */
export function findEndpoint(id: string, address: URL, isAnthropic: boolean): ImportedEndpoint {
	const known = KNOWN_HOSTS[address.hostname];
	// DeepSeek and others serve Anthropic's format below a path of their own
	if (known !== undefined && !(isAnthropic && known.kind !== 'anthropic')) return { id, ...known };
	const text = address.href.replace(/\/+$/, '');
	const [end, kind] = PATH_ENDS.find(([pattern]) => pattern.test(text)) ?? [/\/+$/, 'openai-compatible' as const];
	return { id, kind: isAnthropic ? 'anthropic' : kind, baseUrl: text.replace(end, '') };
}
