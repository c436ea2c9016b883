import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSimulatedAccesses } from '../../src/cli/simulated-deployments.ts';
import { type OpenGateway, type OpenGatewayOptions, openGateway } from '../../src/gateway.ts';
import { type ProviderSimulator, type SimulatorOptions, startProviderSimulator } from '../../src/testing.ts';
import { createTemporaryProject, type TemporaryProject } from './temporary-project.ts';

/** The config file of a project. */
export const CONFIG_FILE = '.claude/orchestration/routing/config.json';

/** A gateway in this process, with the simulator behind it and a project of its own. */
export interface TestGateway {
	running: OpenGateway;
	simulator: ProviderSimulator;
	project: TemporaryProject;
	/** What it said, in order. */
	notices: string[];
	/** Writes the project's config file. */
	configure(config: unknown): void;
	/** Sends a request; a body is sent as JSON. */
	ask(path: string, options?: { body?: unknown; headers?: Record<string, string>; method?: string }): Promise<Response>;
	close(): Promise<void>;
}

/** Writes a project's config file. */
export function writeProjectConfig(project: TemporaryProject, config: unknown): void {
	const path = join(project.path, CONFIG_FILE);
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
}

/** Opens a gateway; `config` is written before. */
export async function openTestGateway(
	options: {
		config?: unknown;
		simulator?: SimulatorOptions;
		watchConfig?: boolean;
		host?: string;
		project?: TemporaryProject;
		openStorage?: OpenGatewayOptions['openStorage'];
	} = {},
): Promise<TestGateway> {
	const { project = createTemporaryProject() } = options;
	const simulator = await startProviderSimulator(options.simulator);
	const notices: string[] = [];
	if (options.config !== undefined) writeProjectConfig(project, options.config);
	const running = await openGateway({
		projectDirectory: project.path,
		environment: {},
		port: 0,
		...(options.host === undefined ? {} : { host: options.host }),
		simulated: { accesses: createSimulatedAccesses(simulator.url), when: 'always' },
		watchConfig: options.watchConfig ?? false,
		openStorage: options.openStorage,
		onNotice: (message) => notices.push(message),
		onWarning: (message) => notices.push(message),
	});
	return {
		running,
		simulator,
		project,
		notices,
		configure: (config) => writeProjectConfig(project, config),
		ask: (path, { body, headers = {}, method } = {}) =>
			fetch(`http://127.0.0.1:${running.port}${path}`, {
				method: method ?? (body === undefined ? 'GET' : 'POST'),
				headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			}),
		close: async () => {
			await running.close();
			await simulator.close();
			project.remove();
		},
	};
}

/** A request for a chat completion. */
export function chat(model = 'auto', more: Record<string, unknown> = {}): Record<string, unknown> {
	return { model, messages: [{ role: 'user', content: 'Fix the login bug' }], ...more };
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
	const end = Date.now() + timeoutMs;
	while (!(await isSo())) {
		if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
