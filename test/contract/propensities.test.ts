import { describe, expect, it } from 'vitest';
import type { RoutingDecision } from '../../src/contracts/index.ts';
import { PerformanceTracker } from '../../src/learn/index.ts';
import { RoutingEngine } from '../../src/route/index.ts';
import { completeRouterConfig } from '../../src/system/index.ts';
import { createSeededRandom } from '../../src/util/index.ts';
import { makeProfile, makeTask } from '../support/route-models.ts';

/** As many decisions as the criterion asks for take a minute; five thousand show every day that the probabilities are right. */
const DECISIONS = globalThis.process.env['MODE'] === 'off-policy' ? 100_000 : 5000;
/** Chi-square of one degree of freedom at p = 0.001. */
const MOST_CHI_SQUARE = 10.83;

const DAY = Date.UTC(2026, 10, 24);
const TYPES = ['debugging', 'testing', 'analysis', 'documentation'] as const;
const random = createSeededRandom(11);

/** Four models that are nearly tied, and one that is not. */
function createExploring(): (index: number) => RoutingDecision {
	const models = [
		makeProfile('one', { qualityScore: 85 }),
		makeProfile('two', { qualityScore: 84.5, costPer1kOutputTokens: 0.0155 }),
		makeProfile('three', { qualityScore: 84.8 }),
		makeProfile('four', { qualityScore: 84.2, costPer1kOutputTokens: 0.0145 }),
		makeProfile('weak', { qualityScore: 40 }),
	];
	let now = DAY;
	const clock = { now: () => now, monotonic: () => 0 };
	const config = completeRouterConfig({
		models,
		candidates: models.map(({ name }) => name),
		defaultModel: 'one',
		// budgets that end in the middle of a day: what may be tried changes with what is left
		learning: { exploration: { share: 0.3, dailyCost: 0.01, dailyPoints: 60 } },
	});
	const history = new PerformanceTracker({ clock, quality: () => 85 });
	const engine = new RoutingEngine(config, { history, clock, random });
	return (index) => {
		now = DAY + index * 60_000;
		const type = TYPES[index % TYPES.length] ?? 'analysis';
		return engine.route(makeTask({ type, estimatedOutputTokens: 500 * (1 + (index % 2)) }));
	};
}

/** A workload in which `single` is better than what is chosen for its strengths. */
function createStandingDown(): (index: number) => RoutingDecision {
	const models = [
		makeProfile('usual', { strengths: [...TYPES], qualityScore: 85 }),
		makeProfile('single', { strengths: [], qualityScore: 85 }),
	];
	const clock = { now: () => DAY, monotonic: () => 0 };
	const history = new PerformanceTracker({ clock, quality: () => 85 });
	const seen = {
		complexity: 'medium',
		success: true,
		costUsd: 0,
		latencyMs: 1,
		inputTokens: 1,
		outputTokens: 1,
	} as const;
	for (const taskType of TYPES)
		for (let index = 0; index < 15; index += 1)
			for (const [model, quality] of [
				['usual', 80],
				['single', 88],
			] as const)
				history.observe({ ...seen, taskType, model, quality, workload: 'nightly', at: DAY });
	const weights = { capability: 1, cost: 0, latency: 0, quality: 0, historical: 0 };
	const config = completeRouterConfig({ models, candidates: ['usual', 'single'], defaultModel: 'usual', weights });
	const engine = new RoutingEngine(config, { history, clock, random });
	return (index) => engine.route(makeTask({ type: TYPES[index % TYPES.length] ?? 'analysis', workload: 'nightly' }));
}

/** Decisions of one kind: those whose probabilities are the same. */
interface Cell {
	decisions: number;
	chosen: Map<string, number>;
	propensities: Readonly<Record<string, number>>;
}

describe(`${DECISIONS} decisions that explore and stand down`, () => {
	const [explore, standDown] = [createExploring(), createStandingDown()];
	const decisions = Array.from({ length: DECISIONS }, (_, index) => (index % 4 === 0 ? standDown : explore)(index));

	it('choose each model as often as the probabilities say that are written down, or estimates from the log are wrong', () => {
		const cells = new Map<string, Cell>();
		for (const { chance, model, propensity, propensityKind } of decisions) {
			const propensities = chance?.propensities ?? { [model.name]: 1 };
			expect(propensity).toBe(propensities[model.name]);
			expect(propensityKind).toBe(chance === undefined ? 'deterministic' : 'exact');
			const key = JSON.stringify(Object.entries(propensities).sort());
			const cell = cells.get(key) ?? { decisions: 0, chosen: new Map(), propensities };
			cells.set(key, cell);
			cell.decisions += 1;
			cell.chosen.set(model.name, (cell.chosen.get(model.name) ?? 0) + 1);
		}
		const drawn = [...cells.values()].filter(({ propensities }) => Object.keys(propensities).length > 1);
		// exploration with one, two and three rivals, and standing down
		expect(drawn.length).toBeGreaterThanOrEqual(4);
		let [statistic, freedom] = [0, 0];
		for (const { chosen, decisions: count, propensities } of drawn) {
			const expected = Object.entries(propensities).map(([model, p]) => ({ p: p * count, n: chosen.get(model) ?? 0 }));
			expect(expected.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(count, 6);
			if (expected.some(({ p }) => p < 5)) continue;
			freedom += expected.length - 1;
			statistic += expected.reduce((sum, { n, p }) => sum + (n - p) ** 2 / p, 0);
		}
		expect(freedom).toBeGreaterThanOrEqual(4);
		// Wilson and Hilferty: the cube root of chi-square over its degrees of freedom is nearly normal
		const z = (Math.cbrt(statistic / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
		expect(z, `chi-square ${statistic} with ${freedom} degrees of freedom`).toBeLessThan(Math.sqrt(MOST_CHI_SQUARE));
		expect(z, 'too good to be chance').toBeGreaterThan(-Math.sqrt(MOST_CHI_SQUARE));
	});

	it('sum up: a model is chosen as often as its probabilities add up to, over all that changed meanwhile', () => {
		for (const name of ['one', 'two', 'three', 'four', 'usual', 'single']) {
			let [excess, variance] = [0, 0];
			for (const { chance, model } of decisions) {
				if (chance === undefined) continue;
				const p = chance.propensities[name] ?? 0;
				excess += (model.name === name ? 1 : 0) - p;
				variance += p * (1 - p);
			}
			expect(excess ** 2, name).toBeLessThanOrEqual(MOST_CHI_SQUARE * variance);
		}
	});
});
