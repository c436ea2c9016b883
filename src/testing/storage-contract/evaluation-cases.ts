import assert from 'node:assert/strict';
import type { EvaluationAnswer, EvaluationRun, EvaluationVerdict, ShadowComparison } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { createSample, SAMPLE_TIME, type StorageContractCases } from './samples.ts';

const sampleRun = createSample<EvaluationRun>({
	id: 'run 1',
	plan: {
		source: 'täsks "1".jsonl',
		tasks: { 'a\'"%': '0123456789abcd', b: '1' },
		arms: [{ model: 'opus', modelId: 'claude-opus-5-5', hash: 'h' }],
		judge: null,
		maxOutputTokens: 4096,
		seed: 7,
	},
	budgetNanoUsd: 2_000_000_000,
	at: SAMPLE_TIME,
	learnedAt: null,
});

const sampleEvaluationAnswer = createSample<EvaluationAnswer>({
	runId: 'run 1',
	taskId: 'a\'"%',
	model: 'opus',
	taskType: 'debugging',
	complexity: 'medium',
	text: 'four 🙂\0',
	finishReason: 'stop',
	quality: 100,
	error: null,
	costNanoUsd: 1_234_567,
	latencyMs: 812.5,
	inputTokens: 20,
	outputTokens: 3,
	at: SAMPLE_TIME + 1,
});

const sampleVerdict = createSample<EvaluationVerdict>({
	runId: 'run 1',
	taskId: 'b',
	pair: 'opus / haiku',
	verdict: 'abstain',
	orders: [
		{ isSwapped: false, label: 'A' },
		{ isSwapped: true, fault: 'malformed' },
	],
	costNanoUsd: null,
	at: SAMPLE_TIME + 2,
});

const sampleComparison = createSample<ShadowComparison>({
	id: 'd1',
	at: SAMPLE_TIME,
	session: 'conversation "1" 🙂',
	taskType: 'debugging',
	workload: null,
	model: 'opus',
	shadowModel: 'haiku',
	judge: 'sonnet',
	cause: null,
	detail: null,
	verdict: 'second',
	orders: [
		{ isSwapped: false, label: 'B' },
		{ isSwapped: true, label: 'A' },
	],
	planted: { expected: 'first', verdict: 'first', orders: [{ isSwapped: false, label: 'A' }] },
	lengths: { first: 120, second: 80 },
	usedCostNanoUsd: 1_000_001,
	costNanoUsd: 20_003,
	judgeCostNanoUsd: null,
	latencyMs: 812.5,
});

