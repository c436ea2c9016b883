import type { DeploymentAccess } from '../../src/gateway.ts';

/** One deployment of each provider, all at the address of a provider that does what it is told. */
export function createRawAccesses(url: string): DeploymentAccess[] {
	const kinds = ['anthropic', 'openai', 'google'] as const;
	return kinds.map((kind) => ({
		id: kind,
		kind,
		credential: 'none',
		auth: 'api-key',
		apiKey: 'raw',
		baseUrl: kind === 'openai' ? `${url}/v1` : url,
		provider: kind,
		models: {},
	}));
}
