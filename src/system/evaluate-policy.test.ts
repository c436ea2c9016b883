import { afterEach, describe, expect, it } from 'vitest';
import { makeProfile } from '../../test/support/route-models.ts';
import type { DecisionRecord, RouterStorage } from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { createSeededRandom } from '../util/index.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { completeRouterConfig, type RouterOptions } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

/** `one` is chosen; `two` is nearly tied and, which nobody knows, better; `far` is never tried. */
const models = [
	makeProfile('one', { qualityScore: 85 }),
	makeProfile('two', { qualityScore: 84.8 }),
	makeProfile('far', { qualityScore: 50 }),
];
const TRUTH: Readonly<Record<string, number>> = { one: 60, two: 80 };
const exploration = { share: 0.2, floor: 0.1, dailyCost: 1000, dailyPoints: 10_000 };

const open: RoutingSystem[] = [];
let time = Date.UTC(2026, 10, 1);
const clock = { now: () => time, monotonic: () => 0, sleep: async () => {} };

function createSystem(storage: RouterStorage, router: RouterOptions = {}): RoutingSystem {
	const names = models.map(({ name }) => name);
	const config = completeRouterConfig({
		models,
		candidates: names,
		defaultModel: 'one',
		// what is learned must not make `two` the choice
		learning: { exploration, standDown: 'off' },
		weights: { capability: 1, cost: 0, latency: 0, quality: 0, historical: 0 },
		...router,
	});
	const system = new RoutingSystem(config, undefined, {
		openStorage: async () => storage,
		clock,
		random: createSeededRandom(2),
	});
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

/** Decides tasks in conversations of two, each answer judged; some never are. */
async function fillLog(system: RoutingSystem, requests: number): Promise<void> {
	const luck = createSeededRandom(7);
	for (let index = 0; index < requests; index += 1) {
		const { id, model } = await system.routeTask('Write the release notes of the payment service', {
			workload: 'notes',
		});
		const rating = 1 + Math.round(4 * (luck() < (TRUTH[model.name] ?? 0) / 100 ? 1 : 0));
		if (index % 20 !== 0) await system.recordFeedback(id, { rating });
		time += 60_000;
	}
}

describe('a policy is evaluated on logged decisions', () => {
	it('by what exploring showed: always the model that is better by 20 points comes out better, and the interval holds the truth', async () => {
		const system = createSystem(createMemoryStorage(), { enableLearning: true });
		await fillLog(system, 800);
		const evaluation = await evaluatePolicy(system, { policy: 'two', workload: 'notes' });
		expect(evaluation).toMatchObject({ decisions: 800, evaluated: 800, leftOut: [], withoutConversation: 800 });
		const { quality } = evaluation;
		expect(quality).toMatchObject({ verdict: 'estimated', reasons: [], choices: 800, observed: 760 });
		// a rating of 1 is 20 points, one of 5 is 100
		const truth = 20 + (80 * (TRUTH['two'] ?? 0)) / 100;
		expect(quality?.estimates?.dr.low).toBeLessThan(truth);
		expect(quality?.estimates?.dr.high).toBeGreaterThan(truth);
		expect(quality?.difference?.dr.low).toBeGreaterThan(0);
	});

	it('decides as it did: every decision of the configured policy comes out again, or nothing that it says is worth anything', async () => {
		const system = createSystem(createMemoryStorage(), { learning: { standDown: 'off' } });
		for (const task of ['hi', 'Fix the race condition in the payment queue', 'Write a haiku', 'List three capitals'])
			await system.routeTask(task);
		const { changed, quality, repeated } = await evaluatePolicy(system, { policy: 'auto' });
		expect({ changed, repeated }).toEqual({ changed: 0, repeated: { decisions: 4, same: 4 } });
		expect(quality).toMatchObject({ verdict: 'insufficient', reasons: ['no reward is known'] });
	});

	it('but not where the log never did what the policy would: that is refused, with the decisions', async () => {
		const system = createSystem(createMemoryStorage(), { learning: { standDown: 'off' } });
		const { id } = await system.routeTask('Write the release notes');
		await system.recordFeedback(id, { rating: 5 });
		const { quality } = await evaluatePolicy(system, { policy: 'two' });
		expect(quality).toMatchObject({
			verdict: 'unidentifiable',
			estimates: null,
			unsupported: { contexts: 1, models: [{ model: 'two', contexts: 1, examples: [id] }] },
		});
		// followed only where the log can tell it does as the log did, which one request says too little of
		const supported = await evaluatePolicy(system, { policy: 'two', isSupportedOnly: true });
		expect(supported.quality).toMatchObject({ verdict: 'insufficient', logged: { value: 100 }, estimates: null });
	});

	it('and what cannot be decided again is counted with its cause', async () => {
		const storage = createMemoryStorage();
		const system = createSystem(storage);
		const { id } = await system.routeTask('Write the release notes');
		await system.routeTask('Write the release notes', { constraints: { preferredModel: 'far' } });
		await system.flush();
		const record = (await storage.records.decision(id)) as DecisionRecord;
		const { candidates = [], inputs, ...old } = record;
		const write = (changes: Partial<DecisionRecord>) =>
			storage.records.write([{ kind: 'decision', row: { ...record, ...changes } }]);
		await storage.records.write([{ kind: 'decision', row: { ...old, id: 'old' } }]);
		await write({
			id: 'gone',
			candidates: candidates.map((each, at) => (at === 0 ? { ...each, model: 'renamed' } : each)),
		});
		const { chance: _, ...task } = inputs ?? { task: {} as never };
		await write({ id: 'half', propensity: 0.7, inputs: task });
		const { evaluated, leftOut } = await evaluatePolicy(system, { policy: 'best' });
		expect(evaluated).toBe(1);
		expect(leftOut.map(({ cause }) => cause).sort()).toEqual([
			'renamed was a candidate and is no longer in the catalog',
			'the caller named the model',
			'the release that decided kept no candidates',
			'the release that decided kept the probability of the chosen model only',
		]);
	});

	it('a name that is no policy and no model, a workload or a time without decisions are refused', async () => {
		const system = createSystem(createMemoryStorage());
		await expect(evaluatePolicy(system, { policy: 'two' })).rejects.toThrow(/No decision is remembered in that time/);
		await system.routeTask('Write the release notes');
		await expect(evaluatePolicy(system, { policy: 'tow' })).rejects.toThrow(/tow/);
		await expect(evaluatePolicy(system, { policy: 'two', workload: 'nobody' })).rejects.toThrow(
			/No decision of the workload "nobody"/,
		);
	});
});
