import { describe, expect, it } from 'vitest';
import { STAND_DOWN_POLICY, STAND_DOWN_REASON } from '../route/index.ts';
import { sampleDecision, sampleOutcome } from '../testing/storage-contract/samples.ts';
import { findStandDowns, groupJudged } from './read-evidence.ts';

describe('the quality of models by workload', () => {
	it('is the mean of what was judged, with an interval that has a width even where all judged alike', () => {
		const judged = (workload: string | undefined, answeredBy: string, qualities: ReadonlyArray<number | null>) =>
			qualities.map((quality) => sampleOutcome({ workload, answeredBy, quality }));
		const rows = groupJudged([
			...judged('support', 'opus', [100, 100, 100, 100]),
			...judged('support', 'haiku', [80, 60, null]),
			...judged(undefined, 'opus', [20]),
			...judged('nightly', 'opus', [null]),
		]);
		expect(rows).toMatchObject([
			{ workload: 'support', model: 'opus', judged: 4, mean: 100, high: 100 },
			{ workload: 'support', model: 'haiku', judged: 2, mean: 70 },
			{ workload: null, model: 'opus', judged: 1, mean: 20 },
		]);
		// worked out by hand: n / (n + 1.96²) of 4
		expect(rows[0]?.low).toBeCloseTo(51.01, 2);
		for (const { high, low, mean } of rows) expect(low < mean && mean <= high).toBe(true);
	});
});

describe('where routing stands down', () => {
	it('is read from what decisions recorded, the newest first, retries among them', () => {
		const standing = `Routing stands down for haiku${STAND_DOWN_REASON}3.1 points better than routing at 40% of its cost, by 9 outcomes`;
		const retry = `Routed to see whether that is still worse than always haiku${STAND_DOWN_REASON}3.1 points better`;
		const found = findStandDowns([
			sampleDecision({ id: 'd4', workload: 'support', reasoning: ['Quick', retry] }),
			sampleDecision({ id: 'd3', workload: 'support', policy: STAND_DOWN_POLICY, reasoning: [standing] }),
			sampleDecision({ id: 'd2', workload: 'support', reasoning: ['Quick'] }),
			sampleDecision({ id: 'd1', workload: 'nightly', reasoning: ['Quick'] }),
			sampleDecision({ id: 'd0', workload: undefined, reasoning: ['Quick'] }),
		]);
		expect(found).toMatchObject([
			{ workload: 'support', decisions: 3, standing: 1, latest: { decision: 'd4', reason: retry } },
		]);
	});
});
