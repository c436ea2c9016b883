import { createSimulatedAccesses } from '../../src/cli/simulated-deployments.ts';
import { openGateway } from '../../src/gateway.ts';
import { startProviderSimulator } from '../../src/testing.ts';

/** A gateway with the simulator behind it, and the variables by which clients find it, set for this process. */
export async function startSampleGateway(): Promise<{ url: string; close(): Promise<void> }> {
	const simulator = await startProviderSimulator();
	const gateway = await openGateway({
		port: 0,
		simulated: { accesses: createSimulatedAccesses(simulator.url), when: 'always' },
	});
	const { url } = gateway;
	Object.assign(process.env, {
		OPENAI_BASE_URL: `${url}/v1`,
		OPENAI_API_KEY: 'local',
		ANTHROPIC_BASE_URL: url,
		ANTHROPIC_API_KEY: 'local',
		GOOGLE_GEMINI_BASE_URL: url,
		GEMINI_API_KEY: 'local',
	});
	return {
		url,
		close: async () => {
			await gateway.close();
			await simulator.close();
		},
	};
}
