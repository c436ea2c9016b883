import type { DeploymentAccess, DeploymentAuth } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { DEPLOYMENT_PRESETS } from './deployment-presets.ts';
import {
	DEFAULT_DEPLOYMENT_PRIORITY,
	type DeploymentSettings,
	KEY_VARIABLES,
	resolveServedProvider,
} from './deployment-settings.ts';
import { type Environment, readVariable } from './environment.ts';
import { PROVIDER_NAMES, type SwitchyardConfig } from './switchyard-config.ts';

/** A deployment that cannot be called for want of a secret. */
export interface MissingCredential {
	id: string;
	/** Setting that would name it, e.g. `deployments[0].apiKey`. */
	path: string;
	/** Variables that were looked for. */
	variables: readonly string[];
	/** The configuration speaks of it: its absence is a mistake, not a provider that is not used. */
	isConfigured: boolean;
}

/** What can be called, in the order in which it is tried, and what cannot. Holds secrets: never log it. */
export interface ResolvedDeployments {
	deployments: DeploymentAccess[];
	missing: MissingCredential[];
}

type Described = Pick<SwitchyardConfig, 'providers' | 'deployments' | 'models'>;
type Credential = Pick<DeploymentAccess, 'credential' | 'auth' | 'apiKey' | 'aws'>;
/** What was looked for in vain. */
type Wanted = Pick<MissingCredential, 'variables'> & { field: string };

function parseReference(reference: string | undefined): string | null {
	return reference?.replace(/^env:/, '') ?? null;
}

function readKey(names: readonly string[], auth: DeploymentAuth, environment: Environment): Credential | null {
	for (const name of names) {
		const apiKey = readVariable(environment, name);
		if (apiKey !== undefined) return { credential: `env:${name}`, auth, apiKey };
	}
	return null;
}

function readAws(settings: DeploymentSettings, environment: Environment): Credential | Wanted {
	const idName = parseReference(settings.accessKeyId) ?? 'AWS_ACCESS_KEY_ID';
	const secretName = parseReference(settings.secretAccessKey) ?? 'AWS_SECRET_ACCESS_KEY';
	// A session token belongs to one pair of keys: AWS's own is not put to a pair that the configuration names.
	const isOwn = settings.accessKeyId === undefined;
	const tokenName = parseReference(settings.sessionToken) ?? (isOwn ? 'AWS_SESSION_TOKEN' : null);
	const [accessKeyId, secretAccessKey] = [readVariable(environment, idName), readVariable(environment, secretName)];
	if (accessKeyId === undefined || secretAccessKey === undefined) {
		const variables = [...(isOwn ? KEY_VARIABLES.bedrock : []), idName, secretName];
		return { variables, field: isOwn ? 'apiKey' : 'accessKeyId' };
	}
	const sessionToken = tokenName === null ? undefined : readVariable(environment, tokenName);
	const aws = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
	return { credential: `env:${idName}`, auth: 'api-key', aws };
}

function readCredential(settings: DeploymentSettings, environment: Environment): Credential | Wanted {
	const { kind, preset, auth = 'api-key' } = settings;
	if (auth === 'none') return { credential: 'none', auth };
	const named = parseReference(settings.apiKey);
	const ofPreset = preset === undefined ? null : DEPLOYMENT_PRESETS[preset].keyVariable;
	const known = ofPreset === null ? KEY_VARIABLES[kind] : [ofPreset];
	const ownAws = kind === 'bedrock' && settings.accessKeyId !== undefined;
	const names = named !== null ? [named] : ownAws ? [] : known;
	const key = readKey(names, auth, environment);
	if (key !== null) return key;
	if (named === null) {
		if (kind === 'bedrock') return readAws(settings, environment);
		if (kind === 'vertex') return { credential: 'application-default', auth };
		if (names.length === 0) return { credential: 'none', auth: 'none' };
	}
	return { variables: names, field: 'apiKey' };
}

/** Models by the catalog's name, whichever of its names the configuration used. */
function canonicalizeModels(
	models: DeploymentSettings['models'],
	catalog: Described['models'],
): Record<string, string> {
	const entries = Object.entries(models ?? {}).map(([given, modelId]) => {
		const wanted = given.toLowerCase();
		const profile = catalog.find(({ name, id, modelId: known, aliases = [] }) =>
			[name, id, known, ...aliases].some((candidate) => candidate.toLowerCase() === wanted),
		);
		return [profile?.name ?? given, modelId] as const;
	});
	return Object.fromEntries(entries);
}

function createAccess(
	settings: DeploymentSettings,
	credential: Credential,
	catalog: Described['models'],
): DeploymentAccess {
	const { id, kind, preset, region, project, resourceName, apiVersion } = settings;
	const baseUrl = settings.baseUrl ?? (preset === undefined ? undefined : DEPLOYMENT_PRESETS[preset].baseUrl);
	return {
		id,
		kind,
		...credential,
		...(baseUrl !== undefined && { baseUrl }),
		...(region !== undefined && { region }),
		...(project !== undefined && { project }),
		...(resourceName !== undefined && { resourceName }),
		...(apiVersion !== undefined && { apiVersion }),
		provider: resolveServedProvider(settings),
		models: canonicalizeModels(settings.models, catalog),
	};
}

/** What `providers` and `deployments` describe, with what they refer to in the environment. */
export function resolveDeployments(config: Described, environment: Environment): ResolvedDeployments {
	const implicit = PROVIDER_NAMES.map((name) => ({
		settings: { id: name, kind: name, ...config.providers[name] },
		path: `providers.${name}`,
		isConfigured: config.providers[name]?.apiKey !== undefined,
	}));
	const described = config.deployments.map((settings, index) => ({
		settings,
		path: `deployments[${index}]`,
		isConfigured: true,
	}));
	const reading: ResolvedDeployments = { deployments: [], missing: [] };
	const priorityOf = ({ settings }: { settings: DeploymentSettings }) =>
		settings.priority ?? DEFAULT_DEPLOYMENT_PRIORITY;
	const inOrder = [...implicit, ...described].sort((one, other) => priorityOf(one) - priorityOf(other));
	for (const { settings, path, isConfigured } of inOrder) {
		const found = readCredential(settings, environment);
		if ('credential' in found) reading.deployments.push(createAccess(settings, found, config.models));
		else {
			const { variables, field } = found;
			reading.missing.push({ id: settings.id, path: `${path}.${field}`, variables, isConfigured });
		}
	}
	return reading;
}

/** A warning for every configured key whose variable is not set. */
export function getMissingKeyWarnings(config: Described, environment: Environment): ConfigIssue[] {
	const configured = resolveDeployments(config, environment).missing.filter(({ isConfigured }) => isConfigured);
	return configured.map(({ id, path, variables }) => {
		const names = variables.length === 1 ? `variable ${variables[0]} is` : `variables ${variables.join(', ')} are`;
		return { path, message: `the environment ${names} not set: ${id} cannot be called` };
	});
}
