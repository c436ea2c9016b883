import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EstimateCorrector, MIN_CORRECTION_OUTCOMES } from './estimate-corrector.ts';

function taught(ratios: readonly number[], predicted = 100): EstimateCorrector {
	const corrector = new EstimateCorrector();
	for (const ratio of ratios) {
		const actual = { cost: predicted * ratio };
		corrector.observe({ model: 'sonnet', taskType: 'debugging', predicted: { cost: predicted }, actual });
	}
	return corrector;
}

const costOf = (corrector: EstimateCorrector) => corrector.factors('sonnet', 'debugging')?.cost;

describe('estimates are corrected by what was seen', () => {
	it('by the median of what came out, with the middle of it as the interval', () => {
		const cost = costOf(taught(Array.from({ length: 100 }, (_, index) => 0.5 + index / 100)));
		expect(cost?.factor).toBeCloseTo(0.995, 1);
		expect(cost?.low).toBeCloseTo(0.6, 1);
		expect(cost?.high).toBeCloseTo(1.4, 1);
	});

	it('not before a kind of work was seen ten times, not for another model, and for another kind by less than half', () => {
		expect(costOf(taught(Array.from({ length: MIN_CORRECTION_OUTCOMES - 1 }, () => 2)))).toBeUndefined();
		const corrector = taught(Array.from({ length: MIN_CORRECTION_OUTCOMES }, () => 2));
		expect(costOf(corrector)?.factor).toBeCloseTo(2, 9);
		expect(corrector.factors('opus', 'debugging')).toBeNull();
		const other = corrector.factors('sonnet', 'creative')?.cost?.factor;
		expect(other).toBeGreaterThan(1.1);
		expect(other).toBeLessThan(Math.SQRT2);
	});

	it('one absurd figure moves little', () => {
		const usual = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0.9 : 1.1));
		const [plain, odd] = [costOf(taught(usual)), costOf(taught([...usual, 1e6, 1.1, 0.9, 1.1]))];
		expect(odd?.factor).toBeLessThan((plain?.factor ?? 0) * 1.25);
	});

	it('follows work that has changed: the last two hundred outcomes count', () => {
		expect(
			costOf(taught([...Array.from({ length: 300 }, () => 1), ...Array.from({ length: 200 }, () => 3)]))?.factor,
		).toBeCloseTo(3, 6);
	});

	it('is news only when it moves by a tenth, so that cached decisions stay of use', () => {
		const corrector = taught(Array.from({ length: 50 }, () => 2));
		const before = corrector.revision;
		for (let count = 0; count < 100; count += 1)
			corrector.observe({ model: 'sonnet', taskType: 'debugging', predicted: { cost: 100 }, actual: { cost: 202 } });
		expect(corrector.revision).toBe(before);
	});

	it('scales with the estimate, and passes over what cannot be compared', () => {
		fc.assert(
			fc.property(
				fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 10, maxLength: 60 }),
				fc.double({ min: 0.1, max: 1000, noNaN: true }),
				(ratios, scale) => {
					expect(costOf(taught(ratios, 100 * scale))?.factor).toBeCloseTo(costOf(taught(ratios))?.factor ?? 0, 6);
				},
			),
			{ numRuns: 50 },
		);
		expect(costOf(taught(Array.from({ length: 50 }, () => Number.NaN)))).toBeUndefined();
		expect(costOf(taught(Array.from({ length: 50 }, () => -1)))).toBeUndefined();
	});

	it('keeps a bounded number of pairs', () => {
		const corrector = new EstimateCorrector();
		const teach = (model: string) => {
			for (let count = 0; count < MIN_CORRECTION_OUTCOMES; count += 1)
				corrector.observe({ model, taskType: 'debugging', predicted: { cost: 1 }, actual: { cost: 2 } });
		};
		for (let model = 0; model <= 1000; model += 1) teach(`m${model}`);
		expect(corrector.factors('m0', 'debugging')).toBeNull();
		expect(corrector.factors('m1000', 'debugging')).not.toBeNull();
	});
});

