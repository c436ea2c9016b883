import { expect, it } from 'vitest';
import { readProviderCredentials } from './provider-credentials.ts';

it('keys come from their well-known variables; an empty one is none', () => {
	const environment = { ANTHROPIC_API_KEY: ' key-a\n', OPENAI_API_KEY: '', GOOGLE_API_KEY: 'key-g' };
	expect(readProviderCredentials({ providers: {} }, environment)).toEqual({
		anthropic: { apiKey: 'key-a' },
		google: { apiKey: 'key-g' },
	});
	expect(readProviderCredentials({ providers: {} }, { ...environment, GEMINI_API_KEY: 'key-first' }).google).toEqual({
		apiKey: 'key-first',
	});
});

it('a reference is followed, and does not fall back to another account’s key', () => {
	const providers = { openai: { apiKey: 'env:WORK_KEY', baseUrl: 'https://proxy.example/v1' } };
	expect(readProviderCredentials({ providers }, { WORK_KEY: 'w', OPENAI_API_KEY: 'private' })).toEqual({
		openai: { apiKey: 'w', baseUrl: 'https://proxy.example/v1' },
	});
	expect(readProviderCredentials({ providers }, { OPENAI_API_KEY: 'private' })).toEqual({});
});
