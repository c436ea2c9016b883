import assert from 'node:assert/strict';
// #region shown
import { createRoutingSystem } from '../src/index.ts';

const routing = createRoutingSystem();
routing.fallback.defineFallbacks('sonnet', ['haiku']);
const answer = await routing.executeWithRouting('Fix bug in payment processing', async (model) => {
	if (model !== 'haiku') throw Object.assign(new Error('no access to this model'), { status: 403 });
	return { output: `answered by ${model}`, usage: { input: 1200, output: 300 } };
});
console.log(answer.output);
// #endregion

assert.equal(answer.output, 'answered by haiku');
// haiku: 1200 × $1 + 300 × $5 per million tokens
const [charge] = (await routing.exportData()).costs;
assert.equal(charge?.costNanoUsd, 2_700_000);
await routing.close();
