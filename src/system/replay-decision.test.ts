import { afterEach, describe, expect, it } from 'vitest';
import { makeProfile } from '../../test/support/route-models.ts';
import type { DecisionRecord, RouterStorage } from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { findDecisiveChanges } from './find-change.ts';
import { completeRouterConfig, type RouterOptions } from './options.ts';
import { replayDecision } from './replay-decision.ts';
import { RoutingSystem } from './routing-system.ts';

const models = [
	makeProfile('cheap', { costPer1kInputTokens: 0.0005, costPer1kOutputTokens: 0.001, qualityScore: 78 }),
	makeProfile('middle', { costPer1kInputTokens: 0.002, costPer1kOutputTokens: 0.008, qualityScore: 86 }),
	makeProfile('strong', { costPer1kInputTokens: 0.01, costPer1kOutputTokens: 0.04, qualityScore: 97 }),
];
const TASKS = [
	'Fix the race condition in the payment queue',
	'hi',
	'Write a haiku about autumn',
	'Design a distributed cache for a critical trading system',
	'List three capitals',
];

const open: RoutingSystem[] = [];
let time = Date.UTC(2026, 10, 24);
const clock = { now: () => time, monotonic: () => 0, sleep: async () => {} };

function createSystem(storage: RouterStorage, router: RouterOptions = {}, catalog = models): RoutingSystem {
	const names = catalog.map(({ name }) => name);
	const config = completeRouterConfig({ models: catalog, candidates: names, defaultModel: 'middle', ...router });
	const system = new RoutingSystem(config, undefined, { openStorage: async () => storage, clock });
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

async function decideAll(system: RoutingSystem): Promise<string[]> {
	const ids: string[] = [];
	for (const task of TASKS) {
		const { id } = await system.routeTask(task, { constraints: { maxCost: 0.5 } });
		ids.push(id);
		// what is learned meanwhile changes later decisions, and must not change earlier ones
		await system.recordFeedback(id, { rating: ids.length % 2 === 0 ? 1 : 5 });
		time += 60_000;
	}
	return ids;
}

describe('a decision made again', () => {
	it('is the same to the last digit, in another process too, whatever was learned since', async () => {
		const storage = createMemoryStorage();
		const ids = await decideAll(createSystem(storage));
		const later = createSystem(storage);
		time += 3_600_000;
		for (const id of ids) {
			const { differences, gone } = await replayDecision(later, id);
			expect({ id, differences, gone }).toEqual({ id, differences: [], gone: [] });
		}
	});

	it('in which another model was tried tries that model again, though a change of it goes by the policy alone', async () => {
		const storage = createMemoryStorage();
		const tied = [makeProfile('one', { qualityScore: 85 }), makeProfile('two', { qualityScore: 85 })];
		const learning = { exploration: { share: 0.5, dailyCost: 10, dailyPoints: 1000 } };
		const system = createSystem(storage, { defaultModel: 'one', learning }, tied);
		const decisions = [];
		for (let index = 0; index < 20; index += 1) decisions.push(await system.routeTask(TASKS[0] ?? ''));
		const tried = decisions.filter(({ model }) => model.name === 'two');
		expect(tried.length).toBeGreaterThan(0);
		for (const { id, model } of decisions) {
			const { decide, differences, gone, record } = await replayDecision(system, id);
			expect({ model: model.name, differences, gone }).toEqual({ model: record.model, differences: [], gone: [] });
			expect(decide({ weights: completeRouterConfig({}).weights })?.model.name).toBe('one');
		}
	});

	it('by a named policy is made by that policy again', async () => {
		const system = createSystem(createMemoryStorage());
		const { id, model } = await system.routeTask(TASKS[3] ?? '', { policy: 'cheapest' });
		expect(model.name).toBe('cheap');
		expect(await replayDecision(system, id)).toMatchObject({ differences: [], gone: [] });
	});

	it('says what is gone: prices, weights, or the record of a release that kept no inputs', async () => {
		const storage = createMemoryStorage();
		const [id = ''] = await decideAll(createSystem(storage));
		const dearer = models.map((model) => ({ ...model, costPer1kInputTokens: 2 * model.costPer1kInputTokens }));
		expect((await replayDecision(createSystem(storage, {}, dearer), id)).gone.join()).toMatch(
			/prices or models have changed/,
		);
		const weights = { capability: 0, cost: 1, latency: 0, quality: 0, historical: 0 };
		const other = await replayDecision(createSystem(storage, { weights }), id);
		expect(other.gone.join()).toMatch(/the policy weighted 2 with its weights/);
		expect(other.decision?.model.name).toBe('cheap');
		const bare = await storage.records.decision(id);
		const { inputs: _, candidates: _candidates, ...old } = bare as DecisionRecord;
		await storage.records.write([{ kind: 'decision', row: { ...old, id: 'old' } }]);
		const replay = await replayDecision(createSystem(storage), 'old');
		expect(replay.gone.join()).toMatch(/the release that decided kept none/);
		await expect(replayDecision(createSystem(storage), 'nobody')).rejects.toThrow(/No decision "nobody"/);
	});
});

const whyNot = async (system: RoutingSystem, id: string, model: string) =>
	findDecisiveChanges(await replayDecision(system, id), system.router.resolveModelName(model));

describe('why a model was not chosen', () => {
	it('each change that is named does choose it, so that nobody turns a knob in vain', async () => {
		const storage = createMemoryStorage();
		const system = createSystem(storage);
		const { id, model, scores } = await system.routeTask(TASKS[0] ?? '');
		const loser = scores.map((score) => score.model.name).find((name) => name !== model.name) ?? '';
		const { changes, pointsBehind, rank } = await whyNot(system, id, loser);
		expect(rank).toBe(2);
		expect(pointsBehind).toBeGreaterThan(0);
		expect(changes.map(({ size }) => size)).toEqual(changes.map(({ size }) => size).toSorted((a, b) => a - b));
		expect(changes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['weight', 'quality', 'limit']));
		const replay = await replayDecision(system, id);
		for (const { kind, to, what } of changes) {
			const name = what.split('.')[1] ?? '';
			if (kind === 'limit') expect(replay.decide({ constraints: { [name]: to } })?.model.name).toBe(loser);
			if (kind !== 'weight') continue;
			const others = Object.entries(replay.weights).filter(([each]) => each !== name);
			const sum = others.reduce((total, [, weight]) => total + weight, 0);
			const scaled = others.map(([each, weight]) => [each, ((1 - Number(to)) * weight) / sum]);
			const weights = { ...replay.weights, ...Object.fromEntries(scaled), [name]: Number(to) };
			expect(replay.decide({ weights })?.model.name, what).toBe(loser);
		}
	});

	it('of two that are alike the dearer one is told at which share of its price it would have been chosen', async () => {
		const [cheap = makeProfile('cheap')] = models;
		const price = { costPer1kInputTokens: 0.001, costPer1kOutputTokens: 0.002 };
		const twin = makeProfile('twin', { qualityScore: cheap.qualityScore, ...price });
		const system = createSystem(createMemoryStorage(), { defaultModel: 'cheap' }, [cheap, twin]);
		const { id } = await system.routeTask(TASKS[0] ?? '');
		const { changes } = await whyNot(system, id, 'twin');
		const change = changes.find(({ kind }) => kind === 'price');
		expect(change).toMatchObject({ what: 'price of twin', to: '49 % of its price' });
		expect(change?.size).toBeCloseTo(0.5, 2);
	});

	it('an excluded model is named with its reason, and with the limit that kept it out', async () => {
		const system = createSystem(createMemoryStorage());
		const { id } = await system.routeTask(TASKS[3] ?? '', { constraints: { maxCost: 0.005, willingnessToPay: 10 } });
		const why = await whyNot(system, id, 'strong');
		expect(why).toMatchObject({ rank: null, exclusions: [{ reason: 'max-cost' }] });
		expect(why.changes).toContainEqual(
			expect.objectContaining({ what: 'constraints.maxCost', from: 0.005, to: 'none' }),
		);
		expect(await whyNot(system, id, why.chosen)).toMatchObject({ changes: [], rank: 1 });
		await expect(whyNot(system, id, 'strnog')).rejects.toThrow(/strong/);
	});
});
