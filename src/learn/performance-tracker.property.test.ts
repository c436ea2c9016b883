import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OutcomeObservation, TASK_COMPLEXITIES, TASK_TYPES } from '../contracts/index.ts';
import { DEFAULT_HALF_LIFE_MS, PerformanceTracker } from './index.ts';

const NOW = Date.UTC(2026, 10, 24);
const types = TASK_TYPES.slice(0, 3);

const observation: fc.Arbitrary<OutcomeObservation> = fc.record({
	model: fc.constant('sonnet'),
	taskType: fc.constantFrom(...types),
	complexity: fc.constantFrom(...TASK_COMPLEXITIES),
	success: fc.boolean(),
	quality: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
	costUsd: fc.constant(0.01),
	latencyMs: fc.constant(1000),
	inputTokens: fc.constant(10),
	outputTokens: fc.constant(10),
	at: fc.integer({ min: NOW - 2 * DEFAULT_HALF_LIFE_MS, max: NOW }),
});
const history = fc.array(observation, { maxLength: 60 });

function scores(observations: readonly OutcomeObservation[], now = NOW, prior = 50): number[] {
	const tracker = new PerformanceTracker({ clock: { now: () => now }, prior: () => prior });
	for (const one of observations) tracker.observe(one);
	return types.flatMap((type) =>
		TASK_COMPLEXITIES.map((complexity) => tracker.historicalScore('sonnet', type, complexity).score),
	);
}

/** Learned at once, as at the start and after feedback. */
function batchScores(observations: readonly OutcomeObservation[]): number[] {
	const tracker = new PerformanceTracker({ clock: { now: () => NOW } });
	tracker.observeAll(observations);
	return types.flatMap((type) =>
		TASK_COMPLEXITIES.map((complexity) => tracker.historicalScore('sonnet', type, complexity).score),
	);
}

describe('laws of learning', () => {
	it('scores stay whole points from 0 to 100', () => {
		fc.assert(
			fc.property(history, fc.integer({ min: 0, max: 100 }), (seen, prior) => {
				for (const score of scores(seen, NOW, prior)) {
					expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
				}
			}),
			{ numRuns: 60 },
		);
	});

	it('one more success never lowers any score, one more failure never raises one', () => {
		fc.assert(
			fc.property(history, observation, (seen, one) => {
				const before = scores(seen);
				const better = scores([...seen, { ...one, success: true, quality: null }]);
				const best = scores([...seen, { ...one, success: true, quality: 100 }]);
				const worse = scores([...seen, { ...one, success: false }]);
				for (const [index, score] of before.entries()) {
					expect(better[index]).toBeGreaterThanOrEqual(score);
					expect(best[index]).toBeGreaterThanOrEqual(better[index] ?? Number.NaN);
					expect(worse[index]).toBeLessThanOrEqual(score);
				}
			}),
			{ numRuns: 60 },
		);
	});

	it('one caller’s ratings, however many, move no score by more than a tenth', () => {
		const rater = fc.constantFrom(null, null, 'k1', 'k2', 'greedy');
		const judged = fc.tuple(observation, rater).map(([one, ratedBy]) => ({ ...one, ratedBy }));
		const flood = fc
			.tuple(fc.constantFrom(...types), fc.constantFrom(...TASK_COMPLEXITIES), fc.constantFrom(0, 100), fc.nat(400))
			.map(([taskType, complexity, quality, count]) => ({ taskType, complexity, quality, count }));
		fc.assert(
			fc.property(
				fc.array(judged, { maxLength: 40 }),
				fc.array(flood, { maxLength: 4 }),
				observation,
				(seen, floods, one) => {
					const many = floods.flatMap(({ count, ...change }) =>
						Array.from({ length: count }, () => ({ ...one, ...change, success: true, at: NOW, ratedBy: 'greedy' })),
					);
					const all: OutcomeObservation[] = [...seen, ...many];
					const unrated = all.map((each) => (each.ratedBy === 'greedy' ? { ...each, quality: null } : each));
					const without = batchScores(unrated);
					for (const [index, score] of batchScores(all).entries())
						expect(Math.abs(score - (without[index] ?? Number.NaN))).toBeLessThanOrEqual(10);
				},
			),
			{ numRuns: 60 },
		);
	});

	it('the order in which outcomes of one moment arrive does not matter', () => {
		fc.assert(
			fc.property(history, fc.integer(), (seen, seed) => {
				const moment = seen.map((one) => ({ ...one, at: NOW }));
				const shuffled = moment
					.map((one, index) => ({ one, key: Math.imul(index + 1, seed | 1) }))
					.sort((a, b) => a.key - b.key)
					.map(({ one }) => one);
				expect(scores(shuffled)).toEqual(scores(moment));
			}),
			{ numRuns: 60 },
		);
	});

	it('everything fades back to the prior', () => {
		fc.assert(
			fc.property(history, fc.integer({ min: 0, max: 100 }), (seen, prior) => {
				const muchLater = NOW + 40 * DEFAULT_HALF_LIFE_MS;
				expect(new Set(scores(seen, muchLater, prior))).toEqual(new Set([prior]));
			}),
			{ numRuns: 40 },
		);
	});

	it('a published answer never changes without a new revision', () => {
		fc.assert(
			fc.property(fc.array(observation, { minLength: 1, maxLength: 60 }), (seen) => {
				let now = NOW;
				const tracker = new PerformanceTracker({ clock: { now: () => now } });
				let revision = tracker.revision;
				const ask = (): string =>
					JSON.stringify(
						types.map((type) => TASK_COMPLEXITIES.map((c) => tracker.historicalScore('sonnet', type, c).score)),
					);
				let answers = ask();
				for (const one of seen) {
					now += 700_000;
					tracker.observe(one);
					const next = ask();
					expect(tracker.revision !== revision || next === answers).toBe(true);
					[revision, answers] = [tracker.revision, next];
				}
			}),
			{ numRuns: 40 },
		);
	});
});

function expectSame(before: PerformanceTracker, after: PerformanceTracker): void {
	const asked = types.flatMap((type) => [undefined, 'chat', 'nightly'].map((workload) => ({ type, workload })));
	for (const { type, workload } of asked) {
		const [was, is] = [before, after].map((each) => each.historicalScore('sonnet', type, 'medium', workload));
		expect(is?.score).toBe(was?.score);
		const expected = was?.quality ?? { shift: 0, doubt: 1 };
		expect(is?.quality?.shift ?? 0).toBeCloseTo(expected.shift, 6);
		expect(is?.quality?.doubt ?? 1).toBeCloseTo(expected.doubt, 6);
	}
}

describe('a restart', () => {
	it('forgets nothing that was learned: what storage gives back at once teaches what came one by one', () => {
		const workload = fc.option(fc.constantFrom('chat', 'nightly', '0123456789abcdef'), { nil: undefined });
		const model = fc.constantFrom('sonnet', 'opus', 'haiku');
		const judged = fc.tuple(observation, workload, model).map(([one, ofWorkload, name]) => {
			return { ...one, workload: ofWorkload, model: name };
		});
		fc.assert(
			fc.property(fc.array(judged, { maxLength: 150 }), (seen) => {
				const [before, after] = [0, 1].map(() => new PerformanceTracker({ clock: { now: () => NOW } }));
				for (const one of seen) before?.observe(one);
				// newest first, as storage answers
				after?.observeAll(seen.toReversed());
				if (before !== undefined && after !== undefined) expectSame(before, after);
			}),
			{ numRuns: 60 },
		);
	});
});
