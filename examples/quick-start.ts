import assert from 'node:assert/strict';
// #region shown
import { createDefaultRoutingSystem } from '../src/index.ts';

const routing = createDefaultRoutingSystem();
const decision = await routing.routeTask('Implement user authentication system with JWT tokens');
console.log(`${decision.model.name}: ${decision.reasoning[0]}`);
const answer = await routing.executeWithRouting('Fix the payment bug', async (model) => `answered by ${model}`);
console.log(answer);
await routing.close();
// #endregion

// sonnet's model is about to go, and its successor competes in its place
assert.deepEqual(decision.model.standsFor, ['sonnet']);
assert.match(answer, /^answered by /);
