import type { DeploymentAuth, DeploymentKind } from '../contracts/index.ts';
import type { DeploymentPresetName } from './deployment-presets.ts';

/** A model's endpoint as the configuration describes it. Secrets only as `env:NAME`. */
export interface DeploymentSettings {
	/** Unique; `anthropic`, `openai` and `google` are those of `providers`. */
	id: string;
	kind: DeploymentKind;
	/** A known server that speaks OpenAI's format: its address and key variable. */
	preset?: DeploymentPresetName;
	apiKey?: string;
	/** @default 'api-key'; 'none' where a preset needs no key */
	auth?: DeploymentAuth;
	baseUrl?: string;
	/** Bedrock and Vertex. @default Vertex: 'global' */
	region?: string;
	/** Vertex: the Google Cloud project. */
	project?: string;
	/** Azure: the resource's name. */
	resourceName?: string;
	/** Azure: a dated API version; without it the v1 surface is used. */
	apiVersion?: string;
	/** Bedrock without an API key. @default AWS's own variables */
	accessKeyId?: string;
	secretAccessKey?: string;
	sessionToken?: string;
	/** The catalog's provider all of whose models are served. @default the kind's or preset's own, unless `models` lists some */
	provider?: string;
	/** Models served here, by name, each with its id at this deployment. */
	models?: Record<string, string>;
	/** Lower is tried first. @default 100 */
	priority?: number;
}

/** The priority of a deployment that names none, those of `providers` too. */
export const DEFAULT_DEPLOYMENT_PRIORITY = 100;

/** Where each kind's key is looked for when the configuration names no variable. */
export const KEY_VARIABLES: Readonly<Record<DeploymentKind, readonly string[]>> = {
	anthropic: ['ANTHROPIC_API_KEY'],
	openai: ['OPENAI_API_KEY'],
	google: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
	'openai-compatible': [],
	bedrock: ['AWS_BEARER_TOKEN_BEDROCK'],
	azure: ['AZURE_API_KEY'],
	vertex: [],
};

/** The catalog's provider that a kind serves when nothing else is said. */
function getDefaultProvider({ kind, preset }: Pick<DeploymentSettings, 'kind' | 'preset'>): string | null {
	if (kind === 'anthropic' || kind === 'openai' || kind === 'google') return kind;
	return preset ?? null;
}

/** The provider all of whose models a deployment serves; `null` when it serves only those it lists. */
export function resolveServedProvider(settings: DeploymentSettings): string | null {
	if (settings.provider !== undefined) return settings.provider;
	return settings.models === undefined ? getDefaultProvider(settings) : null;
}
