import type { ConfigIssue } from '../errors/index.ts';
import {
	type Credential,
	DEFAULT_DEPLOYMENT_PRIORITY,
	DEFAULT_LOGIN_PRIORITY,
	DEPLOYMENT_PRESETS,
	type DeploymentAccess,
	type DeploymentSettings,
	KIND_DEFINITIONS,
	type MissingVariables,
	resolveServedProvider,
} from '../providers/index.ts';
import { type Environment, readVariable } from './environment.ts';
import { PROVIDER_NAMES, type SwitchyardConfig } from './switchyard-config.ts';

/** A deployment that cannot be called for want of a secret. */
interface MissingCredential {
	id: string;
	/** Setting that would name it, e.g. `deployments[0].apiKey`. */
	path: string;
	/** Variables that were looked for. */
	variables: readonly string[];
	/** The configuration names it: its absence is a mistake, not a provider that is not used. */
	isConfigured: boolean;
}

/** What can be called, in the order in which it is tried, and what cannot. Holds secrets: never log it. */
interface ResolvedDeployments {
	deployments: DeploymentAccess[];
	missing: MissingCredential[];
}

type ConfiguredDeployments = Pick<SwitchyardConfig, 'providers' | 'deployments' | 'models'>;

/** Variables that may hold a deployment's key: the one it names, else those of its preset or kind. */
function listKeyVariables({ accessKeyId, apiKey, kind, preset }: DeploymentSettings): string[] {
	if (apiKey !== undefined) return [apiKey.replace(/^env:/, '')];
	// Access keys that the configuration names are meant, not an API key that happens to be in the environment.
	if (accessKeyId !== undefined) return [];
	const ofPreset = preset === undefined ? null : DEPLOYMENT_PRESETS[preset].keyVariable;
	const variables = ofPreset === null ? KIND_DEFINITIONS[kind].keyVariables : [ofPreset];
	return variables.map(({ name }) => name);
}

function resolveCredential(settings: DeploymentSettings, environment: Environment): Credential | MissingVariables {
	const { auth = 'api-key' } = settings;
	if (auth === 'none') return { credential: 'none', auth };
	if (auth === 'passthrough') return { credential: `passthrough:${settings.id}`, auth };
	const variables = listKeyVariables(settings);
	for (const name of variables) {
		const apiKey = readVariable(environment, name);
		if (apiKey !== undefined) return { credential: `env:${name}`, auth, apiKey };
	}
	if (settings.apiKey === undefined) {
		const kind = KIND_DEFINITIONS[settings.kind];
		if (kind.resolveCredential) return kind.resolveCredential(settings, (name) => readVariable(environment, name));
		if (variables.length === 0) return { credential: 'none', auth: 'none' };
	}
	return { variables, field: 'apiKey' };
}

/** Models by the catalog's name, whichever of its names the configuration used. */
function canonicalizeModels(
	models: DeploymentSettings['models'],
	catalog: ConfiguredDeployments['models'],
): Record<string, string> {
	const entries = Object.entries(models ?? {}).map(([configured, modelId]) => {
		const wanted = configured.toLowerCase();
		const profile = catalog.find(({ name, id, modelId: known, aliases = [] }) =>
			[name, id, known, ...aliases].some((candidate) => candidate.toLowerCase() === wanted),
		);
		return [profile?.name ?? configured, modelId] as const;
	});
	return Object.fromEntries(entries);
}

function createAccess(
	settings: DeploymentSettings,
	credential: Credential,
	catalog: ConfiguredDeployments['models'],
): DeploymentAccess {
	const { apiVersion, id, kind, preset, project, region, resourceName } = settings;
	const baseUrl = settings.baseUrl ?? (preset && DEPLOYMENT_PRESETS[preset].baseUrl);
	const address = { apiVersion, baseUrl, project, region, resourceName };
	const models = canonicalizeModels(settings.models, catalog);
	const known = preset === undefined ? KIND_DEFINITIONS[kind] : DEPLOYMENT_PRESETS[preset];
	const { billsAfterDisconnect = known.billsAfterDisconnect, passTraceContext } = settings;
	const served = { provider: resolveServedProvider(settings), models };
	const order = { priority: getPriority(settings), weight: settings.weight };
	return { id, kind, ...credential, ...address, ...served, billsAfterDisconnect, passTraceContext, ...order };
}

/** What `providers` and `deployments` describe, with the secrets that they name in the environment. */
export function resolveDeployments(config: ConfiguredDeployments, environment: Environment): ResolvedDeployments {
	const ofProviders = PROVIDER_NAMES.map((name) => ({
		settings: { id: name, kind: name, ...config.providers[name] },
		path: `providers.${name}`,
		isConfigured: config.providers[name]?.apiKey !== undefined,
	}));
	const configured = config.deployments.map((settings, index) => ({
		settings,
		path: `deployments[${index}]`,
		isConfigured: true,
	}));
	const resolved: ResolvedDeployments = { deployments: [], missing: [] };
	const inOrder = [...ofProviders, ...configured].sort((a, b) => getPriority(a.settings) - getPriority(b.settings));
	for (const { settings, path, isConfigured } of inOrder) {
		const credential = resolveCredential(settings, environment);
		if ('credential' in credential) resolved.deployments.push(createAccess(settings, credential, config.models));
		else {
			const { variables, field } = credential;
			resolved.missing.push({ id: settings.id, path: `${path}.${field}`, variables, isConfigured });
		}
	}
	return resolved;
}

function getPriority({ auth, priority }: DeploymentSettings): number {
	return priority ?? (auth === 'passthrough' ? DEFAULT_LOGIN_PRIORITY : DEFAULT_DEPLOYMENT_PRIORITY);
}

/** A warning for every configured key whose variable is not set. */
export function getMissingKeyWarnings(config: ConfiguredDeployments, environment: Environment): ConfigIssue[] {
	const configured = resolveDeployments(config, environment).missing.filter(({ isConfigured }) => isConfigured);
	return configured.map(({ id, path, variables }) => {
		const names =
			variables.length === 1 ? `variable ${variables[0]}, which is` : `variables ${variables.join(', ')}, which are`;
		return { path, message: `needs the environment ${names} not set: ${id} cannot be called` };
	});
}
