import { expect, it } from 'vitest';
import { TaskClassifier } from '../classify/index.ts';
import { ModelRouter, parseModelChoice } from './model-router.ts';
import { DEFAULT_ROUTER_CONFIG } from './options.ts';

const task = new TaskClassifier().classify('Fix the login bug');

it('an outcome teaches the same as one object and by position', () => {
	const byName = new ModelRouter(DEFAULT_ROUTER_CONFIG);
	const byPosition = new ModelRouter(DEFAULT_ROUTER_CONFIG, 'a path earlier callers passed');
	const tokensUsed = { input: 900, output: 300 };
	const outcome = { model: 'opus', success: false, quality: 10, actualCost: 0.5, actualLatency: 4000, tokensUsed };
	byName.recordOutcome({ taskId: byName.route(task).id, ...outcome });
	byPosition.recordOutcome(byPosition.route(task).id, 'opus', false, 10, 0.5, 4000, tokensUsed);
	expect(byName.getStats().byModel['opus']).toMatchObject({ successRate: 0, avgQuality: 10, avgCost: 0.5 });
	expect(byName.getStats().byModel).toEqual(byPosition.getStats().byModel);
	expect(byName.getBudgetEfficiencyReport()).toEqual({ opus: { costPerSuccess: null, requests: 1 } });
});

it.each([
	['auto[1m]', {}],
	['auto:cheap[1m]', { policy: 'cheap' }],
	['claude-switchyard/auto[1m]', {}],
	['claude-switchyard/auto:best[1M]', { policy: 'best' }],
	['cheap[1m]', { policy: 'cheap' }],
	['opus[1m]', { model: 'opus' }],
])('the mark of a long window that an agent puts behind %s asks for nothing else', (id, choice) => {
	expect(parseModelChoice(id, new ModelRouter(DEFAULT_ROUTER_CONFIG))).toEqual(choice);
});
