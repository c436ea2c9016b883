import { describe, expect, it } from 'vitest';
import type { OutcomeObservation } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import {
	DECAY_STEP_MS,
	DEFAULT_HALF_LIFE_MS,
	MAX_TRACKED_MODELS,
	PerformanceTracker,
	ratingToQuality,
} from './index.ts';

const START = Date.UTC(2026, 10, 24);

function outcome(changes: Partial<OutcomeObservation> = {}): OutcomeObservation {
	return {
		model: 'sonnet',
		taskType: 'debugging',
		complexity: 'medium',
		success: true,
		quality: null,
		costUsd: 0.01,
		latencyMs: 1000,
		inputTokens: 100,
		outputTokens: 50,
		at: START,
		...changes,
	};
}

function many(count: number, changes: Partial<OutcomeObservation> = {}): OutcomeObservation[] {
	return Array.from({ length: count }, () => outcome(changes));
}

function trackerAt(now: () => number = () => START): PerformanceTracker {
	return new PerformanceTracker({ clock: { now } });
}

describe('what outcomes teach', () => {
	it('a model nobody used is neutral, not bad', () => {
		expect(trackerAt().historicalScore('sonnet', 'debugging', 'medium')).toEqual({
			score: 50,
			sampleSize: 0,
			quality: null,
		});
	});

	it('the catalog’s quality can stand in for what was not seen yet', () => {
		const tracker = new PerformanceTracker({ prior: (model) => (model === 'opus' ? 95 : 80) });
		expect(tracker.historicalScore('opus', 'testing', 'simple').score).toBe(95);
		expect(tracker.historicalScore('haiku', 'testing', 'simple').score).toBe(80);
	});

	it('one failure does not condemn a model, many do', () => {
		const tracker = trackerAt();
		tracker.observe(outcome({ success: false }));
		expect(tracker.historicalScore('sonnet', 'debugging', 'medium').score).toBeGreaterThan(40);
		tracker.observeAll(many(100, { success: false }));
		expect(tracker.historicalScore('sonnet', 'debugging', 'medium').score).toBeLessThan(10);
	});

	it('good work is seen: judged successes bring the score to their quality', () => {
		const tracker = trackerAt();
		tracker.observeAll(many(300, { quality: 92 }));
		const { score, sampleSize, quality } = tracker.historicalScore('sonnet', 'debugging', 'medium');
		expect(score).toBeGreaterThanOrEqual(89);
		expect(score).toBeLessThanOrEqual(92);
		expect(sampleSize).toBe(300);
		// 12 points above the catalog's figure
		expect(quality?.shift).toBeCloseTo(12, 0);
		expect(quality?.outcomes).toBe(300);
	});

	it('one angry rating among many silent successes has the weight of one', () => {
		const tracker = trackerAt();
		tracker.observeAll([...many(100), outcome({ quality: 20 })]);
		const { sampleSize, quality } = tracker.historicalScore('sonnet', 'debugging', 'medium');
		expect({ sampleSize, outcomes: quality?.outcomes }).toEqual({ sampleSize: 101, outcomes: 1 });
		expect(quality?.shift).toBeGreaterThan(-6);
	});

	it('a failure that nobody judged says nothing of the quality of answers', () => {
		const tracker = trackerAt();
		tracker.observeAll([...many(10, { quality: 80 }), ...many(10, { success: false })]);
		expect(tracker.historicalScore('sonnet', 'debugging', 'medium').quality?.shift).toBeCloseTo(0, 9);
	});

	it('a refused or empty answer counts, for less than a person’s judgement, and not beside one', () => {
		const shiftOf = (changes: Partial<OutcomeObservation>) => {
			const tracker = trackerAt();
			tracker.observeAll(many(30, changes));
			return tracker.historicalScore('sonnet', 'debugging', 'medium').quality?.shift ?? 0;
		};
		const [refused, judgedSo] = [shiftOf({ observed: ['refusal'] }), shiftOf({ quality: 20 })];
		expect(refused).toBeLessThan(-5);
		expect(judgedSo).toBeLessThan(refused);
		expect(shiftOf({ observed: ['empty'] })).toBeLessThan(shiftOf({ observed: ['cut'] }));
		expect(shiftOf({ observed: ['empty'], quality: 80 })).toBeCloseTo(0, 9);
	});

	it('what is learned of one workload holds there, and counts for less in others', () => {
		const tracker = trackerAt();
		tracker.observeAll(many(20, { quality: 20, workload: 'nightly' }));
		const shiftOf = (workload?: string, type: OutcomeObservation['taskType'] = 'debugging') =>
			tracker.historicalScore('sonnet', type, 'medium', workload).quality?.shift ?? 0;
		expect(shiftOf('nightly')).toBeLessThan(-35);
		expect(shiftOf('chat')).toBeGreaterThan(shiftOf('nightly'));
		expect(shiftOf('chat', 'creative')).toBeGreaterThan(-10);
		expect([tracker.knows('nightly'), tracker.knows('chat')]).toEqual([true, false]);
		const scores = ['nightly', 'chat'].map(
			(name) => tracker.historicalScore('sonnet', 'debugging', 'medium', name).score,
		);
		expect(scores[0]).toBeLessThan(scores[1] ?? 0);
	});

	it('a key decides alone what its own workload is routed by, and moves what others are routed by hardly', () => {
		const own = '0123456789abcdef';
		const tracker = trackerAt();
		tracker.observeAll(many(300, { quality: 0, ratedBy: 'k1', workload: own }));
		const shiftOf = (workload?: string) =>
			tracker.historicalScore('sonnet', 'debugging', 'medium', workload).quality?.shift ?? 0;
		expect(shiftOf(own)).toBeLessThan(-60);
		expect(shiftOf()).toBeGreaterThan(-10);
		const named = trackerAt();
		named.observeAll(many(300, { quality: 0, ratedBy: 'k1', workload: 'shared by many keys' }));
		expect(
			named.historicalScore('sonnet', 'debugging', 'medium', 'shared by many keys').quality?.shift,
		).toBeGreaterThan(-10);
	});

	it('what is learned on one kind of task counts less on its neighbours, and least on other types', () => {
		const tracker = trackerAt();
		tracker.observeAll(many(10, { success: false }));
		const same = tracker.historicalScore('sonnet', 'debugging', 'medium').score;
		const neighbour = tracker.historicalScore('sonnet', 'debugging', 'complex').score;
		const elsewhere = tracker.historicalScore('sonnet', 'creative', 'complex').score;
		expect([same, neighbour, elsewhere]).toEqual([25, 25, 25]);
		tracker.observeAll(many(10, { quality: 100, complexity: 'complex' }));
		tracker.observeAll(many(10, { quality: 100, taskType: 'creative', complexity: 'complex' }));
		expect(tracker.historicalScore('sonnet', 'debugging', 'medium').score).toBeLessThan(
			tracker.historicalScore('sonnet', 'debugging', 'complex').score,
		);
		expect(tracker.historicalScore('sonnet', 'debugging', 'complex').score).toBeLessThan(
			tracker.historicalScore('sonnet', 'creative', 'complex').score,
		);
	});

	it('an old mistake is forgiven: evidence fades to the prior', () => {
		let now = START;
		const tracker = trackerAt(() => now);
		tracker.observeAll(many(50, { success: false }));
		const fresh = tracker.historicalScore('sonnet', 'debugging', 'medium').score;
		now += DEFAULT_HALF_LIFE_MS;
		const later = tracker.historicalScore('sonnet', 'debugging', 'medium');
		expect(later.score).toBeGreaterThan(fresh);
		expect(later.sampleSize).toBe(25);
		now += 20 * DEFAULT_HALF_LIFE_MS;
		expect(tracker.historicalScore('sonnet', 'debugging', 'medium').score).toBe(50);
	});

	it('feedback that comes later counts as if it had been there at once', () => {
		const [early, late] = [trackerAt(), trackerAt()];
		early.observeAll(many(20, { quality: 40 }));
		late.observeAll(many(20));
		const { model, taskType, complexity, success, at } = outcome();
		for (let count = 0; count < 20; count += 1) {
			late.rate({ model, taskType, complexity, success, at, previousQuality: null, quality: 90 });
			late.rate({ model, taskType, complexity, success, at, previousQuality: 90, quality: 40 });
		}
		expect(late.historicalScore('sonnet', 'debugging', 'medium')).toEqual(
			early.historicalScore('sonnet', 'debugging', 'medium'),
		);
		expect(late.snapshot()[0]?.meanQuality).toBeCloseTo(40, 9);
	});

	it('who rates an answer has seen what it shows: signs count no more', () => {
		const [early, late] = [trackerAt(), trackerAt()];
		early.observe(outcome({ quality: 100, observed: ['empty'] }));
		late.observe(outcome({ observed: ['empty'] }));
		late.rate({ ...outcome({ observed: ['empty'] }), previousQuality: null, quality: 100 });
		const of = (tracker: PerformanceTracker) => tracker.historicalScore('sonnet', 'debugging', 'medium').quality;
		expect(of(late)?.shift).toBeCloseTo(of(early)?.shift ?? Number.NaN, 9);
		expect(of(late)?.outcomes).toBe(1);
	});

	it('feedback on an outcome nobody saw is answered with false, not invented', () => {
		const { model, taskType, complexity, success, at } = outcome();
		const rating = { model, taskType, complexity, success, at, previousQuality: null, quality: 40 };
		expect(trackerAt().rate(rating)).toBe(false);
	});
});

