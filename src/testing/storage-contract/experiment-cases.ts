import assert from 'node:assert/strict';
import type { AuditAuthor, ExperimentRequest, RouterStorage, StoredExperiment } from '../../contracts/index.ts';
import { createSample, SAMPLE_TIME, type StorageContractCases, sampleDecision, sampleOutcome } from './samples.ts';

const AUTHOR: AuditAuthor = { by: '7f3a9c2d1e40', byName: 'ops', at: SAMPLE_TIME + 7 };
const WINDOW_MS = 60_000;

const DEFINITION: StoredExperiment['definition'] = {
	name: 'cheap-first',
	arms: [
		{ name: 'now', share: 0.5 },
		{ name: 'cheap', share: 0.5, policy: { name: 'cheapest-good-enough', targetQuality: 65 }, weights: { cost: 0.4 } },
	],
	unit: 'conversation',
	question: 'cheaper',
	quality: 'rating',
	margin: 2,
	costCapUsd: 0.25,
	latencyCapMs: 60_000,
	alpha: 0.05,
	maxUnits: 1000,
	maxDays: 28,
	windowMinutes: 1,
	guardrails: { errors: 0.05, costUsd: null, latencyMs: 10_000 },
};

const FREEZE: NonNullable<StoredExperiment['freeze']> = {
	at: SAMPLE_TIME,
	hash: '0f1e2d3c4b5a69',
	policyHashes: ['a', 'b'],
	salt: 'Größe 🙂',
};

const ENDING: NonNullable<StoredExperiment['end']> = {
	at: SAMPLE_TIME + 99,
	reason: 'by-hand',
	message: "it's over",
	result: { units: 0, arms: [], verdicts: [], problems: [], guardrail: null },
};

const sampleRequest = createSample<ExperimentRequest>({
	decisionId: 'decision-1',
	experiment: 'cheap-first',
	unit: 'u1',
	arm: 'cheap',
	probability: 0.5,
	at: SAMPLE_TIME,
});

/** Writes a request that has ended, unless there is no outcome. */
async function writeRequest(
	{ records }: RouterStorage,
	request: Partial<ExperimentRequest>,
	outcome: Parameters<typeof sampleOutcome>[0] | null = {},
): Promise<void> {
	const row = sampleRequest(request);
	const { at, decisionId } = row;
	await records.write([
		{ kind: 'decision', row: sampleDecision({ id: decisionId, at }) },
		{ kind: 'experiment', row },
	]);
	if (outcome === null) return;
	const ended = sampleOutcome({ id: `outcome of ${decisionId}`, decisionId, at: at + 1, ...outcome });
	await records.write([{ kind: 'outcome', row: ended }]);
}

const LIMITS = { before: SAMPLE_TIME + 1_000_000, windowMs: WINDOW_MS, maxUnits: 1000 };

