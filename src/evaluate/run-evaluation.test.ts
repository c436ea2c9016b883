import { expect, it } from 'vitest';
import type { EvaluationRun, NanoUsd } from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { type AnsweredCall, type CallEnd, type EvaluationPorts, EvaluationRunner } from './run-evaluation.ts';
import { summarizeRun } from './summarize-run.ts';
import { parseTaskFile } from './task-file.ts';

const MODELS = ['best', 'mid', 'worst'];
/** Nano-dollars of a call of each. */
const COSTS: Record<string, number> = { best: 40, mid: 20, worst: 10, judge: 5 };

function makeTasks(count: number, check: object) {
	const lines = Array.from({ length: count }, (_, index) =>
		JSON.stringify({ id: `t${index}`, prompt: `Question ${index}`, conversation: `c${index % 10}`, check }),
	);
	return parseTaskFile(lines.join('\n'), 'tasks.jsonl');
}

/** A run whose money is held before each call, as the router holds it; every call takes a moment. */
function open(options: {
	budget: number;
	ids: readonly string[];
	judge?: (shown: { ask: string; a: string; b: string }) => string;
	check?: EvaluationPorts['check'];
	fail?: (task: string, model: string) => CallEnd<AnsweredCall> | null;
}) {
	const storage = createMemoryStorage();
	const run: EvaluationRun = {
		id: 'run',
		plan: {
			source: 'tasks.jsonl',
			tasks: Object.fromEntries(options.ids.map((id) => [id, ''])),
			arms: MODELS.map((model) => ({ model, modelId: model, hash: '' })),
			judge: options.judge === undefined ? null : { model: 'judge', modelId: 'judge', hash: '' },
			maxOutputTokens: 100,
			seed: 1,
		},
		budgetNanoUsd: options.budget,
		at: 0,
		learnedAt: null,
	};
	let [spent, held, most, calls, shown] = [0, 0, 0, 0, 0];
	const asked = new Map<string, number>();
	/** Holds twice what a call costs, as nobody knows its length. */
	const call = async <Answer>(cost: number, answer: Answer): Promise<CallEnd<Answer>> => {
		if (spent + held + 2 * cost > options.budget) return { kind: 'refused', reason: 'total budget' };
		held += 2 * cost;
		calls += 1;
		most = Math.max(most, spent + held);
		await new Promise((resolve) => setImmediate(resolve));
		held -= 2 * cost;
		spent += cost;
		return { kind: 'answered', answer };
	};
	const controller = new AbortController();
	const ports: EvaluationPorts = {
		store: storage.evaluations,
		now: () => 1,
		describe: () => ({ taskType: 'factual', complexity: 'simple' }),
		signal: controller.signal,
		answer: async ({ id }, model) => {
			const failure = options.fail?.(id, model) ?? null;
			if (failure !== null) return failure;
			const cost = COSTS[model] ?? 0;
			const text = `${model} says something long about ${id}`;
			return await call(cost, { ...TOKENS, text, finishReason: 'stop', costNanoUsd: cost as NanoUsd });
		},
		onProgress: ({ spentNanoUsd }) => {
			shown = spentNanoUsd;
		},
		check: async (task, answer) => {
			if (options.check !== undefined) return await options.check(task, answer);
			const { id } = task;
			const number = Number(id.slice(1));
			return { quality: answer.startsWith('best') || (answer.startsWith('mid') && number % 2 === 0) ? 100 : 0 };
		},
		askJudge: async ({ user }) => {
			const [a = '', b = ''] = [...user.matchAll(/<answer-[AB] \w+>\n(.*?)\n<\/answer/gs)].map(
				([, text]) => text ?? '',
			);
			const ask = /Question (\d+)/.exec(user)?.[1] ?? '';
			const text = JSON.stringify({ reason: 'r', verdict: options.judge?.({ ask, a, b }) });
			const end = await call(5, { text, finishReason: 'stop', costNanoUsd: 5 as NanoUsd });
			if (end.kind === 'answered') asked.set(user, (asked.get(user) ?? 0) + 1);
			return end;
		},
	};
	return {
		storage,
		stop: () => controller.abort(),
		figures: () => ({ spent, most, calls, shown, mostAsked: Math.max(0, ...asked.values()) }),
		go: async (file: ReturnType<typeof makeTasks>, concurrency = 16) => {
			await storage.evaluations.create(run).catch(() => {});
			const end = await new EvaluationRunner(run, ports, concurrency).run(file.tasks, file.rated);
			const summary = summarizeRun({
				...file,
				models: MODELS,
				hasJudge: options.judge !== undefined,
				answers: await storage.evaluations.answers('run'),
				verdicts: await storage.evaluations.verdicts('run'),
				choices: new Map([['cheap', new Map(file.tasks.map(({ id }) => [id, 'worst']))]]),
			});
			return { end, summary };
		},
	};
}

