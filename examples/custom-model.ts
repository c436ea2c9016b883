import assert from 'node:assert/strict';
import { createRoutingSystem, type ModelProfile } from '../src/index.ts';

// A model on a machine of one's own. Profiles from configuration compete beside the specification's models.
const local: ModelProfile = {
	id: 'local-coder',
	name: 'local-coder',
	modelId: 'local-coder-30b',
	provider: 'custom',
	strengths: ['documentation', 'simple-task'],
	costPer1kInputTokens: 0.0001,
	costPer1kOutputTokens: 0.0002,
	latencyMs: 400,
	contextWindow: 32_000,
	maxOutputTokens: 8_000,
	qualityScore: 80,
	supportsExtendedThinking: false,
	supportsVision: false,
	supportsToolUse: true,
};

const routing = createRoutingSystem({ models: [local] });
const documentation = await routing.routeTask('Add JSDoc comments to utility functions');
const architecture = await routing.routeTask('Design scalable microservices architecture');
console.log(`documentation: ${documentation.model.name}, architecture: ${architecture.model.name}`);

assert.equal(documentation.model.name, 'local-coder');
assert.notEqual(architecture.model.name, 'local-coder');
await routing.close();
