import { expect, it } from 'vitest';
import { makeProfile } from '../../test/support/route-models.ts';
import { DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { completeRouterConfig } from './options.ts';
import { RoutingSystem } from './routing-system.ts';
import { whatIf } from './what-if.ts';

const NOW = Date.UTC(2026, 10, 29);

const models = [
	makeProfile('light', { qualityScore: 85, costPer1kInputTokens: 0.0005, costPer1kOutputTokens: 0.002 }),
	makeProfile('strong', { qualityScore: 97, costPer1kInputTokens: 0.005, costPer1kOutputTokens: 0.025 }),
];
const createSystem = (availableModels?: string[]): RoutingSystem =>
	new RoutingSystem(
		completeRouterConfig({ models, candidates: ['light', 'strong'], defaultModel: 'light' }),
		{ ...DEFAULT_BUDGET_CONFIG, perRequestLimit: 10 },
		{ clock: new ManualClock(NOW), availableModels },
	);

it('tries the policies beside single models, whether they can be called here or not, and records nothing', async () => {
	await using system = createSystem(['light']);
	const report = await whatIf(system, { policies: ['auto', 'best', 'cheapest'] });
	expect(report).toMatchObject({ baseline: 'strong', strongest: 'strong', cheapest: 'light', bestSingle: 'light' });
	const [auto, best, cheapest] = report.policies;
	expect(best?.models).toEqual([{ model: 'strong', share: 1 }]);
	expect(best?.savedPercent).toBeCloseTo(0, 9);
	expect(cheapest?.models).toEqual([{ model: 'light', share: 1 }]);
	expect(auto?.costPer1000).toBeGreaterThan(cheapest?.costPer1000 ?? 0);
	expect(auto?.costPer1000).toBeLessThan(best?.costPer1000 ?? 0);
	expect(auto?.coin?.models).toHaveLength(2);
	expect(await system.exportData()).toMatchObject({ decisions: [], costs: [] });
	expect(system.getStatus().routing.totalDecisions).toBe(0);
});

it('takes tasks as text, as kinds, and from what was recorded with the tokens that were used', async () => {
	await using system = createSystem();
	const kind = { type: 'debugging', complexity: 'critical', inputTokens: 1000, outputTokens: 2000 } as const;
	const kinds = await whatIf(system, { asks: [{ ...kind, requests: 4 }], policies: ['best'] });
	expect(kinds).toMatchObject({ mix: 'given', requests: 4 });
	expect(kinds.policies[0]?.costPer1000).toBeCloseTo(1000 * (0.005 + 2 * 0.025), 9);
	expect((await whatIf(system, { asks: [{ task: 'Fix the login bug' }] })).requests).toBe(1);

	await system.executeWithRouting('Fix the login bug', async () => ({ input: 3000, output: 100 }));
	const history = await whatIf(system, { history: { from: 0, to: NOW + 1 }, policies: ['best'] });
	expect(history).toMatchObject({ mix: 'recorded', requests: 1 });
	expect(history.policies[0]?.costPer1000).toBeCloseTo(1000 * (3 * 0.005 + 0.1 * 0.025), 9);
});

it('says what is wrong with what it is asked', async () => {
	await using system = createSystem();
	await expect(whatIf(system, { policies: ['chepest'] })).rejects.toThrow('did you mean "cheapest"?');
	await expect(whatIf(system, { asks: [] })).rejects.toThrow('There are no requests to try');
	await expect(whatIf(system, { asks: [{ task: 'x', requests: 0 }] })).rejects.toThrow('"requests" is 0');
});
