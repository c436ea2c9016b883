import { describe } from 'vitest';
import type { DeploymentAccess, DeploymentKind } from '../../src/providers/index.ts';
import { createDeployments } from '../../src/providers/index.ts';
import { deploymentContract } from '../../src/testing.ts';
import { contractIt } from '../support/contract-it.ts';

/** Kinds whose wire the simulator speaks, and the path at which it does. */
const KINDS: ReadonlyArray<readonly [name: string, kind: DeploymentKind, path: string]> = [
	['anthropic', 'anthropic', ''],
	['anthropic, written with its version', 'anthropic', '/v1/'],
	['openai', 'openai', '/v1'],
	['google', 'google', ''],
	['openai-compatible', 'openai-compatible', '/v1'],
	['azure', 'azure', '/v1'],
];

describe('every kind of deployment keeps what the gateway relies on', () => {
	for (const [name, kind, path] of KINDS) {
		deploymentContract({
			name,
			it: contractIt,
			create({ url, apiKey }) {
				const access: DeploymentAccess = {
					id: 'under-test',
					kind,
					credential: 'env:KEY',
					auth: 'api-key',
					apiKey,
					baseUrl: `${url}${path}`,
					provider: null,
					models: {},
				};
				const [deployment] = createDeployments([access]);
				if (deployment === undefined) throw new Error('no deployment');
				return deployment;
			},
		});
	}
});
