import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeProfile, makeTask } from '../../test/support/route-models.ts';
import { TASK_COMPLEXITIES, TASK_TYPES } from '../contracts/index.ts';
import { scoreCapability, scoreCost, scoreHistorical, scoreLatency, scoreQuality } from './score-model.ts';

const quality = fc.double({ min: 0, max: 100, noNaN: true });
const complexity = fc.constantFrom(...TASK_COMPLEXITIES);
const amount = fc.nat({ max: 1e12 });

function expectScore(score: number): void {
	expect(score).toBeGreaterThanOrEqual(0);
	expect(score).toBeLessThanOrEqual(100);
}

describe('factors', () => {
	it('stay within 0-100 whatever the figures', () => {
		fc.assert(
			fc.property(
				fc.record({
					quality: fc.double(),
					complexity,
					cost: fc.option(amount),
					reference: amount,
					ms: fc.double({ min: -1, max: 1e12, noNaN: true }),
					score: fc.double(),
					sampleSize: fc.nat(),
					type: fc.constantFrom(...TASK_TYPES),
					strengths: fc.subarray([...TASK_TYPES]),
					thinks: fc.boolean(),
				}),
				(given) => {
					const held = Number.isNaN(given.quality) ? 0 : Math.min(100, Math.max(0, given.quality));
					const profile = makeProfile('any', { strengths: given.strengths, supportsExtendedThinking: given.thinks });
					const task = makeTask({ type: given.type, complexity: given.complexity, requiresExtendedThinking: true });
					expectScore(scoreCapability(profile, held, task));
					expectScore(scoreQuality(given.quality, given.complexity));
					expectScore(scoreCost(given.cost, given.reference));
					expectScore(scoreLatency(given.ms, given.reference));
					expectScore(scoreHistorical({ score: given.score, sampleSize: given.sampleSize, quality: null }));
				},
			),
		);
	});

	it('never punish a better model: quality and capability do not fall when quality rises', () => {
		fc.assert(
			fc.property(quality, quality, complexity, (a, b, level) => {
				const [low, high] = a <= b ? [a, b] : [b, a];
				const task = makeTask({ complexity: level });
				expect(scoreQuality(low, level)).toBeLessThanOrEqual(scoreQuality(high, level));
				expect(scoreCapability(makeProfile('x'), low, task)).toBeLessThanOrEqual(
					scoreCapability(makeProfile('x'), high, task),
				);
			}),
		);
	});

	it('never reward a dearer or slower model', () => {
		fc.assert(
			fc.property(amount, amount, fc.integer({ min: 1, max: 1e9 }), (a, b, reference) => {
				const [less, more] = a <= b ? [a, b] : [b, a];
				expect(scoreCost(less, reference)).toBeGreaterThanOrEqual(scoreCost(more, reference));
				expect(scoreLatency(less, reference)).toBeGreaterThanOrEqual(scoreLatency(more, reference));
			}),
		);
	});

	it('an unknown price is never a bargain', () => {
		expect(scoreCost(null, 1e6)).toBe(0);
	});

	it('no history is neutral, not bad: a new model gets its chance', () => {
		expect(scoreHistorical({ score: 0, sampleSize: 0, quality: null })).toBe(50);
		expect(scoreHistorical({ score: Number.NaN, sampleSize: 9, quality: null })).toBe(50);
		expect(scoreHistorical({ score: 88, sampleSize: 9, quality: null })).toBe(88);
	});

	it('demand rises with complexity: the same light model suffices for simple and not for critical tasks', () => {
		const scores = TASK_COMPLEXITIES.map((level) => scoreQuality(80, level));
		expect(scores).toEqual([...scores].sort((a, b) => b - a));
		expect((scores[0] ?? 0) - (scores[3] ?? 0)).toBeGreaterThan(30);
	});

	it('knowing the kind of work counts, and so does thinking where the task needs it', () => {
		const task = makeTask({ type: 'debugging', requiresExtendedThinking: true });
		const expert = scoreCapability(makeProfile('expert', { strengths: ['debugging'] }), 90, task);
		const kindred = scoreCapability(makeProfile('kindred', { strengths: ['testing'] }), 90, task);
		const stranger = scoreCapability(makeProfile('stranger', { strengths: ['creative'] }), 90, task);
		const hasty = scoreCapability(
			makeProfile('h', { strengths: ['debugging'], supportsExtendedThinking: false }),
			90,
			task,
		);
		expect(expert).toBeGreaterThan(kindred);
		expect(kindred).toBeGreaterThan(stranger);
		expect(expert - hasty).toBeCloseTo(15);
	});
});
