import type { DeploymentKind } from '../contracts/index.ts';
import { checkHost, parseHttpAddress, type ValueIssue, type ValuePath } from '../util/index.ts';
import { type DeploymentSettings, resolveServedProvider } from './deployment-settings.ts';
import type { ConfigLayer } from './switchyard-config.ts';

/** What is wrong with a list of deployments, by the path within it. */
export interface DeploymentIssue {
	path: readonly (string | number)[];
	message: string;
}

/** Settings that have a meaning for some kinds only. */
const KINDS_OF_FIELD: ReadonlyArray<readonly [field: keyof DeploymentSettings, kinds: readonly DeploymentKind[]]> = [
	['preset', ['openai-compatible']],
	['region', ['bedrock', 'vertex']],
	['project', ['vertex']],
	['resourceName', ['azure']],
	['apiVersion', ['azure']],
	['accessKeyId', ['bedrock']],
	['secretAccessKey', ['bedrock']],
	['sessionToken', ['bedrock']],
	['provider', ['anthropic', 'openai', 'google', 'openai-compatible', 'azure', 'vertex']],
	['auth', ['anthropic', 'openai', 'openai-compatible', 'azure', 'vertex']],
];

function checkFields(settings: DeploymentSettings): DeploymentIssue[] {
	return KINDS_OF_FIELD.flatMap(([field, kinds]) => {
		if (settings[field] === undefined || kinds.includes(settings.kind)) return [];
		const hint = field === 'provider' ? 'Its model ids are its own: list them under "models"' : 'Leave it out';
		return [{ path: [field], message: `has no meaning for the kind "${settings.kind}". ${hint}` }];
	});
}

function checkRequired({ kind, ...settings }: DeploymentSettings): DeploymentIssue[] {
	const issues: DeploymentIssue[] = [];
	const need = (field: keyof DeploymentSettings, message: string) => issues.push({ path: [field], message });
	if (kind === 'openai-compatible' && settings.baseUrl === undefined && settings.preset === undefined)
		need('baseUrl', 'is missing: write the server\'s address, e.g. "http://127.0.0.1:8000/v1", or name a preset');
	if (kind === 'azure' && settings.baseUrl === undefined && settings.resourceName === undefined)
		need('resourceName', 'is missing: write the name of the Azure resource, or its address as baseUrl');
	if (kind === 'bedrock' && settings.region === undefined)
		need('region', 'is missing: write the AWS region, e.g. "us-east-1"');
	if (
		kind === 'vertex' &&
		settings.project === undefined &&
		(settings.apiKey === undefined || settings.auth === 'bearer')
	)
		need('project', 'is missing: write the Google Cloud project, or an apiKey for express mode');
	if (Object.keys(settings.models ?? {}).length === 0 && resolveServedProvider({ kind, ...settings }) === null)
		need('models', 'is missing: list the models it serves, each with its id there, e.g. { "opus": "…" }');
	return issues;
}

function checkContradictions({ auth, apiKey, kind }: DeploymentSettings): DeploymentIssue[] {
	if (auth === 'none' && apiKey !== undefined) {
		return [{ path: ['auth'], message: 'says that no key is sent, and apiKey names one. Leave one of them out' }];
	}
	if (kind === 'vertex' && auth === 'bearer' && apiKey === undefined) {
		return [{ path: ['apiKey'], message: 'is missing: name the variable of the token, or leave out "auth"' }];
	}
	return [];
}

const RESERVED_IDS = ['anthropic', 'openai', 'google'];

function checkId(deployments: readonly DeploymentSettings[], index: number): DeploymentIssue[] {
	const id = deployments[index]?.id ?? '';
	const known = id.toLowerCase();
	if (RESERVED_IDS.includes(known)) {
		const message = `"${id}" is the deployment that "providers" makes. Choose another name, or set it there`;
		return [{ path: ['id'], message }];
	}
	const first = deployments.findIndex((other) => other.id.toLowerCase() === known);
	if (first === index) return [];
	return [{ path: ['id'], message: `"${id}" is there twice, first as deployment ${first}. Give each its own name` }];
}

/** Whatever contradicts itself or another entry. */
export function checkDeployments(deployments: readonly DeploymentSettings[]): DeploymentIssue[] {
	return deployments.flatMap((settings, index) =>
		[
			...checkId(deployments, index),
			...checkFields(settings),
			...checkRequired(settings),
			...checkContradictions(settings),
		].map(({ path, message }) => ({ path: [index, ...path], message })),
	);
}

function* addresses(config: ConfigLayer): Generator<{ path: ValuePath; address: string }> {
	for (const [name, settings] of Object.entries(config.providers ?? {})) {
		if (settings.baseUrl !== undefined) yield { path: ['providers', name, 'baseUrl'], address: settings.baseUrl };
	}
	for (const [index, { baseUrl }] of (config.deployments ?? []).entries()) {
		if (baseUrl !== undefined) yield { path: ['deployments', index, 'baseUrl'], address: baseUrl };
	}
}

/** Addresses of providers that lead where no provider may be: private networks that are not listed, services of the cloud. */
export function checkAddresses(config: ConfigLayer): ValueIssue[] {
	const allowed = config.gateway?.allowedPrivateHosts ?? [];
	return [...addresses(config)].flatMap(({ path, address }) => {
		const url = parseHttpAddress(address);
		const verdict = url === null ? 'allowed' : checkHost(url.hostname, allowed);
		if (url === null || verdict === 'allowed') return [];
		const message =
			verdict === 'private'
				? `leads into a private network. If that is meant, add "${url.hostname}" to gateway.allowedPrivateHosts`
				: `leads to ${url.hostname}, where no provider can be: link-local, reserved and metadata addresses are never called`;
		return [{ path, message }];
	});
}
