import assert from 'node:assert/strict';
// #region shown
import { createRoutingSystem, isBudgetExceededError } from '../src/index.ts';

// A limit that no request fits: the executor is never called.
const routing = createRoutingSystem({}, { dailyLimit: 0.000001 });
let answer: string | null = null;
try {
	answer = await routing.executeWithRouting('Fix bug in payment processing', async () => 'never');
} catch (error) {
	if (!isBudgetExceededError(error)) throw error;
	console.log(`${error.message}\nAgain after ${error.resetsAt}`);
}
await routing.close();
// #endregion

assert.equal(answer, null);