const TOKENS = { latencyMs: 10, inputTokens: 5, outputTokens: 5 };
/** How good an answer to a question is; -1 for one that is broken, or to another question. */
const rank = (text: string, ask: string) =>
	text.endsWith(`says something long about t${ask}`)
		? ['worst', 'mid', 'best'].findIndex((name) => text.startsWith(name))
		: -1;
/** A judge that knows which model is better, and what is broken. */
const goodJudge = ({ a, ask, b }: { ask: string; a: string; b: string }) =>
	a === b ? 'tie' : rank(a, ask) > rank(b, ask) ? 'A' : 'B';

it('every model answers every task, checks say who is right, and the best is named with its confidence', async () => {
	const file = makeTasks(40, { match: 'x' });
	const { figures, go } = open({ budget: 1_000_000, ids: file.tasks.map(({ id }) => id) });
	const { end, summary } = await go(file);
	expect(end).toEqual({ state: 'complete', reason: null, judgeFailures: [] });
	expect(figures()).toMatchObject({ calls: 120, spent: 40 * 70 });
	expect(summary).toMatchObject({ complete: 40, tasks: 40, leftOut: [], judge: null });
	expect(summary.models.map(({ model, quality }) => [model, quality?.value])).toEqual([
		['best', 1],
		['mid', 0.5],
		['worst', 0],
	]);
	expect(summary.best).toMatchObject([{ model: 'best', isShown: true, by: 'check' }]);
	expect(summary.best[0]?.confidence).toBeGreaterThan(0.98);
	// ten conversations, not forty tasks, are what the interval rests on
	expect(summary.models[1]?.quality).toMatchObject({ count: 40, clusters: 10 });
	expect(summary.policies[0]).toMatchObject({ name: 'cheap', quality: 0, gain: { value: 0 } });
});

it('with sixteen calls at once the cap is never passed, the end says so, and only whole tasks count', async () => {
	for (const budget of [0, 79, 500, 1234, 2000]) {
		const file = makeTasks(60, { match: 'x' });
		const { figures, go } = open({ budget, ids: file.tasks.map(({ id }) => id) });
		const { end, summary } = await go(file);
		expect(figures().most).toBeLessThanOrEqual(budget);
		expect(end).toMatchObject({ state: 'budget-ended', reason: 'total budget' });
		for (const { tasks } of summary.models) expect(tasks).toBe(summary.complete);
		// what is left would not have held the dearest call, and little of what was spent is on tasks that do not count
		expect(budget - figures().spent).toBeLessThan(80);
		expect(summary.complete).toBeGreaterThanOrEqual(Math.floor(budget / 70) - 9);
	}
});

it('a run that was stopped goes on where it was, and asks nothing twice', async () => {
	const file = makeTasks(30, { judge: true });
	const at = open({ budget: 1_000_000, ids: file.tasks.map(({ id }) => id), judge: goodJudge });
	setImmediate(() => setImmediate(at.stop));
	const first = await at.go(file, 4);
	expect(first.end).toMatchObject({ state: 'stopped' });
	const kept = await at.storage.evaluations.answers('run');
	expect(kept.length).toBeGreaterThan(0);
	const again = open({ budget: 1_000_000, ids: file.tasks.map(({ id }) => id), judge: goodJudge });
	await again.storage.evaluations.create((await at.storage.evaluations.run('run')) as EvaluationRun);
	for (const answer of kept) await again.storage.evaluations.saveAnswer(answer);
	for (const verdict of await at.storage.evaluations.verdicts('run'))
		await again.storage.evaluations.saveVerdict(verdict);
	const { end, summary } = await again.go(file);
	expect(end.state).toBe('complete');
	expect(summary.complete).toBe(30);
	// 30 tasks × 3 models, 30 × 3 pairs × 2 orders, 40 pairs with a known verdict × 2
	expect(at.figures().calls + again.figures().calls).toBe(90 + 180 + 80);
});

