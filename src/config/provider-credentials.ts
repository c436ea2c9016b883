import { type Environment, readVariable } from './environment.ts';
import { PROVIDER_NAMES, type ProviderName, type SwitchyardConfig } from './switchyard-config.ts';

/** What a call to a provider needs. Holds a secret: never log it. */
export interface ProviderCredential {
	apiKey: string;
	baseUrl?: string;
}

/** Variables that hold a provider's key when the configuration names no other; the first that is set counts. */
const KEY_VARIABLES: Readonly<Record<ProviderName, readonly string[]>> = {
	anthropic: ['ANTHROPIC_API_KEY'],
	openai: ['OPENAI_API_KEY'],
	google: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
};

/** The variable a configured `env:NAME` names; `null` when none is configured. */
function referredVariable(config: Pick<SwitchyardConfig, 'providers'>, provider: ProviderName): string | null {
	return config.providers[provider]?.apiKey?.replace(/^env:/, '') ?? null;
}

/** Keys and addresses of the providers that can be called; a provider without a key is not in the answer. */
export function readProviderCredentials(
	config: Pick<SwitchyardConfig, 'providers'>,
	environment: Environment,
): Partial<Record<ProviderName, ProviderCredential>> {
	const credentials: Partial<Record<ProviderName, ProviderCredential>> = {};
	for (const provider of PROVIDER_NAMES) {
		const referred = referredVariable(config, provider);
		const names = referred === null ? KEY_VARIABLES[provider] : [referred];
		const apiKey = names.map((name) => readVariable(environment, name)).find((key) => key !== undefined);
		const baseUrl = config.providers[provider]?.baseUrl;
		if (apiKey !== undefined) credentials[provider] = { apiKey, ...(baseUrl !== undefined && { baseUrl }) };
	}
	return credentials;
}
