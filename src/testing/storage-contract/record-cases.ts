import assert from 'node:assert/strict';
import type { DecisionQuery, RouterStorage } from '../../contracts/index.ts';
import {
	ALL_TIME,
	SAMPLE_TIME,
	type StorageContractCases,
	sampleAttempt,
	sampleDecision,
	sampleEntry,
	sampleFallback,
	sampleOutcome,
	sampleRateLimit,
} from './samples.ts';

async function writeDecisions({ records }: RouterStorage, ats: readonly number[]): Promise<void> {
	const rows = ats.map((at, index) => sampleDecision({ id: `decision-${index}`, at }));
	await records.write(rows.map((row) => ({ kind: 'decision', row })));
}

/** Promises about decisions, outcomes, events and what is learned from them. */
export const recordCases: StorageContractCases = {
	'every field of a decision, an outcome and an event comes back as it was written': async ({ records }) => {
		const features = [{ name: 'fix', target: 'type:debugging', weight: 1.5 }];
		const decision = sampleDecision({ features });
		const at = SAMPLE_TIME - 1;
		const unpriced = sampleDecision({ id: 'decision-2', estimatedCostNanoUsd: null, isCached: true, at });
		const nothing = { deployment: null, failure: null, status: null, message: null, costNanoUsd: null };
		const skipped = { decisionId: null, outcome: 'skipped', isEstimated: false, ...nothing } as const;
		const passedOver = sampleAttempt({ id: 'attempt-2', number: 2, ...skipped, at });
		const answer = { quality: 91.5, usedFallback: true, answeredBy: 'sonnet' };
		const outcome = sampleOutcome({ ...answer, userComment: "it's; --" });
		await records.write([
			{ kind: 'decision', row: decision },
			{ kind: 'decision', row: unpriced },
			{ kind: 'outcome', row: outcome },
			{ kind: 'fallback', row: sampleFallback() },
			{ kind: 'rate-limit', row: sampleRateLimit() },
			{ kind: 'attempt', row: passedOver },
			{ kind: 'attempt', row: sampleAttempt() },
		]);
		assert.deepEqual(await records.decision('decision-1'), decision);
		assert.equal(await records.decision('nobody'), null);
		assert.deepEqual(await records.decisions(ALL_TIME, 10), [decision, unpriced]);
		assert.deepEqual(await records.outcomes(ALL_TIME, 10), [outcome]);
		assert.deepEqual(await records.fallbackEvents(ALL_TIME, 10), [sampleFallback()]);
		assert.deepEqual(await records.rateLimits(ALL_TIME, 10), [sampleRateLimit()]);
		assert.deepEqual(await records.attempts(ALL_TIME, 10), [sampleAttempt(), passedOver]);
	},
	'one decision is shown with everything that came of it, and nothing of its neighbours': async ({
		records,
		ledger,
	}) => {
		const other = { id: 'other', decisionId: 'decision-2' };
		const limit = sampleRateLimit({ decisionId: 'decision-1' });
		await records.write([
			{ kind: 'decision', row: sampleDecision() },
			{ kind: 'decision', row: sampleDecision({ id: 'decision-2' }) },
			{ kind: 'fallback', row: sampleFallback() },
			{ kind: 'fallback', row: sampleFallback(other) },
			{ kind: 'rate-limit', row: limit },
			{ kind: 'rate-limit', row: sampleRateLimit(other) },
			{ kind: 'outcome', row: sampleOutcome() },
		]);
		const first = sampleEntry({ id: 'e1', decisionId: 'decision-1', at: SAMPLE_TIME + 1 });
		const second = sampleEntry({ id: 'e2', decisionId: 'decision-1', at: SAMPLE_TIME + 2 });
		for (const entry of [first, second, sampleEntry(other)]) await ledger.append(entry);
		assert.deepEqual(await records.trail('decision-1'), {
			decision: sampleDecision(),
			outcome: sampleOutcome(),
			entries: [first, second],
			fallbacks: [sampleFallback()],
			rateLimits: [limit],
		});
		assert.equal((await records.trail('decision-2'))?.outcome, null);
		assert.equal(await records.trail('nobody'), null);
	},
	'decisions are found by each of their conditions, page by page, and no other is among them': async ({
		records,
		ledger,
	}) => {
		const ofOpus = { id: 'd1', at: SAMPLE_TIME };
		const ofSonnet = { id: 'd2', at: SAMPLE_TIME + 1, model: 'sonnet', taskType: 'analysis' } as const;
		await records.write([
			{ kind: 'decision', row: sampleDecision(ofOpus) },
			{ kind: 'decision', row: sampleDecision(ofSonnet) },
			{ kind: 'decision', row: sampleDecision({ id: 'd3', at: SAMPLE_TIME + 1 }) },
			{ kind: 'outcome', row: sampleOutcome({ id: 'o1', decisionId: 'd1', actualCostNanoUsd: 5 }) },
			{
				kind: 'outcome',
				row: sampleOutcome({ id: 'o2', decisionId: 'd2', success: false, usedFallback: true, actualCostNanoUsd: null }),
			},
		]);
		const attribution = { key: 'k1', session: 's1', tags: ['nightly', "it's"] };
		await ledger.append(sampleEntry({ id: 'e1', decisionId: 'd1', at: SAMPLE_TIME + 1, attribution }));
		await ledger.append(sampleEntry({ id: 'e2', decisionId: 'd2', at: SAMPLE_TIME + 2, attribution: { key: 'k2' } }));
		const find = async (change: Partial<DecisionQuery>) =>
			(await records.search({ range: ALL_TIME, limit: 10, ...change })).map(({ decision }) => decision.id);
		assert.deepEqual(await find({}), ['d3', 'd2', 'd1']);
		assert.deepEqual(await find({ range: { from: SAMPLE_TIME, to: SAMPLE_TIME + 1 } }), ['d1']);
		assert.deepEqual(await find({ model: 'sonnet' }), ['d2']);
		assert.deepEqual(await find({ taskType: 'analysis' }), ['d2']);
		assert.deepEqual(await find({ outcome: 'success' }), ['d1']);
		assert.deepEqual(await find({ outcome: 'failure' }), ['d2']);
		assert.deepEqual(await find({ outcome: 'fallback' }), ['d2']);
		assert.deepEqual(await find({ outcome: 'pending' }), ['d3']);
		assert.deepEqual(await find({ minCostNanoUsd: 5 }), ['d1']);
		assert.deepEqual(await find({ minCostNanoUsd: 6 }), []);
		assert.deepEqual(await find({ attribution: { key: 'k2' } }), ['d2']);
		assert.deepEqual(await find({ attribution: { key: 'k1', session: 's1', tag: "it's" } }), ['d1']);
		assert.deepEqual(await find({ attribution: { key: 'k2', session: 's1' } }), []);
		assert.deepEqual(await find({ limit: 2 }), ['d3', 'd2']);
		assert.deepEqual(await find({ after: { id: 'd3', at: SAMPLE_TIME + 1 } }), ['d2', 'd1']);
		assert.deepEqual(await find({ after: { id: 'd2', at: SAMPLE_TIME + 1 }, limit: 1 }), ['d1']);
		const [, second] = await records.search({ range: ALL_TIME, limit: 10 });
		assert.deepEqual(second?.decision, sampleDecision(ofSonnet));
		assert.equal(second?.outcome?.id, 'o2');
	},
	'the text of a task is not kept unless capture is on': async ({ records }) => {
		await records.write([{ kind: 'decision', row: sampleDecision({ taskText: 'my secret plan' }) }]);
		assert.equal((await records.decision('decision-1'))?.taskText, null);
	},
	'a range holds its first moment and not its last, newest first, and no more than asked for': async (storage) => {
		await writeDecisions(storage, [SAMPLE_TIME, SAMPLE_TIME + 10, SAMPLE_TIME + 5, SAMPLE_TIME + 20]);
		const range = { from: SAMPLE_TIME, to: SAMPLE_TIME + 20 };
		const ids = async (limit: number) => (await storage.records.decisions(range, limit)).map((row) => row.id);
		assert.deepEqual(await ids(10), ['decision-1', 'decision-2', 'decision-0']);
		assert.deepEqual(await ids(2), ['decision-1', 'decision-2']);
		assert.deepEqual(await ids(0), []);
	},
	'the attempts of a decision are found in the order in which they were made, and nobody else’s': async ({
		records,
	}) => {
		const attempt = (number: number, change: { decisionId?: string; at: number }) =>
			({ kind: 'attempt', row: sampleAttempt({ id: `attempt-${number}-${change.at}`, number, ...change }) }) as const;
		await records.write([
			attempt(3, { at: SAMPLE_TIME + 5 }),
			attempt(1, { at: SAMPLE_TIME + 9, decisionId: 'decision-2' }),
			attempt(2, { at: SAMPLE_TIME }),
			attempt(1, { at: SAMPLE_TIME }),
		]);
		const numbers = async (id: string) => (await records.attemptsOf(id)).map(({ number }) => number);
		assert.deepEqual(await numbers('decision-1'), [1, 2, 3]);
		assert.deepEqual(await numbers('decision-2'), [1]);
		assert.deepEqual(await numbers('nobody'), []);
		const latest = await records.attempts({ from: SAMPLE_TIME, to: SAMPLE_TIME + 9 }, 2);
		assert.equal(latest.map(({ number }) => number).join(), '3,1');
	},
	'a batch written again after a failure doubles nothing': async ({ records, performance }) => {
		const batch = [
			{ kind: 'decision', row: sampleDecision() },
			{ kind: 'outcome', row: sampleOutcome() },
			{ kind: 'fallback', row: sampleFallback() },
			{ kind: 'attempt', row: sampleAttempt() },
		] as const;
		await records.write(batch);
		await records.write(batch);
		assert.equal((await records.decisions(ALL_TIME, 10)).length, 1);
		assert.equal((await records.fallbackEvents(ALL_TIME, 10)).length, 1);
		assert.equal((await records.attempts(ALL_TIME, 10)).length, 1);
		assert.equal((await performance.performance())[0]?.totalRequests, 1);
	},
	'a decision has one outcome: a second report is not counted as a second success': async ({
		records,
		performance,
	}) => {
		await records.write([
			{ kind: 'decision', row: sampleDecision() },
			{ kind: 'outcome', row: sampleOutcome() },
			{ kind: 'outcome', row: sampleOutcome({ id: 'outcome-2', success: false }) },
		]);
		assert.deepEqual(await records.outcomes(ALL_TIME, 10), [sampleOutcome()]);
		assert.equal((await performance.performance())[0]?.totalRequests, 1);
	},
	'an outcome whose decision is gone is kept, and so is the rest of its batch': async ({ records }) => {
		await records.write([
			{ kind: 'outcome', row: sampleOutcome({ decisionId: 'gone' }) },
			{ kind: 'decision', row: sampleDecision() },
		]);
		assert.equal((await records.outcomes(ALL_TIME, 10)).length, 1);
		assert.equal((await records.decisions(ALL_TIME, 10)).length, 1);
	},
	'feedback changes the outcome and the mean quality; without an outcome it makes one; for nobody it is refused':
		async ({ records, performance }) => {
			await records.write([
				{ kind: 'decision', row: sampleDecision() },
				{ kind: 'outcome', row: sampleOutcome({ quality: 50 }) },
				{ kind: 'decision', row: sampleDecision({ id: 'decision-2', model: 'haiku' }) },
			]);
			assert.equal(await records.rate('decision-1', { rating: 5, comment: 'good', quality: 100, ratedBy: 'k1' }), true);
			assert.equal(await records.rate('decision-2', { rating: 2, comment: null, quality: 25, ratedBy: null }), true);
			assert.equal(await records.rate('nobody', { rating: 5, comment: null, quality: 100, ratedBy: null }), false);
			const outcomes = await records.outcomes(ALL_TIME, 10);
			const rated = outcomes.find((row) => row.decisionId === 'decision-1');
			assert.deepEqual(rated, sampleOutcome({ quality: 100, ratedBy: 'k1', userRating: 5, userComment: 'good' }));
			const made = outcomes.find((row) => row.decisionId === 'decision-2');
			assert.deepEqual([made?.answeredBy, made?.success, made?.quality, made?.userRating], ['haiku', false, 25, 2]);
			const means = (await performance.performance()).map((row) => [row.model, row.meanQuality, row.totalRequests]);
			assert.deepEqual(means, [
				['haiku', 25, 1],
				['opus', 100, 1],
			]);
		},
	'what a later request shows of an answer is added to its outcome once, and changes no total': async ({
		records,
		performance,
	}) => {
		await records.write([
			{ kind: 'decision', row: sampleDecision() },
			{ kind: 'outcome', row: sampleOutcome() },
			{ kind: 'outcome', row: sampleOutcome({ id: 'o2', decisionId: 'd2', observed: undefined }) },
		]);
		const before = await performance.performance();
		for (const decisionId of ['decision-1', 'd2', 'decision-1', 'unknown'])
			await records.write([{ kind: 'sign', row: { decisionId, signal: 'corrected' } }]);
		await records.write([{ kind: 'sign', row: { decisionId: 'd2', signal: 'repeated' } }]);
		const signs = (await records.outcomes(ALL_TIME, 10)).map(({ decisionId, observed }) => [decisionId, observed]);
		assert.deepEqual(
			new Map(signs as Array<[string, string[]]>),
			new Map([
				['decision-1', ['cut', 'corrected']],
				['d2', ['corrected', 'repeated']],
			]),
		);
		assert.deepEqual(await performance.performance(), before);
	},
	'credit goes to the model that answered, with its means and totals': async ({ records, performance }) => {
		const answered = { answeredBy: 'sonnet', usedFallback: true } as const;
		const good = { ...answered, quality: 80, actualLatencyMs: 1000, actualCostNanoUsd: 7 };
		const bad = { ...answered, success: false, actualLatencyMs: null, actualCostNanoUsd: null };
		await records.write([
			{ kind: 'decision', row: sampleDecision() },
			{ kind: 'outcome', row: sampleOutcome(good) },
			{ kind: 'decision', row: sampleDecision({ id: 'd2' }) },
			{ kind: 'outcome', row: sampleOutcome({ ...bad, id: 'o2', decisionId: 'd2' }) },
		]);
		assert.deepEqual(await performance.performance(), [
			{
				model: 'sonnet',
				taskType: 'debugging',
				complexity: 'medium',
				totalRequests: 2,
				successfulRequests: 1,
				meanQuality: 80,
				totalCostNanoUsd: 7,
				meanLatencyMs: 1000,
				inputTokens: 1800,
				outputTokens: 2800,
				lastUpdatedAt: SAMPLE_TIME + 1800,
			},
		]);
	},
	'learning starts from the newest outcomes': async ({ records, performance }) => {
		const free = sampleOutcome({ id: 'new', decisionId: 'b', at: SAMPLE_TIME + 5, actualCostNanoUsd: null });
		await records.write([
			{ kind: 'outcome', row: sampleOutcome({ id: 'old', decisionId: 'a', at: SAMPLE_TIME }) },
			{ kind: 'outcome', row: free },
		]);
		const [newest, ...rest] = await performance.observations(1);
		assert.deepEqual(rest, []);
		assert.deepEqual([newest?.at, newest?.costUsd, newest?.model], [SAMPLE_TIME + 5, null, 'opus']);
		assert.equal((await performance.observations(5))[1]?.costUsd, 0.025);
	},
	'decisions are counted by model, type and complexity': async ({ records }) => {
		await records.write([
			{ kind: 'decision', row: sampleDecision({ id: 'a', isCached: true, decisionTimeMs: 1 }) },
			{ kind: 'decision', row: sampleDecision({ id: 'b', decisionTimeMs: 3 }) },
			{ kind: 'decision', row: sampleDecision({ id: 'late', at: SAMPLE_TIME + 100 }) },
		]);
		const kind = { model: 'opus', taskType: 'debugging', complexity: 'medium' };
		const counts = await records.counts({ from: 0, to: SAMPLE_TIME + 100 });
		assert.deepEqual(counts, [{ ...kind, count: 2, cachedCount: 1, totalDecisionTimeMs: 4 }]);
	},
	'retention removes what is old and keeps what is young, the ledger and what was learned': async (storage) => {
		await writeDecisions(storage, [SAMPLE_TIME - 1, SAMPLE_TIME]);
		await storage.records.write([
			{ kind: 'outcome', row: sampleOutcome({ at: SAMPLE_TIME - 1 }) },
			{ kind: 'fallback', row: sampleFallback({ at: SAMPLE_TIME - 1 }) },
			{ kind: 'attempt', row: sampleAttempt({ at: SAMPLE_TIME - 1 }) },
		]);
		assert.equal(await storage.archiveBefore(SAMPLE_TIME), 4);
		assert.equal(await storage.archiveBefore(SAMPLE_TIME), 0);
		const kept = await storage.records.decisions(ALL_TIME, 10);
		assert.deepEqual([kept.length, kept[0]?.id], [1, 'decision-1']);
		assert.equal((await storage.records.outcomes(ALL_TIME, 10)).length, 0);
		assert.equal((await storage.performance.performance())[0]?.totalRequests, 1);
	},
	'an empty batch is no error': ({ records }) => records.write([]),
};
