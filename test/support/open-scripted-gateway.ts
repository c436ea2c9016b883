import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CustomModelProfile } from '../../src/config/index.ts';
import { type DeploymentAccess, type OpenGateway, type OpenGatewayOptions, openGateway } from '../../src/gateway.ts';
import { type ProviderSimulator, type SimulatorOptions, startProviderSimulator } from '../../src/testing.ts';
import { createTemporaryProject } from './temporary-project.ts';

/** A row of the database. */
export type Row = Record<string, unknown>;

/** A gateway in a project of its own, with a simulator as its only provider. */
export interface TestGateway {
	url: string;
	gateway: OpenGateway;
	simulator: ProviderSimulator;
	/** What a query finds once everything is written. */
	query(sql: string): Promise<Row[]>;
	/** USD held for requests under way. */
	readHeld(): Promise<number>;
	close(): Promise<void>;
}

/** A deployment of the simulator that serves the given models, by our name and the id there. */
export function simulatedDeployment(
	kind: DeploymentAccess['kind'],
	models: Record<string, string>,
	id: string = kind,
): Omit<DeploymentAccess, 'baseUrl'> {
	return { id, kind, credential: `test:${id}`, auth: 'api-key', apiKey: 'simulated', provider: null, models };
}

/** An invented model, priced at $1 a million tokens in and $2 out. */
export function inventedModel(name: string, more: Partial<CustomModelProfile> = {}): CustomModelProfile {
	return {
		name,
		id: name,
		modelId: name,
		provider: 'custom',
		strengths: ['factual'],
		costPer1kInputTokens: 0.001,
		costPer1kOutputTokens: 0.002,
		latencyMs: 100,
		ttftMs: { value: 10, source: 'test' },
		contextWindow: 100_000,
		maxOutputTokens: 8000,
		qualityScore: 80,
		supportsExtendedThinking: true,
		supportsVision: true,
		supportsToolUse: true,
		supportsStructuredOutput: true,
		...more,
	};
}

/** Opens one on any free port. */
export async function openTestGateway({
	deployments,
	config,
	simulated = {},
}: {
	/** @default at the simulator */
	deployments: ReadonlyArray<Omit<DeploymentAccess, 'baseUrl'> & { baseUrl?: string }>;
	config: NonNullable<OpenGatewayOptions['argumentValues']>;
	simulated?: SimulatorOptions;
}): Promise<TestGateway> {
	const simulator = await startProviderSimulator(simulated);
	const project = createTemporaryProject();
	const accesses = deployments.map((deployment) => ({
		...deployment,
		baseUrl: deployment.baseUrl ?? (deployment.kind.startsWith('openai') ? `${simulator.url}/v1` : simulator.url),
	}));
	const gateway = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		argumentValues: config,
		simulated: { accesses, when: 'always' },
		watchConfig: false,
		onWarning: () => {},
	});
	return {
		url: gateway.url,
		gateway,
		simulator,
		query: async (sql) => {
			await gateway.gateway.settled();
			await gateway.gateway.runtime.system.flush();
			const database = new DatabaseSync(join(project.path, '.claude/orchestration/db/routing.db'), { readOnly: true });
			try {
				return database.prepare(sql).all();
			} finally {
				database.close();
			}
		},
		readHeld: async () => {
			const limits = await gateway.gateway.runtime.system.budgetLimits();
			return Math.max(...limits.map(({ heldUsd }) => heldUsd ?? 0));
		},
		close: async () => {
			await gateway.close();
			await simulator.close();
			project.remove();
		},
	};
}