/** Promises about experiments: what is frozen stays, and each unit is counted once. */
export const experimentCases: StorageContractCases = {
	'an experiment comes back as it was defined, started and ended': async ({ experiments }) => {
		const made = { definition: DEFINITION, createdAt: SAMPLE_TIME };
		assert.equal(await experiments.add(made, AUTHOR), true);
		assert.deepEqual(await experiments.list(), [{ ...made, freeze: null, end: null }]);
		assert.equal(await experiments.start('cheap-first', FREEZE, AUTHOR), true);
		assert.deepEqual(await experiments.list(), [{ ...made, freeze: FREEZE, end: null }]);
		assert.equal(await experiments.end('cheap-first', ENDING, AUTHOR), true);
		assert.deepEqual(await experiments.list(), [{ ...made, freeze: FREEZE, end: ENDING }]);
	},
	'a definition is replaced where that is asked, until its start, and never after it': async ({
		audit,
		experiments,
	}) => {
		const replace = { isReplacing: true };
		const first = { definition: { ...DEFINITION, margin: 9 }, createdAt: SAMPLE_TIME };
		const second = { definition: DEFINITION, createdAt: SAMPLE_TIME + 1 };
		assert.equal(await experiments.add(first, AUTHOR, replace), true);
		assert.equal(await experiments.add(second, AUTHOR), false);
		assert.equal((await experiments.list())[0]?.definition.margin, 9);
		assert.equal((await audit.list(10)).length, 1);
		assert.equal(await experiments.add(second, AUTHOR, replace), true);
		await experiments.start('cheap-first', FREEZE, AUTHOR);
		const changed = { definition: { ...DEFINITION, margin: 5 }, createdAt: SAMPLE_TIME + 2 };
		assert.equal(await experiments.add(changed, AUTHOR, replace), false);
		await experiments.end('cheap-first', ENDING, AUTHOR);
		assert.equal(await experiments.add(changed, AUTHOR, replace), false);
		assert.equal((await experiments.list())[0]?.definition.margin, 2);
	},
	'one experiment runs at a time, starts once and ends once, and the audit log names who did it': async ({
		audit,
		experiments,
	}) => {
		const other = { ...DEFINITION, name: 'other' };
		await experiments.add({ definition: DEFINITION, createdAt: SAMPLE_TIME }, AUTHOR);
		await experiments.add({ definition: other, createdAt: SAMPLE_TIME + 1 }, AUTHOR);
		assert.equal(await experiments.end('cheap-first', ENDING, AUTHOR), false);
		assert.equal(await experiments.start('nobody', FREEZE, AUTHOR), false);
		const starts = ['cheap-first', 'other', 'cheap-first'].map((name) => experiments.start(name, FREEZE, AUTHOR));
		assert.deepEqual(await Promise.all(starts), [true, false, false]);
		assert.equal(await experiments.end('cheap-first', ENDING, AUTHOR), true);
		assert.equal(await experiments.end('cheap-first', ENDING, AUTHOR), false);
		assert.equal(await experiments.start('cheap-first', FREEZE, AUTHOR), false);
		assert.equal(await experiments.start('other', FREEZE, AUTHOR), true);
		const entries = await audit.list(10);
		assert.deepEqual(
			entries.map(({ action, by, target }) => [action, by, target]),
			[
				['experiment-started', AUTHOR.by, 'other'],
				['experiment-ended', AUTHOR.by, 'cheap-first'],
				['experiment-started', AUTHOR.by, 'cheap-first'],
				['experiment-created', AUTHOR.by, 'other'],
				['experiment-created', AUTHOR.by, 'cheap-first'],
			],
		);
		assert.deepEqual(entries[1]?.after, { reason: 'by-hand', message: "it's over" });
		assert.deepEqual(entries[4]?.after, DEFINITION);
	},
	'a unit is the mean of what its window brought, and what is missing is not counted as nothing': async (storage) => {
		const { experiments } = storage;
		await writeRequest(storage, {}, { quality: 80, actualCostNanoUsd: 10, actualLatencyMs: 100 });
		const failed = { success: false, quality: null, actualCostNanoUsd: null, actualLatencyMs: 9000 };
		await writeRequest(storage, { decisionId: 'd2', at: SAMPLE_TIME + 10 }, failed);
		await writeRequest(storage, { decisionId: 'd3', at: SAMPLE_TIME + 20 }, { quality: 50, actualCostNanoUsd: 25 });
		await writeRequest(storage, { decisionId: 'late', at: SAMPLE_TIME + WINDOW_MS + 1 }, { quality: 0 });
		await writeRequest(storage, { decisionId: 'ends late', at: SAMPLE_TIME + 30 }, { at: SAMPLE_TIME + WINDOW_MS + 1 });
		await writeRequest(storage, { decisionId: 'open', unit: 'u2', arm: 'now', at: SAMPLE_TIME + 40 }, null);
		assert.equal(await experiments.count('cheap-first', LIMITS), 2);
		const [first, second] = await experiments.units('cheap-first', 0, 10);
		const { errors, ...means } = first ?? {};
		assert.deepEqual(means, {
			position: 1,
			arm: 'cheap',
			probability: 0.5,
			requests: 4,
			isLeaked: false,
			quality: 65,
			costNanoUsd: 17.5,
			latencyMs: 950,
		});
		assert.equal(Math.abs((errors ?? 0) - 1 / 3) < 1e-9, true);
		const nothing = { quality: null, costNanoUsd: null, latencyMs: null, errors: null };
		assert.deepEqual(second, { position: 2, arm: 'now', probability: 0.5, requests: 1, isLeaked: false, ...nothing });
	},
	'a unit is counted once, in the order of first requests, and never changes after that': async (storage) => {
		const { experiments, records } = storage;
		for (const [index, unit] of ['u3', 'u1', 'u2'].entries())
			await writeRequest(storage, { decisionId: `d${index}`, unit, at: SAMPLE_TIME + index });
		assert.equal(await experiments.count('cheap-first', { ...LIMITS, before: SAMPLE_TIME }), 0);
		assert.equal(await experiments.count('cheap-first', { ...LIMITS, before: SAMPLE_TIME + 2 }), 2);
		const before = await experiments.units('cheap-first', 0, 10);
		await records.rate('d0', { rating: 1, comment: null, quality: 0, ratedBy: null });
		await writeRequest(storage, { decisionId: 'd9', unit: 'u3', arm: 'now', at: SAMPLE_TIME + 5 });
		assert.equal(await experiments.count('cheap-first', LIMITS), 3);
		assert.deepEqual((await experiments.units('cheap-first', 0, 10)).slice(0, 2), before);
		assert.deepEqual(
			(await experiments.units('cheap-first', 1, 1)).map(({ position }) => position),
			[2],
		);
	},
	'no more units are counted than an experiment takes, and those of others never': async (storage) => {
		const { experiments } = storage;
		for (const unit of ['u1', 'u2', 'u3']) await writeRequest(storage, { decisionId: unit, unit });
		await writeRequest(storage, { decisionId: 'other', experiment: 'other' });
		assert.equal(await experiments.count('cheap-first', { ...LIMITS, maxUnits: 2 }), 2);
		assert.equal((await experiments.units('cheap-first', 0, 10)).length, 2);
		assert.equal(await experiments.count('other', LIMITS), 1);
		assert.equal((await experiments.units('nobody', 0, 10)).length, 0);
	},
	'a unit that was answered in two arms is known to be': async (storage) => {
		const { experiments } = storage;
		await writeRequest(storage, {});
		await writeRequest(storage, { decisionId: 'd2', arm: 'now', at: SAMPLE_TIME + 1 });
		await experiments.count('cheap-first', LIMITS);
		const [unit] = await experiments.units('cheap-first', 0, 10);
		assert.deepEqual([unit?.arm, unit?.isLeaked, unit?.requests], ['cheap', true, 2]);
	},
	'whoever asks finds which arm a decision was made in, and whether a unit was drawn': async (storage) => {
		const { experiments } = storage;
		await writeRequest(storage, {});
		await writeRequest(storage, { arm: 'now' });
		assert.deepEqual(await experiments.request('decision-1'), sampleRequest());
		assert.equal(await experiments.request('nobody'), null);
		assert.deepEqual(
			[await experiments.knows('cheap-first', 'u1'), await experiments.knows('other', 'u1')],
			[true, false],
		);
	},
	'a reset removes what was counted, and keeps experiments and their results': async (storage) => {
		const { experiments, reset } = storage;
		await experiments.add({ definition: DEFINITION, createdAt: SAMPLE_TIME }, AUTHOR);
		await writeRequest(storage, {});
		await experiments.count('cheap-first', LIMITS);
		await reset('stats');
		assert.deepEqual(await experiments.units('cheap-first', 0, 10), []);
		assert.equal(await experiments.knows('cheap-first', 'u1'), false);
		assert.equal((await experiments.list()).length, 1);
	},
};
