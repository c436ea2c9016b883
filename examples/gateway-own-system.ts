import assert from 'node:assert/strict';
import { startProviderSimulator } from '../src/testing.ts';

const simulator = await startProviderSimulator();
process.env['ANTHROPIC_API_KEY'] = 'simulated';
process.env['ANTHROPIC_BASE_URL'] = simulator.url;

// #region shown
import { createDeployments, createGateway, getServedModels, serve } from '../src/gateway.ts';
import { DEFAULT_BUDGET_CONFIG, DEFAULT_ROUTER_CONFIG, RoutingSystem } from '../src/index.ts';

const deployments = createDeployments([
	{
		id: 'anthropic',
		kind: 'anthropic',
		provider: 'anthropic',
		models: {},
		credential: 'env:ANTHROPIC_API_KEY',
		auth: 'api-key',
		apiKey: process.env['ANTHROPIC_API_KEY'],
		baseUrl: process.env['ANTHROPIC_BASE_URL'],
	},
]);
const servedModels = getServedModels(deployments, DEFAULT_ROUTER_CONFIG.models);
// Remembers in memory; pass `openStorage` for a database.
const budget = { ...DEFAULT_BUDGET_CONFIG, dailyLimit: 20 };
const system = new RoutingSystem(DEFAULT_ROUTER_CONFIG, budget, { availableModels: servedModels });
const running = await serve(createGateway(system, { deployments, config: { port: 0 } }));
console.log(`Listening at ${running.url}`);
// #endregion

const answer = await fetch(`${running.url}/v1/chat/completions`, {
	method: 'POST',
	headers: { 'content-type': 'application/json' },
	body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Fix the login bug' }] }),
});
assert.equal(answer.status, 200);
assert.equal(answer.headers.get('x-switchyard-deployment'), 'anthropic');
await running.close();
await system.close();
await simulator.close();
