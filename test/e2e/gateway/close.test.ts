import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { DEFAULT_GATEWAY_CONFIG } from '../../../src/gateway.ts';
import { inventedModel, openTestGateway, simulatedDeployment } from '../../support/open-scripted-gateway.ts';

it('a connection on which nothing was asked (a load balancer’s, a browser’s) does not hold up a restart', async () => {
	const gateway = await openTestGateway({
		deployments: [simulatedDeployment('openai', { m: 'm-id' })],
		config: { models: [inventedModel('m')], candidates: ['m'], defaultModel: 'm', fallbacks: { m: [] } },
	});
	const socket = connect(gateway.gateway.port, '127.0.0.1');
	await once(socket, 'connect');
	const closed = once(socket, 'close');
	const startedAt = performance.now();
	await gateway.close();
	await closed;
	// Half the time that requests in flight are given.
	expect(performance.now() - startedAt).toBeLessThan(DEFAULT_GATEWAY_CONFIG.drainTimeoutMs / 2);
});
