import type { SharedV4ProviderOptions } from '@ai-sdk/provider';

type GoogleOptions = SharedV4ProviderOptions[string];

/** Provider options for Google; nothing where there are none. */
export function googleOptions(options: Readonly<Record<string, unknown>>): {
	providerOptions?: SharedV4ProviderOptions;
} {
	const said = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
	// everything in a body came out of JSON
	return said.length === 0 ? {} : { providerOptions: { google: Object.fromEntries(said) as GoogleOptions } };
}