it('a run that is complete asks and pays nothing when it goes on, whichever other answers are there by then', async () => {
	const file = makeTasks(30, { judge: true });
	const at = open({ budget: 1_000_000, ids: file.tasks.map(({ id }) => id), judge: goodJudge });
	expect((await at.go(file)).end.state).toBe('complete');
	const { calls } = at.figures();
	expect((await at.go(file, 1)).end.state).toBe('complete');
	expect(at.figures().calls).toBe(calls);
});

it('an answer whose check failed is counted once when it is checked again, and each reply of the judge when it comes', async () => {
	const file = makeTasks(12, { match: 'x' });
	let isBroken = true;
	const check = async () => (isBroken ? { error: 'check: broken' } : { quality: 100 });
	const checked = open({ budget: 1_000_000, ids: file.tasks.map(({ id }) => id), check });
	await checked.go(file);
	isBroken = false;
	await checked.go(file);
	expect(checked.figures().shown).toBe(checked.figures().spent);

	const judged = makeTasks(12, { judge: true });
	const ids = judged.tasks.map(({ id }) => id);
	for (const budget of [1240, 1245, 1250, 1255]) {
		const cut = open({ budget, ids, judge: goodJudge });
		expect((await cut.go(judged)).end.state).toBe('budget-ended');
		expect(cut.figures().shown).toBe(cut.figures().spent);
		// no prompt of a pair is paid for twice while the money of others is given back; a pair of one answer twice has one prompt
		expect(cut.figures().mostAsked).toBeLessThanOrEqual(2);
	}
});

it('a judge that knows ranks the models; one that always says "first" is named, and what it says of the models is withheld', async () => {
	const file = makeTasks(30, { judge: true });
	const ids = file.tasks.map(({ id }) => id);
	const good = (await open({ budget: 1_000_000, ids, judge: goodJudge }).go(file)).summary;
	expect(good.judge).toMatchObject({ isWithheld: false, findings: [], wrong: { value: 0, count: 64 } });
	expect(good.best).toMatchObject([{ model: 'best', isShown: true, by: 'judge' }]);
	const biased = (await open({ budget: 1_000_000, ids, judge: () => 'A' }).go(file)).summary;
	expect(biased.judge?.findings.join()).toContain('shown first wins 100 %');
	expect(biased.models.map(({ quality }) => quality)).toEqual([null, null, null]);
	expect(biased.best).toEqual([]);
	expect(biased.policies).toEqual([]);
});

it('a model that can no longer be called ends the run, one that fails on a task leaves that task out; nothing is half counted', async () => {
	const file = makeTasks(20, { match: 'x' });
	const ids = file.tasks.map(({ id }) => id);
	const gone = open({
		budget: 1_000_000,
		ids,
		fail: (_, model) => (model === 'mid' ? { kind: 'gone', reason: 'mid is not served any more' } : null),
	});
	const stopped = await gone.go(file);
	expect(stopped.end).toMatchObject({ state: 'stopped', reason: 'mid is not served any more' });
	expect(stopped.summary).toMatchObject({ complete: 0, best: [], models: [] });
	const failing = open({
		budget: 1_000_000,
		ids,
		fail: (id, model) => (id === 't3' && model === 'best' ? { kind: 'failed', reason: 'overloaded' } : null),
	});
	const { end, summary } = await failing.go(file);
	expect(end.state).toBe('complete');
	expect(summary).toMatchObject({ complete: 19, leftOut: [{ reason: 'best: overloaded', count: 1 }] });
	for (const { tasks } of summary.models) expect(tasks).toBe(19);
});
