import assert from 'node:assert/strict';
import { createDefaultRoutingSystem, NoEligibleModelError } from '../src/index.ts';

const routing = createDefaultRoutingSystem();
const task = 'Comprehensive security audit of authentication system';

// Limits are hard: a model that breaks one is excluded, with its reason.
const decision = await routing.routeTask(task, { constraints: { maxCost: 0.1, minQuality: 85, maxLatency: 2500 } });
console.log(`${decision.model.name}, about $${decision.estimatedCost.toFixed(4)}`);
for (const { model, message } of decision.exclusions) console.log(`not ${model}: ${message}`);

assert.ok(decision.estimatedCost <= 0.1);
assert.ok(decision.estimatedLatencyMs <= 2500);
assert.equal(decision.exclusions.find(({ model }) => model === 'opus')?.reason, 'max-latency');
assert.equal(decision.exclusions.find(({ model }) => model === 'haiku')?.reason, 'min-quality');

// Limits that no model meets are an error with every reason, never a silent compromise.
await assert.rejects(routing.routeTask(task, { constraints: { maxCost: 0.000001 } }), (error) => {
	assert.ok(error instanceof NoEligibleModelError);
	assert.ok(error.exclusions.some(({ reason }) => reason === 'max-cost'));
	return true;
});
await routing.close();