describe('when cached decisions are dropped', () => {
	it('the revision stands still while no score moves', () => {
		const tracker = trackerAt();
		tracker.observeAll(many(5000));
		const before = tracker.revision;
		tracker.observe(outcome());
		expect(tracker.revision).toBe(before);
	});

	it('the revision changes when a score moves, and when time has taken from the evidence', () => {
		let now = START;
		const tracker = trackerAt(() => now);
		const empty = tracker.revision;
		tracker.observeAll(many(5, { success: false }));
		const taught = tracker.revision;
		expect(taught).not.toBe(empty);
		now += DECAY_STEP_MS;
		const later = tracker.revision;
		expect(later).not.toBe(taught);
		tracker.clear();
		expect(tracker.revision).not.toBe(later);
		expect(tracker.historicalScore('sonnet', 'debugging', 'medium').score).toBe(50);
	});

	it('a model of many outcomes goes on learning: what is new shows within a second, and a clock set back delays nothing', () => {
		let now = START;
		const tracker = trackerAt(() => now);
		const score = () => {
			// As a router does before it asks for scores.
			void tracker.revision;
			return tracker.historicalScore('sonnet', 'debugging', 'medium').score;
		};
		tracker.observeAll(many(1000, { quality: 90 }));
		const good = score();
		tracker.observeAll(many(1000, { quality: 50 }));
		now += 999;
		expect(score()).toBe(good);
		now += 1;
		const worse = score();
		expect(worse).toBeLessThan(good - 10);
		tracker.observeAll(many(2000, { quality: 10 }));
		now -= 60_000;
		expect(score()).toBeLessThan(worse - 10);
	});

	it('what is seen of a workload shows, however many others were asked for before it', () => {
		let now = START;
		const tracker = trackerAt(() => now);
		const ask = (workload: string) => {
			const { revision } = tracker;
			return {
				revision,
				shift: tracker.historicalScore('sonnet', 'debugging', 'medium', workload).quality?.shift ?? 0,
			};
		};
		for (let index = 0; index < 300; index += 1) tracker.observe(outcome({ quality: 80, workload: `w${index}` }));
		tracker.observeAll(many(3000));
		now += 1000;
		for (let index = 0; index < 299; index += 1) ask(`w${index}`);
		const before = ask('w299');
		// these move no score by a whole point, and no other workload by half of one
		tracker.observeAll(many(3, { observed: ['empty'], workload: 'w299' }));
		now += 1000;
		const after = ask('w299');
		expect(after.revision).not.toBe(before.revision);
		expect(after.shift).toBeLessThan(before.shift - 1);
	});

	it('time alone drops nothing when nothing was learned', () => {
		let now = START;
		const tracker = trackerAt(() => now);
		const before = tracker.revision;
		now += 100 * DECAY_STEP_MS;
		expect(tracker.revision).toBe(before);
	});
});

