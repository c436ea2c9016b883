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

	it('not before a kind of work was seen ten times, and not for another model or kind', () => {
		expect(costOf(taught(Array.from({ length: MIN_CORRECTION_OUTCOMES - 1 }, () => 2)))).toBeUndefined();
		const corrector = taught(Array.from({ length: MIN_CORRECTION_OUTCOMES }, () => 2));
		expect(costOf(corrector)?.factor).toBeCloseTo(2, 9);
		expect(corrector.factors('opus', 'debugging')).toBeNull();
		expect(corrector.factors('sonnet', 'creative')).toBeNull();
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
