import { expect, it } from 'vitest';
import type { RouterEvent, RouterStorage } from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { completeBudgetConfig, completeRouterConfig } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

type Alert = Extract<RouterEvent, { type: 'budget-alert' }>;

function watchedSystem(storage: RouterStorage): { system: RoutingSystem; alerts: Alert[] } {
	const budget = completeBudgetConfig({
		dailyLimit: 1,
		monthlyLimit: 100,
		perRequestLimit: 1,
		rules: [{ scope: 'tag', period: 'day', limit: 0.5, kind: 'soft', warnAt: [50] }],
	});
	const system = new RoutingSystem(completeRouterConfig({ candidates: ['sonnet'] }), budget, {
		openStorage: () => storage,
	});
	const alerts: Alert[] = [];
	system.onEvent((event) => {
		if (event.type === 'budget-alert') alerts.push(event);
	});
	return { system, alerts };
}

/** Books an answer of sonnet that costs $0.3. */
async function spend(system: RoutingSystem, tag: string): Promise<void> {
	const usage = { prompt_tokens: 0, completion_tokens: 20_000, total_tokens: 20_000 };
	const answer = { object: 'chat.completion', model: 'x', choices: [], usage };
	await system.executeWithRouting('Fix bug in payment processing', async () => answer, {
		attribution: { tags: [tag] },
	});
	await system.flush();
}

const said = (alerts: readonly Alert[]) => alerts.map(({ scope, thresholdPercent }) => `${scope} ${thresholdPercent}`);

it('a threshold speaks once per period and limit, over every process that shares the storage', async () => {
	const storage = createMemoryStorage();
	const [one, other] = [watchedSystem(storage), watchedSystem(storage)];
	await spend(one.system, 'nightly');
	expect(said(one.alerts)).toEqual(['tag:nightly 50']);
	await spend(other.system, 'nightly');
	// together $0.6 of $0.5; the half was told by the other process
	expect(said(other.alerts)).toEqual(['tag:nightly 100']);
	await spend(one.system, 'ci');
	expect(said(one.alerts)).toEqual(['tag:nightly 50', 'all 75', 'tag:ci 50']);
	await spend(one.system, 'nightly');
	expect(said([...one.alerts, ...other.alerts]).filter((alert) => alert.startsWith('tag:nightly'))).toHaveLength(2);
	expect(one.alerts[1]).toMatchObject({ period: 'day', spentUsd: 0.9, limitUsd: 1 });
});