describe('statistics and limits', () => {
	it('the totals are plain sums and means', () => {
		const tracker = trackerAt();
		tracker.observe(outcome({ quality: 80, latencyMs: 1000 }));
		tracker.observe(outcome({ quality: 90, latencyMs: 3000, at: START + 5 }));
		tracker.observe(outcome({ success: false, costUsd: null, latencyMs: null }));
		expect(tracker.snapshot()).toEqual([
			{
				model: 'sonnet',
				taskType: 'debugging',
				complexity: 'medium',
				totalRequests: 3,
				successfulRequests: 2,
				meanQuality: 85,
				totalCostNanoUsd: 20_000_000,
				meanLatencyMs: 2000,
				inputTokens: 300,
				outputTokens: 150,
				lastUpdatedAt: START + 5,
			},
		]);
	});

	it('memory stays bounded though models come and go', () => {
		const tracker = trackerAt();
		for (let index = 0; index < MAX_TRACKED_MODELS * 3; index += 1) tracker.observe(outcome({ model: `m${index}` }));
		expect(tracker.snapshot()).toHaveLength(MAX_TRACKED_MODELS);
		expect(tracker.snapshot().at(-1)?.model).toBe(`m${MAX_TRACKED_MODELS * 3 - 1}`);
	});

	it.each([
		['quality', { quality: Number.NaN }],
		['quality', { quality: 101 }],
		['costUsd', { costUsd: -1 }],
		['latencyMs', { latencyMs: Number.POSITIVE_INFINITY }],
		['at', { at: Number.NaN }],
	])('a broken %s is refused by name and spoils nothing', (field, changes) => {
		const tracker = trackerAt();
		expect(() => tracker.observeAll([outcome(), outcome(changes)])).toThrow(InvalidInputError);
		expect(() => tracker.observe(outcome(changes))).toThrow(`"${field}"`);
		expect(tracker.snapshot()).toEqual([]);
	});
});