/** Promises about evaluations. */
export const evaluationCases: StorageContractCases = {
	'a run of an evaluation comes back as it was frozen, newest first; a second one of its id is refused': async ({
		evaluations,
	}) => {
		await evaluations.create(sampleRun());
		await evaluations.create(sampleRun({ id: 'run 2', at: SAMPLE_TIME + 5 }));
		assert.deepEqual(await evaluations.run('run 1'), sampleRun());
		assert.equal(await evaluations.run('run 3'), null);
		const isRefused = (error: unknown) => isRouterError(error) && error.code === 'ROUTER_INVALID_INPUT';
		await assert.rejects(evaluations.create(sampleRun({ budgetNanoUsd: 1 })), isRefused);
		assert.deepEqual(
			(await evaluations.runs(10)).map(({ id }) => id),
			['run 2', 'run 1'],
		);
		assert.equal((await evaluations.runs(1)).length, 1);
		assert.equal(await evaluations.update('run 1', { budgetNanoUsd: 3_000_000_000 }), true);
		assert.deepEqual(await evaluations.run('run 1'), sampleRun({ budgetNanoUsd: 3_000_000_000 }));
		assert.equal(await evaluations.update('run 3', { learnedAt: SAMPLE_TIME }), false);
	},
	'one process at a time works on a run, until it gives it back, its time has passed, or it is known to be gone':
		async ({ evaluations }) => {
			await evaluations.create(sampleRun());
			const now = SAMPLE_TIME;
			const claim = (holder: string, at: number, instead?: string) =>
				evaluations.claim('run 1', holder, { now: at, until: at + 100, ...(instead !== undefined && { instead }) });
			assert.equal(await claim('a', now), 'a');
			assert.equal(await claim('b', now + 50), 'a');
			assert.equal(await claim('a', now + 50), 'a');
			assert.equal(await claim('b', now + 149), 'a');
			assert.equal(await claim('b', now + 150), 'b');
			assert.equal(await claim('c', now + 151, 'a'), 'b');
			assert.equal(await claim('c', now + 151, 'b'), 'c');
			await evaluations.release('run 1', 'b');
			assert.equal(await claim('d', now + 152), 'c');
			await evaluations.release('run 1', 'c');
			assert.equal(await claim('d', now + 152), 'd');
			assert.equal(await evaluations.claim('run 2', 'a', { now, until: now + 1 }), null);
			assert.deepEqual(await evaluations.run('run 1'), sampleRun());
		},
	'what a model answered is kept once; only a failure gives its place to a later answer': async ({ evaluations }) => {
		await evaluations.create(sampleRun());
		await evaluations.create(sampleRun({ id: 'run 2' }));
		const failed = { text: null, quality: null, error: 'overloaded', costNanoUsd: null, finishReason: '' };
		await evaluations.saveAnswer(sampleEvaluationAnswer(failed));
		assert.deepEqual(await evaluations.answers('run 1'), [sampleEvaluationAnswer(failed)]);
		await evaluations.saveAnswer(sampleEvaluationAnswer());
		await evaluations.saveAnswer(sampleEvaluationAnswer({ text: 'five', quality: 0 }));
		await evaluations.saveAnswer(sampleEvaluationAnswer({ model: 'haiku', quality: null }));
		await evaluations.saveAnswer(sampleEvaluationAnswer({ runId: 'run 2', text: 'six' }));
		assert.deepEqual(await evaluations.answers('run 1'), [
			sampleEvaluationAnswer(),
			sampleEvaluationAnswer({ model: 'haiku', quality: null }),
		]);
	},
	'a verdict is kept once, with what each order said': async ({ evaluations }) => {
		await evaluations.create(sampleRun());
		await evaluations.saveVerdict(sampleVerdict());
		await evaluations.saveVerdict(sampleVerdict({ verdict: 'tie' }));
		await evaluations.saveVerdict(sampleVerdict({ taskId: 'c', verdict: 'error', costNanoUsd: 5 }));
		assert.deepEqual(await evaluations.verdicts('run 1'), [
			sampleVerdict(),
			sampleVerdict({ taskId: 'c', verdict: 'error', costNanoUsd: 5 }),
		]);
		assert.deepEqual(await evaluations.verdicts('run 2'), []);
	},
	'a run leaves with its answers and verdicts when its time has come, a younger one stays': async (storage) => {
		const { evaluations } = storage;
		await evaluations.create(sampleRun());
		await evaluations.saveAnswer(sampleEvaluationAnswer());
		await evaluations.saveVerdict(sampleVerdict());
		await evaluations.create(sampleRun({ id: 'run 2', at: SAMPLE_TIME + 5 }));
		await storage.archiveBefore(SAMPLE_TIME + 5);
		assert.equal(await evaluations.run('run 1'), null);
		assert.deepEqual(await evaluations.answers('run 1'), []);
		assert.deepEqual(await evaluations.verdicts('run 1'), []);
		assert.deepEqual(await evaluations.run('run 2'), sampleRun({ id: 'run 2', at: SAMPLE_TIME + 5 }));
	},
	'checked answers count for learning only when that was asked for, as judged by the evaluation; a reset forgets them':
		async (storage) => {
			const { evaluations, performance } = storage;
			await evaluations.create(sampleRun());
			await evaluations.saveAnswer(sampleEvaluationAnswer());
			await evaluations.saveAnswer(sampleEvaluationAnswer({ taskId: 'b', quality: null }));
			await evaluations.saveAnswer(sampleEvaluationAnswer({ taskId: 'c', quality: null, error: 'no verdict' }));
			assert.deepEqual(await performance.observations(10), []);
			await evaluations.update('run 1', { learnedAt: SAMPLE_TIME + 9 });
			const [observation, ...others] = await performance.observations(10);
			assert.deepEqual(others, []);
			assert.deepEqual(
				{ model: observation?.model, quality: observation?.quality, by: observation?.ratedBy, at: observation?.at },
				{ model: 'opus', quality: 100, by: 'evaluation', at: SAMPLE_TIME + 9 },
			);
			assert.deepEqual(await performance.performance(), []);
			await storage.reset('stats');
			assert.deepEqual(await performance.observations(10), []);
			assert.equal(await evaluations.run('run 1'), null);
		},
	'a request that another model was asked beside is kept once, compared or dropped; a reset forgets it': async (
		storage,
	) => {
		const { shadow } = storage;
		const dropped = sampleComparison({
			id: 'd2',
			at: SAMPLE_TIME + 1,
			shadowModel: null,
			judge: null,
			session: null,
			cause: 'opted-out',
			detail: 'The request says so.',
			verdict: null,
			orders: null,
			planted: null,
			lengths: null,
			costNanoUsd: 0,
			judgeCostNanoUsd: 0,
			latencyMs: null,
		});
		await shadow.save(sampleComparison());
		await shadow.save(dropped);
		await shadow.save(sampleComparison({ verdict: 'tie' }));
		const all = { from: SAMPLE_TIME, to: SAMPLE_TIME + 2 };
		assert.deepEqual(await shadow.list(all, 10), [dropped, sampleComparison()]);
		assert.deepEqual(await shadow.list({ ...all, from: SAMPLE_TIME + 1 }, 10), [dropped]);
		assert.deepEqual(await shadow.list(all, 1), [dropped]);
		await storage.archiveBefore(SAMPLE_TIME + 1);
		assert.deepEqual(await shadow.list(all, 10), [dropped]);
		await storage.reset('stats');
		assert.deepEqual(await shadow.list(all, 10), []);
	},
};
