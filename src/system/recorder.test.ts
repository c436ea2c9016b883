import { afterEach, expect, it } from 'vitest';
import { completeRouterConfig, type RouterOptions } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const TASK = 'Fix bug in payment processing';
const open: RoutingSystem[] = [];

function createSystem(router: RouterOptions = {}): RoutingSystem {
	const system = new RoutingSystem(completeRouterConfig(router));
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

it('whoever asks later what was tried finds every attempt: where, why it failed, how long, what it cost', async () => {
	const system = createSystem();
	let calls = 0;
	const decision = await system.routeTask(TASK);
	const usage = { prompt_tokens: 1000, completion_tokens: 100 };
	const control = { getDeployments: () => ['east', 'west'] };
	const executor = async () => {
		calls += 1;
		if (calls === 1) throw Object.assign(new Error('overloaded\nand more'), { status: 529 });
		return { object: 'chat.completion', choices: [], usage };
	};
	await system.executeDecision(decision, executor, { hooks: control });
	const attempts = await system.attemptsOf(decision.id);
	const model = decision.model.name;
	const told = { decisionId: decision.id, model, delayMs: 0, isEstimated: false };
	expect(attempts).toMatchObject([
		{ ...told, number: 1, deployment: 'east', outcome: 'failure', failure: 'overloaded', status: 529 },
		{ ...told, number: 2, deployment: 'west', outcome: 'success', failure: null, status: null, message: null },
	]);
	expect(attempts[0]).toMatchObject({ message: 'overloaded', costNanoUsd: null });
	const { attempts: exported, costs } = await system.exportData();
	expect(attempts[1]?.costNanoUsd).toBe(costs[0]?.costNanoUsd);
	expect(attempts[1]?.costNanoUsd).toBeGreaterThan(0);
	expect(exported).toHaveLength(2);
	expect(await system.attemptsOf('nobody')).toEqual([]);
});

it('a call that was cut says that its cost is an estimate; a model the budget passed over says so', async () => {
	const system = createSystem({ fallback: { enabled: false, maxAttempts: 1, timeout: 20 } });
	const decision = await system.routeTask(TASK);
	await expect(system.executeDecision(decision, () => new Promise<never>(() => {}))).rejects.toThrow();
	const [cut] = await system.attemptsOf(decision.id);
	expect(cut).toMatchObject({ outcome: 'failure', failure: 'timeout', isEstimated: true, deployment: null });
	expect(cut?.costNanoUsd).toBeGreaterThan(0);

	const poor = createSystem({ budget: { dailyLimit: 0.000_000_1, monthlyLimit: 1 } });
	const refused = await poor.routeTask(TASK);
	await expect(poor.executeDecision(refused, async () => 'never')).rejects.toThrow(/budget/i);
	const passedOver = await poor.attemptsOf(refused.id);
	expect(passedOver.length).toBeGreaterThan(0);
	for (const row of passedOver) expect(row).toMatchObject({ outcome: 'skipped', costNanoUsd: null, durationMs: 0 });
	expect(passedOver[0]?.message).toMatch(/budget/i);
});