describe('stars as quality', () => {
	it('five stars are perfect, one is poor', () => {
		expect([1, 2, 3, 4, 5].map(ratingToQuality)).toEqual([20, 40, 60, 80, 100]);
	});

	it.each([0, 6, Number.NaN, -1])('%s stars are refused with the range', (rating) => {
		expect(() => ratingToQuality(rating)).toThrow(/from 1 to 5/);
	});
});

describe('ratings of callers who rate their own answers', () => {
	const rated = (ratedBy: string | null, quality: number): OutcomeObservation => ({
		...outcome({ quality }),
		ratedBy,
	});
	const scoreOf = (observations: readonly OutcomeObservation[]): number => {
		const tracker = trackerAt();
		tracker.observeAll(observations);
		const [{ model, taskType, complexity }] = observations as [OutcomeObservation];
		return tracker.historicalScore(model, taskType, complexity).score;
	};

	it('of one caller hardly move what all are routed by; many callers do, and the operator does alone', () => {
		const unrated = scoreOf(many(300));
		const byOne = scoreOf(many(300, { ratedBy: 'k1', quality: 0 }));
		expect(unrated - byOne).toBeLessThanOrEqual(10);
		expect(scoreOf(many(300, { quality: 0 }))).toBeLessThan(unrated / 4);
		const byMany = Array.from({ length: 300 }, (_, index) => rated(`k${index % 60}`, 0));
		expect(scoreOf(byMany)).toBeLessThan(unrated / 4);
	});
});
