import { SIMULATED_DEPLOYMENT_PREFIX } from '../contracts/index.ts';
import type { DeploymentAccess } from '../providers/index.ts';
import type { ProviderSimulator } from '../testing.ts';

/** How a user tells the simulator from a provider. */
export const SIMULATOR_NOTE =
	'No provider key is set, so the built-in simulator answers: the text is made up, the costs are what the real model would charge. Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for real answers.';

const KINDS = ['anthropic', 'openai', 'google'] as const;

/** The simulator at an address, as a deployment of each of its formats. */
export function createSimulatedAccesses(url: string): DeploymentAccess[] {
	return KINDS.map((kind) => ({
		id: `${SIMULATED_DEPLOYMENT_PREFIX}${kind}`,
		kind,
		credential: 'none',
		auth: 'api-key',
		// a credential is masked wherever it comes back: nothing that the simulator answers may contain this one
		apiKey: 'no-key-needed',
		baseUrl: kind === 'openai' ? `${url}/v1` : url,
		provider: kind,
		models: {},
	}));
}

/** The simulator on loopback, started when its accesses are first asked for: beside a provider it would only take time. */
export function prepareSimulatedProviders(): { accesses(): Promise<DeploymentAccess[]>; close(): Promise<void> } {
	let simulator: Promise<ProviderSimulator> | null = null;
	return {
		accesses: async () => {
			simulator ??= import('../testing.ts').then(({ startProviderSimulator }) => startProviderSimulator());
			return createSimulatedAccesses((await simulator).url);
		},
		close: async () => await simulator?.then((started) => started.close()),
	};
}
