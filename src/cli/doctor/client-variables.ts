import type { Environment } from '../../config/index.ts';
import type { DeploymentAccess } from '../../providers/index.ts';
import type { Finding } from './finding.ts';

interface AddressVariable {
	name: string;
	/** The provider that is called there. */
	provider: string;
	/** Who reads it. */
	readers: string;
	/** The variable that switchyard reads in its place; none where it reads this one. */
	ours?: string;
}

/**
 * Variables that clients read too, or alone: in a shell that is set up for clients of the gateway, the gateway's own
 * commands find addresses and keys that are not meant for them.
 */
const ADDRESS_VARIABLES: readonly AddressVariable[] = [
	{ name: 'ANTHROPIC_BASE_URL', provider: 'anthropic', readers: 'Claude Code and the Anthropic SDKs' },
	{ name: 'OPENAI_BASE_URL', provider: 'openai', readers: 'the OpenAI SDKs' },
	{ name: 'GEMINI_BASE_URL', provider: 'google', readers: 'switchyard' },
	{ name: 'OPENAI_API_BASE', provider: 'openai', readers: 'older OpenAI SDKs and LiteLLM', ours: 'OPENAI_BASE_URL' },
	{ name: 'ANTHROPIC_API_BASE', provider: 'anthropic', readers: 'LiteLLM', ours: 'ANTHROPIC_BASE_URL' },
	{
		name: 'GOOGLE_GEMINI_BASE_URL',
		provider: 'google',
		readers: "Gemini CLI and Google's SDK",
		ours: 'GEMINI_BASE_URL',
	},
];

/** Keys that other programs read, and the variable that holds the same key here. */
const OTHER_KEYS: ReadonlyArray<{ name: string; provider: string; readers: string; ours: string }> = [
	{
		name: 'ANTHROPIC_AUTH_TOKEN',
		provider: 'anthropic',
		readers: 'Claude Code and the Anthropic SDKs',
		ours: 'ANTHROPIC_API_KEY',
	},
	{
		name: 'GOOGLE_GENERATIVE_AI_API_KEY',
		provider: 'google',
		readers: 'the AI SDK',
		ours: 'GEMINI_API_KEY',
	},
];

/** What is known when the variables are read. */
interface ClientSetup {
	environment: Environment;
	/** The deployments that can be called. */
	accesses: readonly DeploymentAccess[];
	/** Whether an address is the one at which the gateway listens. */
	isOwnAddress: (address: string) => boolean;
}

const readText = (environment: Environment, name: string) => environment[name]?.trim() || null;

/** An address without a user name, a password and a query, which may hold secrets. */
function toPublicAddress(address: string): string {
	const { origin, pathname } = new URL(address);
	return origin + (pathname === '/' ? '' : pathname);
}

/** What the variables of clients mean for switchyard, for each that is set. */
export function checkClientVariables(setup: ClientSetup): Finding[] {
	const { accesses, environment } = setup;
	const addresses = ADDRESS_VARIABLES.map((variable) => checkAddress(variable, setup));
	const keys = OTHER_KEYS.map(({ name, provider, readers, ours }): Finding | null => {
		if (readText(environment, name) === null || accesses.some(({ id }) => id === provider)) return null;
		return { name, status: 'skipped', message: `is read by ${readers} only; switchyard reads ${ours}` };
	});
	return [...addresses, ...keys, checkGoogleKeys(environment)].filter((finding) => finding !== null);
}

function checkAddress(
	{ name, provider, readers, ours }: AddressVariable,
	{ environment, accesses, isOwnAddress }: ClientSetup,
): Finding | null {
	const address = readText(environment, name);
	if (address === null) return null;
	if (!URL.canParse(address)) {
		// of its own variables the configuration says so
		if (ours === undefined) return null;
		const fix = `Write it with http:// or https://, e.g. ${name}=http://127.0.0.1:4141.`;
		return { name, status: 'warning', message: `is no address, and ${readers} read it`, fix };
	}
	const shown = toPublicAddress(address);
	const isCalled = accesses.some(({ id }) => id === provider);
	if (isOwnAddress(address)) {
		// where it is called, the deployment says what is wrong with that
		if (ours === undefined && isCalled) return null;
		return { name, status: 'ok', message: `points at this gateway (${shown}): ${readers} ask it` };
	}
	if (!isCalled)
		return { name, status: 'skipped', message: `points elsewhere (${shown}); no key for ${provider} is set` };
	if (ours === undefined) return { name, status: 'ok', message: `${provider} is called at ${shown}` };
	if (readText(environment, ours) !== null) return null;
	return {
		name,
		status: 'warning',
		message: `points elsewhere (${shown}), but only ${readers} read it: switchyard calls ${provider} at its own address`,
		fix: `If switchyard is to call it there, too: export ${ours}=${shown}`,
	};
}

/** Two keys for Gemini, of which Google's own clients take the other one. */
function checkGoogleKeys(environment: Environment): Finding | null {
	const used = readText(environment, 'GEMINI_API_KEY');
	const other = readText(environment, 'GOOGLE_API_KEY');
	if (used === null || other === null || used === other) return null;
	const message = "differs from GEMINI_API_KEY, which switchyard uses; Google's own SDKs take GOOGLE_API_KEY first";
	return { name: 'GOOGLE_API_KEY', status: 'warning', message, fix: 'Unset the one that is not meant.' };
}

/** Why a deployment must not be called: what it would be called with is meant for clients of the gateway. `null`: nothing speaks against it. */
export function findClientSettings(
	{ id, baseUrl, credential, apiKey }: DeploymentAccess,
	isOwnAddress: (address: string) => boolean,
): Finding | null {
	const keyVariable = credential.startsWith('env:') ? credential.slice(4) : null;
	if (baseUrl !== undefined && isOwnAddress(baseUrl)) {
		const address = ADDRESS_VARIABLES.find(({ provider, ours }) => provider === id && ours === undefined)?.name;
		const variables = [address, keyVariable].filter((name) => typeof name === 'string');
		return {
			name: id,
			status: 'broken',
			message: `is reached at ${toPublicAddress(baseUrl)}, which is this gateway itself: each request would come back to it`,
			fix: `These variables are for clients. Where switchyard itself runs: unset ${variables.join(' ')}`,
		};
	}
	if (keyVariable === null || baseUrl !== undefined) return null;
	const held = apiKey?.startsWith('sk-sy-') ? 'a key of a Switchyard gateway' : apiKey === 'local' ? '"local"' : null;
	if (held === null) return null;
	return {
		name: id,
		status: 'broken',
		message: `${keyVariable} holds ${held}, which is for clients of the gateway: ${id} does not know it`,
		fix: `Set ${keyVariable} to a key of the provider, or where switchyard itself runs: unset ${keyVariable}`,
	};
}
