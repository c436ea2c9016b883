import { expect, it } from 'vitest';
import { makeProfile } from '../../test/support/route-models.ts';
import { createSeededRandom } from '../../test/support/seeded-random.ts';
import type { CandidateRecord, StorageRecord, TaskType } from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { SAMPLE_TIME, sampleDecision, sampleOutcome } from '../testing/storage-contract/samples.ts';
import { proposeWeights } from './propose-weights.ts';

const models = [makeProfile('cheap', { qualityScore: 80 }), makeProfile('dear', { qualityScore: 80 })];

function candidate(model: string, capabilityMatch: number, usd: number): CandidateRecord {
	return {
		model,
		totalScore: 50,
		scores: { capabilityMatch, costEfficiency: 50, latency: 50, quality: 50, historicalPerformance: 50 },
		predictedQuality: { value: 80, low: 70, high: 90 },
		estimatedCostNanoUsd: usd * 1e9,
		estimatedCompletionMs: 1000,
	};
}

/** Decisions that chose by chance between two models; `judge` says what an answer of a model to a type was worth. */
async function openWith(count: number, judge: (model: string, type: TaskType, chance: number) => number) {
	const storage = createMemoryStorage();
	const random = createSeededRandom(3);
	const records: StorageRecord[] = [];
	for (let index = 0; index < count; index += 1) {
		const taskType: TaskType = index % 2 === 0 ? 'debugging' : 'factual';
		const model = random() < 0.5 ? 'cheap' : 'dear';
		const id = `decision-${index}`;
		const at = SAMPLE_TIME + index;
		const candidates = [
			candidate('cheap', taskType === 'factual' ? 90 : 40, 0.001),
			candidate('dear', taskType === 'factual' ? 60 : 80, 0.002),
		];
		records.push({ kind: 'decision', row: sampleDecision({ id, taskType, model, candidates, at }) });
		const quality = judge(model, taskType, random());
		const outcome = { id: `outcome-${index}`, decisionId: id, answeredBy: model, taskType, quality, at };
		records.push({ kind: 'outcome', row: sampleOutcome(outcome) });
	}
	await storage.records.write(records);
	return storage;
}

it('weights that send each kind where it is judged better are proposed, with their gain on decisions held out', async () => {
	const storage = await openWith(400, (model, type) => ((model === 'cheap') === (type === 'factual') ? 95 : 45));
	const proposal = await proposeWeights(storage, models);
	expect(proposal).toMatchObject({ decisions: 400, judged: 400, coverage: 100, isBetter: true });
	expect(proposal.heldOut?.gain.low).toBeGreaterThan(5);
	expect(await proposeWeights(storage, models)).toEqual(proposal);
});

it('where judgements are chance nothing is called better: nobody puts noise into force', async () => {
	const storage = await openWith(400, (_model, _type, chance) => (chance < 0.6 ? 100 : 20));
	const proposal = await proposeWeights(storage, models);
	expect(proposal.weights).not.toBeNull();
	expect(proposal.isBetter).toBe(false);
});

it('with fewer than a hundred judged answers nothing is proposed', async () => {
	const storage = await openWith(99, () => 90);
	expect(await proposeWeights(storage, models)).toMatchObject({ judged: 99, weights: null, isBetter: false });
});