describe('workloads', () => {
	/** Outcomes of each workload with its own ratio, spread by ±10 %, in turn. */
	function teach(corrector: EstimateCorrector, ratios: Record<string, number>, rounds: number): void {
		for (let round = 0; round < rounds; round += 1) {
			for (const [workload, ratio] of Object.entries(ratios)) {
				const actual = { cost: 100 * ratio * (round % 2 === 0 ? 0.9 : 1.1) };
				corrector.observe({ model: 'sonnet', taskType: 'debugging', workload, predicted: { cost: 100 }, actual });
			}
		}
	}
	const costIn = (corrector: EstimateCorrector, workload?: string, type: 'debugging' | 'creative' = 'debugging') =>
		corrector.factors('sonnet', type, workload)?.cost?.factor ?? Number.NaN;

	it('each has the estimates of its own work, and one that nobody knows those of all', () => {
		const corrector = new EstimateCorrector();
		teach(corrector, { long: 4, short: 0.25 }, 20);
		expect(costIn(corrector, 'long')).toBeGreaterThan(3.2);
		expect(costIn(corrector, 'short')).toBeLessThan(0.32);
		expect(costIn(corrector, 'new')).toBe(costIn(corrector));
		// on another type it says something, and less
		expect(costIn(corrector, 'long', 'creative')).toBeGreaterThan(costIn(corrector, undefined, 'creative') * 1.2);
		expect(costIn(corrector, 'long', 'creative')).toBeLessThan(3);
	});

	it('few outcomes of one move it little where single outcomes vary much', () => {
		const moved = (ratios: readonly number[]) => {
			const corrector = new EstimateCorrector();
			teach(corrector, { other: 1 }, 60);
			for (const ratio of ratios) teach(corrector, { own: ratio }, 1);
			return costIn(corrector, 'own');
		};
		// the middle one is 4 in both
		const [steady, wild] = [moved([3.8, 4, 4, 4.1, 4.2]), moved([0.05, 0.2, 4, 30, 100])];
		expect(steady).toBeGreaterThan(2.5);
		expect(wild).toBeGreaterThan(1.05);
		expect(wild).toBeLessThan(0.75 * steady);
	});

	it('what one learns makes no decision of another stale', () => {
		const corrector = new EstimateCorrector();
		for (let count = 0; count < 100; count += 1) teach(corrector, { own: 2, other: 2 }, 1);
		const [all, other] = [corrector.revision, corrector.workloadRevision('other')];
		// the type’s median stays, as few of so many are its own
		for (let count = 0; count < 70; count += 1) teach(corrector, { own: 3 }, 1);
		expect(corrector.revision).toBe(all);
		expect(corrector.workloadRevision('other')).toBe(other);
		expect(corrector.workloadRevision('own')).toBeGreaterThan(0);
		expect(corrector.workloadRevision('unknown')).toBe(0);
	});

	it('keeps a bounded number of them, the ones of late', () => {
		const corrector = new EstimateCorrector();
		for (let count = 0; count < 600; count += 1) teach(corrector, { [`w${count}`]: 3 }, 12);
		expect(corrector.workloadRevision('w0')).toBe(0);
		expect(corrector.workloadRevision('w599')).toBeGreaterThan(0);
	});

	it('the order in which workloads come does not matter', () => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.double({ min: 0.1, max: 10, noNaN: true })), {
					minLength: 12,
					maxLength: 40,
				}),
				(seen) => {
					const learn = (all: typeof seen) => {
						const corrector = new EstimateCorrector();
						for (const [workload, ratio] of all) {
							const actual = { cost: 100 * ratio };
							corrector.observe({ model: 'sonnet', taskType: 'debugging', workload, predicted: { cost: 100 }, actual });
						}
						return ['a', 'b', 'c'].map((workload) => costIn(corrector, workload));
					};
					// few enough that every outcome is taken over at once
					const some = seen.slice(0, 16);
					for (const [index, factor] of learn(some.toReversed()).entries())
						expect(factor).toBeCloseTo(learn(some)[index] ?? Number.NaN, 9);
				},
			),
			{ numRuns: 40 },
		);
	});
});

/** The corrections after each of these ratios, by sorting the last two hundred each time a correction is due. */
function correctBySorting(ratios: readonly number[]): Array<number | undefined> {
	const last: number[] = [];
	let [stale, factor]: [number, number | undefined] = [0, undefined];
	return ratios.map((ratio, index) => {
		last[index % 200] = Math.min(Math.max(Math.log((100 * ratio) / 100), -Math.log(1000)), Math.log(1000));
		stale += 1;
		if (stale < Math.max(4, 0.1 * last.length) && last.length > 16) return factor;
		stale = 0;
		if (last.length < MIN_CORRECTION_OUTCOMES) return factor;
		const sorted = [...last].sort((one, other) => one - other);
		const at = 0.5 * (sorted.length - 1);
		const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
		factor = Math.exp(below + (above - below) * (at - Math.floor(at)));
		return factor;
	});
}

it('a correction is that of the last two hundred outcomes, sorted, to the last bit', () => {
	// few different ratios, too: equal ones leave and come
	const ratio = fc.oneof(fc.constantFrom(0.5, 1, 2), fc.double({ min: 1e-5, max: 1e5, noNaN: true }));
	fc.assert(
		fc.property(fc.array(ratio, { minLength: 230, maxLength: 500, size: 'max' }), (ratios) => {
			const corrector = new EstimateCorrector();
			const seen = ratios.map((each) => {
				const actual = { cost: 100 * each };
				corrector.observe({ model: 'sonnet', taskType: 'debugging', predicted: { cost: 100 }, actual });
				return costOf(corrector)?.factor;
			});
			expect(seen).toEqual(correctBySorting(ratios));
		}),
		{ numRuns: 30 },
	);
});
