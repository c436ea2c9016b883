import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentResult, RouterEvent } from '../../src/contracts/index.ts';
import { createMemoryStorage } from '../../src/storage/memory/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { replayDecision } from '../../src/system/index.ts';
import { ManualClock } from '../../src/testing/index.ts';
import { WORLD_AUTHOR as AUTHOR, compareModels, openExperimentWorld } from '../support/experiment-world.ts';

let folder = '';
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-experiments-'));
});
afterAll(() => rm(folder, { recursive: true }));

const BIG = { quality: 80, price: 0.03 };

type Ended = Extract<RouterEvent, { type: 'experiment-ended' }>;

/** Runs an experiment of the model `small` in the place of `big` to its end, or for so many requests. */
async function runExperiment(
	small: Parameters<typeof openExperimentWorld>[0]['models'][string],
	{ change = {}, requests = 8000, seed = 1 }: { change?: object; requests?: number; seed?: number } = {},
): Promise<{ ended: Ended | undefined; requests: number; result: ExperimentResult | null }> {
	const world = openExperimentWorld({ models: { big: BIG, small }, seed });
	await using system = world.system;
	const experiments = await system.experiments();
	await experiments.create(compareModels(change), AUTHOR);
	await experiments.start('small-first', AUTHOR);
	const served = await world.serve(requests);
	const { result } = await experiments.status('small-first');
	return { ended: world.events[0] as Ended | undefined, requests: served, result };
}

describe('an experiment between two models whose quality nobody knows', () => {
	it('finds that the cheaper one is as good, by itself, and before all requests are made', async () => {
		const { ended, requests, result } = await runExperiment({ quality: 80, price: 0.006 });
		expect(ended).toMatchObject({ reason: 'decided', message: 'small is better' });
		expect(requests).toBeLessThan(8000);
		expect(result?.verdicts[0]?.outcome).toBe('better');
	});

	it('finds that the cheaper one is too bad', async () => {
		const { ended } = await runExperiment({ quality: 70, price: 0.006 });
		expect(ended).toMatchObject({ reason: 'decided', message: 'small is worse' });
	});

	it('finds that one that costs more is no better', async () => {
		const { ended } = await runExperiment({ quality: 80, price: 0.06 });
		expect(ended?.message).toMatch(/small is worse|cost of arm "small"/);
	});

	it('decides nothing between a model and itself, and ends when it has counted all that it may', async () => {
		for (const seed of [1, 2]) {
			const { ended, result } = await runExperiment(BIG, { requests: 1300, seed, change: { maxUnits: 1000 } });
			expect(ended).toMatchObject({ reason: 'max-units' });
			expect(result).toMatchObject({ units: 1000, problems: [], guardrail: null });
			expect(result?.verdicts[0]?.outcome).toBe('undecided');
			const [quality] = result?.verdicts[0]?.comparisons ?? [];
			expect(quality?.low).toBeLessThan(0);
			expect(quality?.high).toBeGreaterThan(0);
		}
	});

	it('is stopped when one of them fails too often, long before its quality would show', async () => {
		const { ended, requests, result } = await runExperiment({ quality: 90, price: 0.006, failures: 0.3 });
		expect(ended).toMatchObject({ reason: 'guardrail' });
		expect(ended?.message).toMatch(/errors of arm "small".* above those of the first; 5\.0 % is allowed/);
		expect(requests).toBeLessThan(1500);
		expect(result?.guardrail).toBe(ended?.message);
	});

	it('gives no verdict where the answers of one of them are judged more seldom', async () => {
		const change = { maxUnits: 600 };
		const { ended, result } = await runExperiment({ quality: 90, price: 0.006, rated: 0.6 }, { change });
		expect(ended).toMatchObject({ reason: 'max-units' });
		expect(result?.problems.map(({ kind }) => kind)).toContain('missing-outcomes');
		expect(result?.verdicts[0]?.outcome).toBeNull();
	});
});

