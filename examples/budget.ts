import assert from 'node:assert/strict';
import { createRoutingSystem, isBudgetExceededError } from '../src/index.ts';

// A limit that no request fits: the executor is never called.
const routing = createRoutingSystem({}, { dailyLimit: 0.000001 });
try {
	await routing.executeWithRouting('Fix bug in payment processing', async () => 'never');
	assert.fail('the budget was not held');
} catch (error) {
	assert.ok(isBudgetExceededError(error));
	console.log(error.message);
}
assert.equal((await routing.budgetStatus()).dailySpent, 0);
await routing.close();
