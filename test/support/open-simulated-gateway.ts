import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSimulatedAccesses } from '../../src/cli/simulated-deployments.ts';
import { type OpenGateway, type OpenGatewayOptions, openGateway } from '../../src/gateway.ts';
import { type ProviderSimulator, type SimulatorOptions, startProviderSimulator } from '../../src/testing/index.ts';
import { createTemporaryProject } from './temporary-project.ts';

/** A gateway whose providers are one simulator. */
export interface SimulatedGateway {
	gateway: OpenGateway;
	simulator: ProviderSimulator;
	/** POSTs JSON; the answer's body is read. */
	post(
		path: string,
		body: object | string,
		headers?: Record<string, string>,
	): Promise<{ response: Response; text: string }>;
	close(): Promise<void>;
}

/** Opens a gateway with these settings in its project's config file. */
export async function openSimulatedGateway(
	settings: object = {},
	options: { simulator?: SimulatorOptions; gateway?: Partial<OpenGatewayOptions> } = {},
): Promise<SimulatedGateway> {
	const project = createTemporaryProject();
	const folder = join(project.path, '.claude/orchestration/routing');
	mkdirSync(folder, { recursive: true });
	writeFileSync(
		join(folder, 'config.json'),
		JSON.stringify({ ...settings, gateway: { port: 0, ...gatewayOf(settings) } }),
	);
	const simulator = await startProviderSimulator(options.simulator);
	const gateway = await openGateway({
		projectDirectory: project.path,
		environment: {},
		simulated: { accesses: createSimulatedAccesses(simulator.url), when: 'always' },
		watchConfig: false,
		...options.gateway,
	});
	return {
		gateway,
		simulator,
		async post(path, body, headers = {}) {
			const response = await fetch(`${gateway.url}${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...headers },
				body: typeof body === 'string' ? body : JSON.stringify(body),
			});
			return { response, text: await response.text() };
		},
		async close() {
			await gateway.close();
			await simulator.close();
			project.remove();
		},
	};
}

function gatewayOf(settings: object): object {
	return 'gateway' in settings && typeof settings.gateway === 'object' ? { ...settings.gateway } : {};
}
