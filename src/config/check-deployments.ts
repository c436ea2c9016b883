import {
	type DeploymentIssue,
	type DeploymentSettings,
	describeForbiddenHost,
	KIND_DEFINITIONS,
	KIND_FIELDS,
	resolveServedProvider,
} from '../providers/index.ts';
import { parseHttpAddress, type ValueIssue, type ValuePath } from '../util/index.ts';
import { type ConfigLayer, PROVIDER_NAMES } from './switchyard-config.ts';

function checkFields(settings: DeploymentSettings): DeploymentIssue[] {
	const { fields } = KIND_DEFINITIONS[settings.kind];
	return KIND_FIELDS.filter((field) => settings[field] !== undefined && !fields.includes(field)).map((field) => {
		const hint = field === 'provider' ? 'Its model ids are its own: list them under "models"' : 'Leave it out';
		return { path: [field], message: `has no meaning for the kind "${settings.kind}". ${hint}` };
	});
}

function checkRules(settings: DeploymentSettings): DeploymentIssue[] {
	const { apiKey, auth, kind, models = {} } = settings;
	const issues = KIND_DEFINITIONS[kind].check(settings);
	if (Object.keys(models).length === 0 && resolveServedProvider(settings) === null) {
		const message = 'is missing: list the models it serves, each with its id there, e.g. { "opus": "…" }';
		issues.push({ path: ['models'], message });
	}
	if (auth === 'none' && apiKey !== undefined) {
		const message = 'says that no key is sent, and apiKey names one. Leave one of them out';
		issues.push({ path: ['auth'], message });
	}
	return issues;
}

/** A login goes to its own provider only, and is nobody's but the caller's. */
function checkLogin({ apiKey, auth, baseUrl, kind }: DeploymentSettings): DeploymentIssue[] {
	if (auth !== 'passthrough') return [];
	const { takesLogins = false } = KIND_DEFINITIONS[kind];
	const kinds = 'a Claude plan needs the kind "anthropic", a ChatGPT plan "openai"';
	return [
		...(takesLogins ? [] : [{ path: ['auth'], message: `passes no login on for the kind "${kind}": ${kinds}` }]),
		...(apiKey === undefined
			? []
			: [{ path: ['apiKey'], message: 'must be left out: the caller’s client has the login' }]),
		...(baseUrl === undefined
			? []
			: [{ path: ['baseUrl'], message: 'must be left out: a login is passed on to its own provider only' }]),
	];
}

function checkId(deployments: readonly DeploymentSettings[], index: number): DeploymentIssue[] {
	const id = deployments[index]?.id ?? '';
	const wanted = id.toLowerCase();
	if (PROVIDER_NAMES.some((name) => name === wanted)) {
		const message = `"${id}" is the deployment that "providers" makes. Choose another name, or set it there`;
		return [{ path: ['id'], message }];
	}
	const first = deployments.findIndex((deployment) => deployment.id.toLowerCase() === wanted);
	if (first === index) return [];
	return [{ path: ['id'], message: `"${id}" is there twice, first as deployment ${first}. Give each its own name` }];
}

/** Settings that contradict one another or another deployment, by their path in the list. */
export function checkDeployments(deployments: readonly DeploymentSettings[]): DeploymentIssue[] {
	return deployments.flatMap((settings, index) =>
		[...checkId(deployments, index), ...checkFields(settings), ...checkRules(settings), ...checkLogin(settings)].map(
			({ path, message }) => ({
				path: [index, ...path],
				message,
			}),
		),
	);
}

function* listAddresses(config: ConfigLayer): Generator<{ path: ValuePath; address: string }> {
	for (const [name, settings] of Object.entries(config.providers ?? {})) {
		if (settings.baseUrl !== undefined) yield { path: ['providers', name, 'baseUrl'], address: settings.baseUrl };
	}
	for (const [index, { baseUrl }] of (config.deployments ?? []).entries()) {
		if (baseUrl !== undefined) yield { path: ['deployments', index, 'baseUrl'], address: baseUrl };
	}
}

/** Addresses at which no provider may be called: private networks that are not listed, services of the cloud. */
export function checkAddresses(config: ConfigLayer): ValueIssue[] {
	return [...listAddresses(config)].flatMap(({ path, address }) => {
		const url = parseHttpAddress(address);
		const message = url === null ? null : describeForbiddenHost(url.hostname, config.gateway?.allowedPrivateHosts);
		return message === null ? [] : [{ path, message }];
	});
}
