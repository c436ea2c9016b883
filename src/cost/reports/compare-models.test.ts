import { describe, expect, it } from 'vitest';
import { makeProfile } from '../../../test/support/route-models.ts';
import { compareModels, getMinConfidence, type ModelEvidence, OutcomeEvidence } from './compare-models.ts';

const NONE: ModelEvidence = { outcomes: 0, failures: 0, judged: 0, quality: 0, timed: 0, latencyMs: 0 };
const current = makeProfile('current', { qualityScore: 90, latencyMs: 2000 });
const cheaper = makeProfile('cheaper', { qualityScore: 80, latencyMs: 1000 });
const compare = (now: Partial<ModelEvidence> | null, then: Partial<ModelEvidence> | null) =>
	compareModels(
		{ profile: current, evidence: now && { ...NONE, ...now } },
		{ profile: cheaper, evidence: then && { ...NONE, ...then } },
		'debugging',
	);

describe('a cheaper model is compared by what was seen of it, as far as that goes', () => {
	it('by the catalog alone where nothing was seen, with half the trust', () => {
		expect(compare(null, null)).toEqual({
			qualityDelta: -10,
			qualityInterval: { low: -30.8, high: 10.8 },
			latencyDelta: -1000,
			confidence: 25,
			isObserved: false,
			currentQuality: 90,
			cheaperQuality: 80,
		});
	});

	it('failures count 0, answers nobody judged count as the catalog has it', () => {
		// (5 + 4 unjudged) × 80 + 360, over 15
		const seen = { outcomes: 10, failures: 2, judged: 4, quality: 360, timed: 5, latencyMs: 3500 };
		expect(compare(null, seen)).toEqual({
			qualityDelta: -18,
			qualityInterval: { low: -35, high: -1 },
			latencyDelta: -1000,
			confidence: 11,
			isObserved: true,
			currentQuality: 90,
			cheaperQuality: 72,
		});
	});

	it('times are compared from one source: seen with seen, else catalog with catalog', () => {
		const now = { outcomes: 20, judged: 20, quality: 1800, timed: 10, latencyMs: 5000 };
		const then = { outcomes: 20, judged: 20, quality: 1760, timed: 20, latencyMs: 18_000 };
		expect(compare(now, then)).toMatchObject({
			qualityDelta: -3.6,
			qualityInterval: { low: -12.9, high: 5.7 },
			latencyDelta: 400,
			confidence: 60,
		});
		expect(compare({ ...now, outcomes: 4 }, then).latencyDelta).toBe(-1000);
		expect(compare({ ...now, outcomes: 5 }, then).latencyDelta).toBe(400);
		expect(compare(now, { ...then, outcomes: 4 }).latencyDelta).toBe(-1000);
		expect(compare(now, { ...then, timed: 0, latencyMs: 0 }).latencyDelta).toBe(500);
	});

	it('five outcomes are enough to say that it was seen, and ask for more confidence', () => {
		const seenTimes = (outcomes: number) => compare(null, { outcomes, judged: outcomes, quality: 80 * outcomes });
		expect([4, 5].map((outcomes) => seenTimes(outcomes).isObserved)).toEqual([false, true]);
		expect([4, 5].map((outcomes) => getMinConfidence(seenTimes(outcomes)))).toEqual([25, 50]);
	});
});

describe('what was seen of a model', () => {
	const outcome = { model: 'a', taskType: 'debugging' as const, complexity: 'simple' as const, at: 0 };
	const seen = { ...outcome, success: true, quality: 80, latencyMs: 100, costUsd: 0, inputTokens: 0, outputTokens: 0 };

	it('is summed by model and type of task; a failure has no quality, and a time only where it was taken', () => {
		const evidence = new OutcomeEvidence();
		evidence.observe(seen);
		evidence.observe({ ...seen, success: false, quality: 70, latencyMs: null });
		evidence.observe({ ...seen, quality: null, latencyMs: 300 });
		expect(evidence.get('a', 'debugging')).toEqual({
			outcomes: 3,
			failures: 1,
			judged: 1,
			quality: 80,
			timed: 2,
			latencyMs: 400,
		});
		expect([evidence.get('a', 'analysis'), evidence.get('b', 'debugging')]).toEqual([null, null]);
	});

	it('counts half after a thousand more: a model that was mended is not held to its past', () => {
		const evidence = new OutcomeEvidence();
		for (let count = 0; count < 1000; count += 1) evidence.observe({ ...seen, success: count % 2 === 0 });
		expect(evidence.get('a', 'debugging')).toMatchObject({ outcomes: 1000, failures: 500, judged: 500, timed: 1000 });
		evidence.observe(seen);
		expect(evidence.get('a', 'debugging')).toEqual({
			outcomes: 501,
			failures: 250,
			judged: 251,
			quality: 251 * 80,
			timed: 501,
			latencyMs: 50_100,
		});
	});
});