describe('requests of an experiment', () => {
	it('keep their conversation in one arm, with the probability and reason in its decisions', async () => {
		const world = openExperimentWorld({ models: { big: BIG, small: { quality: 80, price: 0.006 } }, seed: 4 });
		await using system = world.system;
		const experiments = await system.experiments();
		await experiments.create(
			compareModels({
				arms: [
					{ name: 'now', share: 0.75 },
					{ name: 'small', model: 'small', share: 0.25 },
				],
			}),
			AUTHOR,
		);
		await experiments.start('small-first', AUTHOR);
		const arms = new Map<string, Set<string>>();
		const chosen: string[] = [];
		for (let count = 0; count < 400; count += 1) {
			const session = `conversation ${count % 200}`;
			const decision = await system.routeTask('Fix the login bug', { attribution: { session } });
			const { arm = '', probability } = decision.experiment ?? {};
			expect(probability).toBe(arm === 'small' ? 0.25 : 0.75);
			expect(decision.model.name).toBe(arm === 'small' ? 'small' : 'big');
			expect(decision).toMatchObject({ propensity: probability, propensityKind: 'exact' });
			expect(decision.chance?.propensities).toEqual({ big: 0.75, small: 0.25 });
			expect(decision.reasoning.at(-1)).toBe(
				`Experiment small-first: arm "${arm}", drawn with probability ${probability}`,
			);
			arms.set(session, (arms.get(session) ?? new Set()).add(arm));
			chosen.push(arm);
		}
		expect([...arms.values()].every(({ size }) => size === 1)).toBe(true);
		const share = chosen.filter((arm) => arm === 'small').length / chosen.length;
		expect(Math.abs(share - 0.25)).toBeLessThan(0.1);
	});

	it('are none where the caller named a model, a policy or a price, the task is critical, or money is short', async () => {
		const world = openExperimentWorld({ models: { big: BIG, small: { quality: 80, price: 0.006 } }, seed: 5 });
		await using system = world.system;
		const experiments = await system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		const route = async (...request: Parameters<typeof system.routeTask>) =>
			(await system.routeTask(...request)).experiment;
		const ask = 'Fix the login bug';
		expect(await route(ask)).toBeDefined();
		expect(await route(ask, { constraints: { preferredModel: 'big' } })).toBeUndefined();
		expect(await route(ask, { policy: 'cheap' })).toBeUndefined();
		expect(await route(ask, { constraints: { maxCost: 1 } })).toBeUndefined();
		expect(await route(ask, { constraints: { willingnessToPay: 0.1 } })).toBeUndefined();
		// its middle would be moved to another model
		const cachedPrefix = { model: 'big', tokens: 5000 };
		expect(await route(ask, { cachedPrefix, attribution: { session: 'old' } })).toBeUndefined();
		await route(ask, { attribution: { session: 'new' } });
		expect(await route(ask, { cachedPrefix, attribution: { session: 'new' } })).toBeDefined();
		const storage = await system.storage();
		await world.serve(1);
		await storage.limits.set({ ...AUTHOR, rule: { scope: 'all', period: 'day', limit: 1e-9 } }, null);
		await system.limits.refresh();
		expect(await route(ask)).toBeUndefined();
	});

	it('are answered by another model where the one of their arm cannot', async () => {
		const world = openExperimentWorld({ models: { big: BIG, small: { quality: 80, price: 0.006 } }, seed: 6 });
		await using system = world.system;
		const experiments = await system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		const unservable = new Map([['small', 'has no web search here']]);
		const decisions = await Promise.all(Array.from({ length: 40 }, () => system.routeTask('Fix it', { unservable })));
		expect(new Set(decisions.map(({ model }) => model.name))).toEqual(new Set(['big']));
		const ofArm = decisions.find(({ experiment }) => experiment?.arm === 'small');
		expect(ofArm?.reasoning.join(' ')).toContain('small cannot answer this request');
	});

	it('are made again as they were, in each arm, by whoever asks why', async () => {
		const world = openExperimentWorld({ models: { big: BIG, small: { quality: 80, price: 0.006 } }, seed: 17 });
		await using system = world.system;
		const experiments = await system.experiments();
		const arms = [{ name: 'now' }, { name: 'small', model: 'small' }, { name: 'cheap', policy: 'cheap' }];
		await experiments.create(compareModels({ arms }), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		const seen = new Set<string>();
		for (let count = 0; count < 20; count += 1) {
			const { experiment, id } = await system.routeTask('Fix the login bug');
			const { differences, gone } = await replayDecision(system, id);
			expect([differences, gone]).toEqual([[], []]);
			seen.add(experiment?.arm ?? '');
		}
		expect([...seen].sort()).toEqual(['cheap', 'now', 'small']);
	});

	it('have their prompts adapted in the arm that says so, and in no other', async () => {
		const world = openExperimentWorld({ models: { 'gpt-big': BIG }, seed: 16 });
		await using system = world.system;
		const experiments = await system.experiments();
		const arms = [{ name: 'plain' }, { name: 'adapted', promptAdaptation: true }];
		await experiments.create(compareModels({ arms }), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		const prompt = '<task>\nSort these.\n</task>';
		const seen = new Set<string>();
		for (let count = 0; count < 40; count += 1) {
			const decision = await system.routeTask(prompt);
			const { value } = await system.executeDecision(decision, async (_, context) => context.adaptPrompt(prompt));
			seen.add(`${decision.experiment?.arm} ${value === prompt}`);
		}
		expect([...seen].sort()).toEqual(['adapted false', 'plain true']);
	});

	it('are decided to the bit as without it before it starts and after it ended', async () => {
		const models = { big: BIG, small: { quality: 80, price: 0.006 } };
		const router = { policy: { name: 'weighted' } } as const;
		const decideAll = async (prepare: (world: ReturnType<typeof openExperimentWorld>) => Promise<void>) => {
			const world = openExperimentWorld({ models, seed: 7, router });
			await using system = world.system;
			await prepare(world);
			const asks = ['Fix the login bug', 'Write a poem', 'Design an architecture for payments', 'ok'];
			const decisions = await Promise.all(asks.map((ask) => system.routeTask(ask)));
			return decisions.map(({ id: _id, decisionTimeMs: _time, timestamp: _at, ...decision }) => decision);
		};
		const without = await decideAll(async () => {});
		const before = await decideAll(async ({ system }) => {
			await (await system.experiments()).create(compareModels(), AUTHOR);
		});
		const after = await decideAll(async ({ system }) => {
			const experiments = await system.experiments();
			await experiments.create(compareModels(), AUTHOR);
			await experiments.start('small-first', AUTHOR);
			await experiments.stop('small-first', AUTHOR);
		});
		expect(before).toEqual(without);
		expect(after).toEqual(without);
	});
});

describe('an experiment goes on', () => {
	const models = { big: BIG, small: { quality: 80, price: 0.006 } };
	const sessions = Array.from({ length: 30 }, (_, index) => `conversation ${index}`);

	it('in another process and after a restart: each conversation in its arm, and counted once', async () => {
		const clock = new ManualClock();
		const storage = () => openSqliteStorage({ path: join(folder, 'restart.db'), clock });
		const first = openExperimentWorld({ models, seed: 8, storage, clock });
		const experiments = await first.system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		await first.serve(30, { sessions });
		const second = openExperimentWorld({ models, seed: 9, storage, clock });
		await first.system.flush();
		const armsOf = async ({ system }: typeof first) =>
			await Promise.all(
				sessions.map(
					async (session) => (await system.routeTask('Fix it', { attribution: { session } })).experiment?.arm,
				),
			);
		expect(await armsOf(second)).toEqual(await armsOf(first));
		await first.system.close();
		await second.serve(30, { sessions });
		await clock.advance(120_000);
		const { result } = await (await second.system.experiments()).status('small-first');
		expect(result).toMatchObject({ units: 30, problems: [] });
		expect(result?.arms.every(({ units }) => units > 5)).toBe(true);
		await second.system.close();
	});

	it('no further when a model of an arm is gone: what was counted stays, and nothing is counted after', async () => {
		const clock = new ManualClock();
		const kept = createMemoryStorage();
		const storage = () => ({ ...kept, close: async () => {} });
		const first = openExperimentWorld({ models, seed: 10, storage, clock });
		const experiments = await first.system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		await first.serve(100);
		await clock.advance(120_000);
		const before = (await experiments.status('small-first')).result;
		await first.system.close();
		const second = openExperimentWorld({ models: { big: BIG }, seed: 11, storage, clock });
		const decision = await second.system.routeTask('Fix it');
		expect(decision.experiment).toBeUndefined();
		await second.serve(10);
		const after = await (await second.system.experiments()).status('small-first');
		expect(after).toMatchObject({ state: 'ended', end: { reason: 'arm-gone' } });
		expect(after.end?.message).toMatch(/small/);
		expect(after.result).toEqual(before);
		await second.system.close();
	});

	it('no further when the configured policy is another one than at its start', async () => {
		const kept = createMemoryStorage();
		const storage = () => ({ ...kept, close: async () => {} });
		const first = openExperimentWorld({ models, seed: 12, storage });
		const experiments = await first.system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		await first.system.close();
		const router = { policy: { name: 'weighted' } } as const;
		const second = openExperimentWorld({ models, seed: 13, storage, router });
		// whoever only looks, maybe under a configuration of its own, changes nothing
		expect(await (await second.system.experiments()).status('small-first')).toMatchObject({ state: 'running' });
		await second.serve(2);
		expect(second.events).toMatchObject([{ reason: 'changed' }]);
		await second.system.close();
	});

	it('no further either where all arms are models, whose fallbacks come from the configured policy', async () => {
		const kept = createMemoryStorage();
		const storage = () => ({ ...kept, close: async () => {} });
		const arms = [
			{ name: 'big', model: 'big' },
			{ name: 'small', model: 'small' },
		];
		const first = openExperimentWorld({ models, seed: 16, storage });
		const experiments = await first.system.experiments();
		await experiments.create(compareModels({ arms }), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		await first.system.close();
		const router = { policy: { name: 'weighted' } } as const;
		const second = openExperimentWorld({ models, seed: 17, storage, router });
		await second.serve(2);
		expect(second.events).toMatchObject([{ reason: 'changed' }]);
		await second.system.close();
	});

	it('where a process that has only just begun is told to forget what was recorded: it refuses', async () => {
		const clock = new ManualClock();
		const storage = () => openSqliteStorage({ path: join(folder, 'reset.db'), clock });
		const first = openExperimentWorld({ models, seed: 18, storage, clock });
		const experiments = await first.system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		await first.serve(3);
		await first.system.flush();
		const second = openExperimentWorld({ models, seed: 19, storage, clock });
		await expect(second.system.reset('stats')).rejects.toThrow(/"small-first" runs.*experiment stop small-first/);
		await clock.advance(120_000);
		expect((await experiments.status('small-first')).result).toMatchObject({ units: 3 });
		// as soon as another process has ended it, and not only when this one hears of it
		await (await second.system.experiments()).stop('small-first', AUTHOR);
		await first.system.reset('stats');
		await first.system.close();
		await second.system.close();
	});

	it('without a verdict where a conversation was answered in two arms', async () => {
		const kept = createMemoryStorage();
		const world = openExperimentWorld({ models, seed: 14, storage: () => kept });
		await using system = world.system;
		const experiments = await system.experiments();
		await experiments.create(compareModels(), AUTHOR);
		await experiments.start('small-first', AUTHOR);
		const decision = await system.routeTask('Fix it', { attribution: { session: 'one' } });
		await system.flush();
		const { arm = '', name, unit = '' } = decision.experiment ?? {};
		const other = arm === 'now' ? 'small' : 'now';
		const at = decision.timestamp.getTime() + 1;
		const row = { decisionId: 'leaked', experiment: name ?? '', unit, arm: other, probability: 0.5, at };
		await kept.records.write([{ kind: 'experiment', row }]);
		await world.clock.advance(120_000);
		const { result } = await experiments.status('small-first');
		expect(result?.problems).toMatchObject([{ kind: 'leakage' }]);
		expect(result?.verdicts[0]?.outcome).toBeNull();
	});
});

describe('whoever defines an experiment', () => {
	const open = async () => {
		const world = openExperimentWorld({ models: { big: BIG, small: { quality: 80, price: 0.006 } }, seed: 15 });
		return { ...world, experiments: await world.system.experiments() };
	};

	it.each([
		[{ name: 'Small First' }, /name must be 1 to 64 small letters, digits and hyphens, not "Small First"/],
		[{ arms: [{ name: 'now' }] }, /arms has 1; give 2 to 5/],
		[{ arms: [{ name: 'now' }, { name: 'now' }] }, /arms\[1\]\.name is "now", as another arm's/],
		[
			{
				arms: [
					{ name: 'now', share: 0.5 },
					{ name: 'small', share: 0.4 },
				],
			},
			/shares that sum to 0\.9/,
		],
		[{ arms: [{ name: 'now' }, { name: 'small', model: 'smal' }] }, /Arm "small" cannot be: .*did you mean "small"/i],
		[{ arms: [{ name: 'now' }, { name: 'small', policy: 'cheep' }] }, /"cheep" is no policy; did you mean "cheap"/],
		[{ margn: 3 }, /margn is not a known setting\. Did you mean "margin"/],
		[{ alpha: 0.9, maxUnits: 1.5 }, /alpha.*from 0\.0001 to 0\.2.*; maxUnits/],
		[{ costCapUsd: undefined }, /Give "costCapUsd" and "latencyCapMs"/],
	])('is told what is wrong with it: %j', async (change, message) => {
		const { experiments, system } = await open();
		await expect(experiments.create(compareModels(change as object), AUTHOR)).rejects.toThrow(message);
		expect(await experiments.list()).toEqual([]);
		await system.close();
	});

	it('cannot change it after its start, start a second one, or stop what does not run', async () => {
		const { experiments, system } = await open();
		await experiments.create(compareModels({ margin: 3 }), AUTHOR);
		await expect(experiments.create(compareModels(), AUTHOR)).rejects.toThrow(
			/There is an experiment "small-first" already, not started yet.*--replace/,
		);
		expect((await experiments.list()).map(({ definition }) => definition.margin)).toEqual([3]);
		await experiments.create(compareModels(), AUTHOR, { isReplacing: true });
		await expect(experiments.stop('small-first', AUTHOR)).rejects.toThrow('does not run');
		const started = await experiments.start('small-first', AUTHOR);
		expect(started).toMatchObject({ state: 'running', definition: { margin: 2 } });
		for (const isReplacing of [false, true])
			await expect(experiments.create(compareModels({ margin: 1 }), AUTHOR, { isReplacing })).rejects.toThrow(
				/give it another name/,
			);
		await experiments.create(compareModels({ name: 'second' }), AUTHOR);
		await expect(experiments.start('second', AUTHOR)).rejects.toThrow(/cannot start while "small-first" runs/);
		await expect(system.reset('stats')).rejects.toThrow(/Stop it first/);
		await expect(experiments.status('smal-first')).rejects.toThrow(/did you mean "small-first"/);
		expect(await experiments.stop('small-first', AUTHOR)).toMatchObject({ state: 'ended', end: { reason: 'by-hand' } });
		await expect(experiments.start('small-first', AUTHOR)).rejects.toThrow(/has ended/);
		await system.reset('stats');
		await system.close();
	});

	it('gets caps that hardly any request has reached, where requests were made', async () => {
		const { experiments, serve, system } = await open();
		await serve(200);
		const { definition } = await experiments.create(
			compareModels({ costCapUsd: undefined, latencyCapMs: undefined } as object),
			AUTHOR,
		);
		expect(definition.latencyCapMs).toBeGreaterThan(1000);
		expect(definition.latencyCapMs).toBeLessThan(2500);
		expect(definition.costCapUsd).toBeGreaterThan(0.02);
		expect(definition.guardrails).toMatchObject({ errors: 0.05, costUsd: definition.costCapUsd / 4 });
		await system.close();
	});
});
