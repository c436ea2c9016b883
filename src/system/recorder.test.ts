import { afterEach, describe, expect, it } from 'vitest';
import type { StorageRecord } from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { ALL_TIME, sampleDecision } from '../testing/storage-contract/samples.ts';
import { completeRouterConfig, type RouterOptions } from './options.ts';
import { Recorder } from './recorder.ts';
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

it('whoever asks later why sees every model as it was scored then, and why the others could not answer', async () => {
	const system = createSystem();
	const task = `${TASK} of customer Erika Mustermann`;
	const decision = await system.routeTask(task, { constraints: { minQuality: 85 }, context: 'the secret context' });
	const [record] = (await system.exportData()).decisions;
	expect(record?.candidates?.map(({ model }) => model)).toEqual(decision.scores.map(({ model }) => model.name));
	for (const [index, { scores, totalScore, predictedQuality, estimatedCostNanoUsd }] of decision.scores.entries()) {
		const candidate = record?.candidates?.[index];
		expect(candidate?.totalScore).toBeCloseTo(totalScore, 2);
		expect(candidate?.scores.costEfficiency).toBeCloseTo(scores.costEfficiency, 2);
		expect(candidate?.predictedQuality.low).toBeCloseTo(predictedQuality.low, 2);
		expect(candidate?.estimatedCostNanoUsd).toBe(estimatedCostNanoUsd);
	}
	expect(record?.exclusions).toEqual(decision.exclusions);
	expect(record?.exclusions?.some(({ reason }) => reason === 'min-quality')).toBe(true);
	expect(record).toMatchObject({ policyHash: decision.policy.hash, propensity: 1, propensityKind: 'deterministic' });
	expect(record?.inputs?.task).toMatchObject({ type: 'debugging', constraints: { minQuality: 85 } });
	expect(JSON.stringify(record)).not.toMatch(/Mustermann|secret context/);
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

describe('while storage does not answer', () => {
	const LOGGER = { debug() {}, info() {}, warn() {}, error() {} };
	const decision = (index: number): StorageRecord => ({ kind: 'decision', row: sampleDecision({ id: `d${index}` }) });

	it('records do not fill the memory: the oldest are dropped and counted, the newest written when it answers', async () => {
		const storage = createMemoryStorage();
		const { promise, resolve } = Promise.withResolvers<typeof storage>();
		const recorder = new Recorder(() => promise, LOGGER);
		for (let index = 0; index < 60_000; index += 1) recorder.add(decision(index));
		expect(recorder.dropped).toBeGreaterThan(9000);
		expect(recorder.dropped).toBeLessThan(11_000);
		const batches: number[] = [];
		const write = storage.records.write.bind(storage.records);
		storage.records.write = async (records) => {
			batches.push(records.length);
			await write(records);
		};
		resolve(storage);
		await recorder.flush();
		expect(Math.max(...batches)).toBeLessThanOrEqual(256);
		expect(batches.reduce((sum, size) => sum + size, 0)).toBe(60_000 - recorder.dropped);
		const [newest] = await storage.records.decisions(ALL_TIME, 1);
		expect(newest?.id).toBe('d59999');
	});

	it('nothing is lost where it answers in time, and everything is written in its order', async () => {
		const storage = createMemoryStorage();
		const { promise, resolve } = Promise.withResolvers<typeof storage>();
		const recorder = new Recorder(() => promise, LOGGER);
		for (let index = 0; index < 1000; index += 1) recorder.add(decision(index));
		const written: string[] = [];
		storage.records.write = async (records) => {
			for (const record of records) if (record.kind === 'decision') written.push(record.row.id);
		};
		resolve(storage);
		await recorder.flush();
		expect([recorder.dropped, written]).toEqual([0, Array.from({ length: 1000 }, (_, index) => `d${index}`)]);
	});
});
