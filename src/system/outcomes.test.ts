import { expect, it } from 'vitest';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { completeBudgetConfig, completeRouterConfig } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const TASK = 'Fix bug in payment processing';

it('after twenty requests of a kind, estimates say what such requests cost and take, also after a restart', async () => {
	const storage = createMemoryStorage();
	const clock = new ManualClock(Date.UTC(2026, 10, 24));
	const open = () =>
		new RoutingSystem(
			completeRouterConfig({ candidates: ['sonnet'] }),
			completeBudgetConfig({ dailyLimit: 100, monthlyLimit: 1000 }),
			{
				clock,
				openStorage: () => storage,
			},
		);
	const system = open();
	// sonnet: 1000 × $3 + 100 × $15 per million = $0.0045, in 900 ms
	const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
	const answer = async () => {
		await clock.advance(900);
		return { object: 'chat.completion', model: 'x', choices: [], usage };
	};
	const before = await system.routeTask(TASK);
	expect(Math.abs(before.estimatedCost - 0.0045)).toBeGreaterThan(0.001);
	for (let count = 0; count < 20; count += 1) await system.executeWithRouting(TASK, answer);
	const after = await system.routeTask(TASK);
	expect(after.estimatedCost).toBeCloseTo(0.0045, 4);
	expect(after.estimatedLatencyMs).toBeCloseTo(900, -1);
	expect(after.estimatedCostRange.low).toBeLessThanOrEqual(after.estimatedCost);
	await system.flush();
	const again = await open().routeTask(TASK);
	expect(again.estimatedCost).toBeCloseTo(0.0045, 4);
	const { estimates } = await system.stats();
	expect(estimates?.requests).toBe(20);
	expect(estimates?.cost).toBeGreaterThan(0);
});
