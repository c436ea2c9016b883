import type { DeploymentAccess } from '../contracts/index.ts';

const KINDS = ['anthropic', 'openai', 'google'] as const;

/** The simulator at an address, as a deployment of each of its formats. */
export function createSimulatedAccesses(url: string): DeploymentAccess[] {
	return KINDS.map((kind) => ({
		id: `simulated-${kind}`,
		kind,
		credential: 'none',
		auth: 'api-key',
		apiKey: 'simulated',
		baseUrl: kind === 'openai' ? `${url}/v1` : url,
		provider: kind,
		models: {},
	}));
}
