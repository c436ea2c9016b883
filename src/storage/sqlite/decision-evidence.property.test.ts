import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CandidateRecord, type DecisionRecord, type RouterStorage, TASK_TYPES } from '../../contracts/index.ts';
import { sampleDecision } from '../../testing/storage-contract/samples.ts';
import { openSqliteStorage } from './index.ts';

let folder = '';
let path = '';
let storage: RouterStorage;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-evidence-'));
	path = join(folder, 'routing.db');
	storage = await openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });
});

afterAll(async () => {
	await storage.close();
	await rm(folder, { recursive: true });
});

/** JSON, which earlier releases stored, has neither infinities nor a negative zero. */
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const points = fc.oneof(
	fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
	double,
);
const whole = fc.oneof(fc.nat(), fc.maxSafeNat());
/** Half characters too: features are cut off. */
const text = fc.oneof(
	fc.constantFrom('opus', 'haiku', 'not among allowedModels (opus)'),
	fc.string({ unit: 'binary' }),
);
const half = fc.constantFrom('ab\ud83d', '\ude00', '🙂');

const candidate = fc.record({
	model: text,
	totalScore: points,
	scores: fc.record({
		capabilityMatch: points,
		costEfficiency: points,
		latency: points,
		quality: points,
		historicalPerformance: points,
	}),
	predictedQuality: fc.record(
		{ value: points, low: points, high: points, outcomes: points },
		{ requiredKeys: ['value', 'low', 'high'] },
	),
	estimatedCostNanoUsd: fc.option(whole),
	estimatedCompletionMs: fc.oneof(whole, double),
}) as fc.Arbitrary<CandidateRecord>;

const interval = fc.record({ low: whole, high: fc.oneof(whole, double) });
const own = sampleDecision();
const task = fc.record(
	{
		type: fc.constantFrom(own.taskType, ...TASK_TYPES),
		complexity: fc.constantFrom(own.complexity, 'simple'),
		pattern: fc.constant(own.pattern),
		estimatedInputTokens: fc.oneof(fc.constant(own.estimatedInputTokens), whole),
		estimatedOutputTokens: fc.constant(own.estimatedOutputTokens),
		requiresExtendedThinking: fc.boolean(),
		involvesCode: fc.boolean(),
		priority: fc.integer({ min: 1, max: 5 }),
		inputTokensInterval: interval,
		outputTokensInterval: interval,
		isGuess: fc.boolean(),
		isTypeGuessed: fc.boolean(),
		constraints: fc.record({ maxCost: points, allowedModels: fc.array(text) }, { requiredKeys: [] }),
		cachedPrefix: fc.record({ model: text, tokens: whole }),
		typeProbabilities: fc.dictionary(fc.constantFrom(...TASK_TYPES, 'a type of tomorrow'), double),
		workload: fc.oneof(fc.constant(own.workload ?? 'nightly'), fc.constant('348191373692b5e4')),
	},
	{
		requiredKeys: [
			'type',
			'complexity',
			'pattern',
			'estimatedInputTokens',
			'estimatedOutputTokens',
			'requiresExtendedThinking',
			'involvesCode',
			'priority',
		],
	},
);

const evidence = fc.record(
	{
		candidates: fc.array(candidate, { maxLength: 4 }),
		exclusions: fc.array(
			fc.record({ model: text, reason: fc.constantFrom('not-allowed', 'retired'), message: fc.oneof(text, half) }),
			{ maxLength: 4 },
		),
		inputs: fc.record(
			{
				task,
				chance: fc.record({ propensities: fc.dictionary(text, points), draw: double }),
				keepProbability: points,
			},
			{ requiredKeys: ['task'] },
		),
		features: fc.array(fc.record({ name: fc.oneof(text, half), target: text, weight: fc.oneof(points, double) })),
	},
	{ requiredKeys: [] },
) as fc.Arbitrary<Partial<DecisionRecord>>;

let number = 0;

it('what a decision was made from is read as it was, to the last digit, whatever it was and however often', async () => {
	await fc.assert(
		fc.asyncProperty(evidence, async (made) => {
			const { candidates: _, exclusions: _e, inputs: _i, features: _f, ...bare } = own;
			// texts are written out at first, then referred to
			for (let time = 0; time < 3; time += 1) {
				number += 1;
				// plain objects, as the product makes them
				const row: DecisionRecord = JSON.parse(JSON.stringify({ ...bare, ...made, id: `d${number}`, at: Date.now() }));
				await storage.records.write([{ kind: 'decision', row }]);
				expect(await storage.records.decision(row.id)).toStrictEqual(row);
			}
		}),
		{ numRuns: 150 },
	);
	expect(await storage.records.decisions({ from: 0, to: Number.MAX_SAFE_INTEGER }, 10_000)).toHaveLength(number);
});

it('it is read as it was when the decision is archived, and by a process that has not written it', async () => {
	const [newest] = await storage.records.decisions({ from: 0, to: Number.MAX_SAFE_INTEGER }, 1);
	const row = sampleDecision({ id: 'to be archived', at: newest?.at ?? 0 });
	for (const id of ['a', 'b', row.id]) await storage.records.write([{ kind: 'decision', row: { ...row, id } }]);
	await storage.archiveBefore(row.at + 1);
	expect(await storage.records.decision(row.id)).toStrictEqual(row);
	const other = await openSqliteStorage({ path });
	expect(await other.records.decision(row.id)).toStrictEqual(row);
	await other.close();
});

it('evidence that somebody damaged is told, with the decision and what to do', async () => {
	const row = sampleDecision({ id: 'damaged', at: Date.now() });
	await storage.records.write([{ kind: 'decision', row }]);
	const database = new DatabaseSync(path);
	for (const bytes of ['', '07', '010f', '01020600000001ff'])
		database.exec(`UPDATE routing_decisions SET evidence = x'${bytes}' WHERE id = 'damaged'`);
	await expect(storage.records.decision('damaged')).rejects.toThrow(
		/"evidence" of the decision "damaged" cannot be read: .* Set it to NULL/,
	);
	database.exec(`UPDATE routing_decisions SET evidence = NULL WHERE id = 'damaged'`);
	database.close();
	const { candidates: _, exclusions: _e, inputs: _i, features: _f, ...bare } = row;
	expect(await storage.records.decision('damaged')).toStrictEqual(bare);
});
