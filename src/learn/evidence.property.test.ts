import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom, drawNormal } from '../../test/support/seeded-random.ts';
import { TASK_TYPES } from '../contracts/index.ts';
import { Evidence, type EvidenceObservation } from './evidence.ts';

const DAY_MS = 86_400_000;
const MODELS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const WORKLOADS = ['chat', 'agent', 'nightly', 'support', 'search'];

const observation = fc.record({
	model: fc.constantFrom(...MODELS),
	taskType: fc.constantFrom(...TASK_TYPES),
	workload: fc.option(fc.constantFrom(...WORKLOADS), { nil: undefined }),
	value: fc.double({ min: 0, max: 1, noNaN: true }),
	expected: fc.double({ min: 0, max: 1, noNaN: true }),
	weight: fc.double({ min: 0.05, max: 1, noNaN: true }),
	at: fc.integer({ min: 0, max: 90 * DAY_MS }),
});

function learnAll(observations: readonly EvidenceObservation[], halfLifeMs = 30 * DAY_MS): Evidence {
	const evidence = new Evidence(halfLifeMs);
	for (const one of observations) evidence.observe(one);
	return evidence;
}

describe('what is expected of a model', () => {
	it('is a mean inside its interval, whatever came', () => {
		fc.assert(
			fc.property(fc.array(observation, { maxLength: 120 }), observation, (observations, asked) => {
				const posterior = learnAll(observations).predict(asked, asked.expected, 90 * DAY_MS);
				expect(posterior.low).toBeGreaterThanOrEqual(0);
				expect(posterior.high).toBeLessThanOrEqual(1);
				expect(posterior.mean).toBeGreaterThanOrEqual(posterior.low);
				expect(posterior.mean).toBeLessThanOrEqual(posterior.high);
				expect(posterior.outcomes).toBeGreaterThanOrEqual(0);
			}),
		);
	});

	it('does not depend on the order in which few outcomes arrive', () => {
		fc.assert(
			fc.property(fc.array(observation, { maxLength: 40 }), observation, (observations, asked) => {
				const [one, other] = [observations, observations.toReversed()].map((list) =>
					learnAll(list).predict(asked, 0.5, 90 * DAY_MS),
				);
				expect(one?.mean).toBeCloseTo(other?.mean ?? 0, 9);
				expect(one?.outcomes).toBeCloseTo(other?.outcomes ?? 0, 9);
			}),
		);
	});

	it('goes back to the prior as outcomes grow old', () => {
		fc.assert(
			fc.property(fc.array(observation, { minLength: 1, maxLength: 40 }), observation, (observations, asked) => {
				const evidence = learnAll(observations);
				const distance = (days: number) => Math.abs(evidence.predict(asked, 0.5, days * DAY_MS).mean - 0.5);
				expect(distance(3000)).toBeLessThanOrEqual(distance(90) + 1e-9);
				expect(distance(3000)).toBeLessThan(0.001);
			}),
		);
	});
});

/** Outcomes of models whose true quality is drawn level by level; one cell in ten is an outlier. */
function drawHierarchy(seed: number, count: number) {
	const random = createSeededRandom(seed);
	const draw = (deviation: number) => deviation * drawNormal(random);
	const truth = new Map<string, number>();
	for (const model of MODELS) {
		const ofModel = 0.7 + draw(0.06);
		const ofWorkloads = WORKLOADS.map(() => draw(0.06));
		for (const type of TASK_TYPES) {
			const ofType = draw(0.06);
			for (const [index, workload] of WORKLOADS.entries()) {
				const outlier = random() < 0.1 ? draw(0.2) : 0;
				const quality = ofModel + ofType + (ofWorkloads[index] ?? 0) + draw(0.05) + outlier;
				truth.set(`${model} ${type} ${workload}`, Math.min(0.98, Math.max(0.02, quality)));
			}
		}
	}
	const pick = <Value>(list: readonly Value[]): Value => {
		const value = list[Math.floor(random() * list.length)];
		if (value === undefined) throw new Error('the list is empty');
		return value;
	};
	const outcomes = Array.from({ length: count }, (_, at) => {
		const key = { model: pick(MODELS), taskType: pick(TASK_TYPES), workload: pick(WORKLOADS) };
		const value = random() < (truth.get(`${key.model} ${key.taskType} ${key.workload}`) ?? 0) ? 1 : 0;
		return { ...key, value, expected: 0.7, weight: 1, at };
	});
	return { truth, outcomes };
}

describe('with qualities that are known', () => {
	const SEEDS = [1, 2, 3, 4, 5];
	const judge = (seed: number, count: number) => {
		const { truth, outcomes } = drawHierarchy(seed, count);
		const evidence = learnAll(outcomes, Number.POSITIVE_INFINITY);
		let [learned, prior, covered, cells] = [0, 0, 0, 0];
		for (const [key, quality] of truth) {
			const [model = '', type, workload] = key.split(' ');
			const taskType = TASK_TYPES.find((one) => one === type) ?? 'debugging';
			const { mean, low, high } = evidence.predict({ model, taskType, workload }, 0.7, count);
			learned += (mean - quality) ** 2;
			prior += (0.7 - quality) ** 2;
			covered += quality >= low && quality <= high ? 1 : 0;
			cells += 1;
		}
		return { error: Math.sqrt(learned / prior), coverage: covered / cells };
	};

	it('3,000 outcomes bring the error well below that of the prior', () => {
		for (const seed of SEEDS) expect(judge(seed, 3000).error).toBeLessThan(0.8);
	});

	it('20,000 outcomes more than halve it', () => {
		for (const seed of SEEDS) expect(judge(seed, 20_000).error).toBeLessThan(0.62);
	});

	it.each([300, 3000, 20_000])('intervals hold about nine in ten of the true values after %i outcomes', (count) => {
		const coverages = SEEDS.map((seed) => judge(seed, count).coverage);
		const mean = coverages.reduce((sum, one) => sum + one, 0) / SEEDS.length;
		expect(mean).toBeGreaterThan(0.8);
		expect(mean).toBeLessThan(0.98);
	});
});

describe('evidence', () => {
	const base = { taskType: 'debugging' as const, expected: 0.8, weight: 1, at: 0 };

	it('twenty bad ratings in a workload change what is expected there, and less so elsewhere', () => {
		const evidence = new Evidence(Number.POSITIVE_INFINITY);
		for (let index = 0; index < 20; index += 1) evidence.observe({ ...base, model: 'one', workload: 'chat', value: 0 });
		const ask = (workload?: string) => evidence.predict({ model: 'one', taskType: 'debugging', workload }, 0.8, 0).mean;
		expect(ask('chat')).toBeLessThan(0.3);
		expect(ask('agent')).toBeGreaterThan(ask('chat'));
		expect(ask('agent')).toBeLessThan(0.8);
		expect(evidence.predict({ model: 'two', taskType: 'debugging' }, 0.8, 0).mean).toBe(0.8);
	});

	it('forgets the workload that was used longest ago, not all of them', () => {
		const evidence = new Evidence(Number.POSITIVE_INFINITY);
		for (let index = 0; index < 600; index += 1)
			evidence.observe({ ...base, model: 'one', workload: `workload-${index}`, value: 0 });
		const ask = (workload: string) => evidence.predict({ model: 'one', taskType: 'debugging', workload }, 0.8, 0);
		expect(ask('workload-599').outcomes).toBe(1);
		expect(ask('workload-0').outcomes).toBe(600);
	});
});
