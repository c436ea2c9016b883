import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeployments, createGateway, getServedModels, type RunningGateway, serve } from '../../../src/gateway.ts';
import { DEFAULT_BUDGET_CONFIG, DEFAULT_ROUTER_CONFIG, RoutingSystem } from '../../../src/index.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../../src/testing.ts';

let simulator: ProviderSimulator;
let system: RoutingSystem;
let running: RunningGateway | null = null;

beforeEach(async () => {
	simulator = await startProviderSimulator();
});
afterEach(async () => {
	await running?.close();
	running = null;
	await system.close();
	await simulator.close();
});

/** A system of the caller's own, in memory, over simulated deployments. */
function makeSystem() {
	const deployments = createDeployments(
		(['anthropic', 'openai'] as const).map((kind) => ({
			id: `simulated-${kind}`,
			kind,
			credential: 'none',
			auth: 'api-key' as const,
			apiKey: 'simulated',
			baseUrl: kind === 'openai' ? `${simulator.url}/v1` : simulator.url,
			provider: kind,
			models: {},
		})),
	);
	const availableModels = getServedModels(deployments, DEFAULT_ROUTER_CONFIG.models);
	system = new RoutingSystem(DEFAULT_ROUTER_CONFIG, { ...DEFAULT_BUDGET_CONFIG, dailyLimit: 20 }, { availableModels });
	return { deployments, system };
}

const ask = (url: string, model = 'auto', headers: Record<string, string> = {}) =>
	fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Fix the login bug' }] }),
	});

describe('a gateway over a routing system of one’s own', () => {
	it('answers by any provider, and books into that system', async () => {
		const { deployments } = makeSystem();
		const gateway = createGateway(system, { deployments, config: { port: 0 } });
		running = await serve(gateway);
		for (const model of ['auto', 'haiku', 'gpt-5-mini']) {
			const answer = await ask(running.url, model);
			expect(answer.status, await answer.text()).toBe(200);
		}
		await gateway.settled();
		const { ledger } = await system.flush();
		expect(await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10)).toHaveLength(3);
		expect((await system.budgetStatus()).dailySpent).toBeGreaterThan(0);
	});

	it('has the admin API, which has no configuration file to reload', async () => {
		const { deployments } = makeSystem();
		running = await serve(createGateway(system, { deployments, config: { port: 0 } }));
		const status = await (await fetch(`${running.url}/admin/v1/status`)).json();
		expect(status).toMatchObject({ deployments: [{ id: 'simulated-anthropic' }, { id: 'simulated-openai' }] });
		const reload = await fetch(`${running.url}/admin/v1/config/reload`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
		});
		expect([reload.status, await reload.text()]).toEqual([
			422,
			expect.stringContaining('without a configuration file'),
		]);
	});

	it('can be mounted on a server of one’s own', async () => {
		const { deployments } = makeSystem();
		const gateway = createGateway(system, { deployments });
		const server = createServer((request, response) => {
			if (request.url === '/own') response.end('mine');
			else gateway.handleRequest(request, response);
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const address = server.address();
		const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
		expect(await (await fetch(`${url}/own`)).text()).toBe('mine');
		expect((await ask(url)).status).toBe(200);
		server.close();
		await gateway.settled();
		await gateway.close();
	});

	it('refuses a configuration that cannot be, and an address beyond loopback without keys', () => {
		const { deployments } = makeSystem();
		expect(() => createGateway(system, { deployments, config: { port: 70_000 } })).toThrow(/gateway\.port/);
		expect(() => createGateway(system, { deployments, config: { host: '0.0.0.0' } })).toThrow(/gateway\.requireKey/);
	});
});
