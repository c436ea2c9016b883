import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CostGroup, RouterStorage } from '../../src/contracts/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

/** Databases of releases, the last one that kept what decisions were made from as JSON among them. */
const VERSIONS = ['version-4', 'version-16'];

/** A database and what the release that made it answered. */
const readFixture = (version: string, extension: 'sql' | 'json') =>
	readFileSync(new URL(`../fixtures/database/${version}.${extension}`, import.meta.url), 'utf8');

const MADE_AT = Date.parse('2026-11-24T09:30:00.000Z');
const ALL_TIME = { from: 0, to: Date.parse('2100-01-01') };
/** Borders within hours. */
const PART = { from: MADE_AT + 11 * 60_000, to: MADE_AT + 100 * 60_000 };

let storage: RouterStorage;

const totals = (by: CostGroup, timezone = 'UTC', range = ALL_TIME) => storage.ledger.totals(range, by, timezone);

const QUESTIONS: ReadonlyArray<[answer: string, ask: () => Promise<unknown>]> = [
	['totals model UTC', () => totals('model')],
	['totals task-type UTC', () => totals('task-type')],
	['totals key UTC', () => totals('key')],
	['totals team UTC', () => totals('team')],
	['totals tag UTC', () => totals('tag')],
	['totals session UTC', () => totals('session')],
	['totals day UTC', () => totals('day')],
	['totals day Europe/Berlin', () => totals('day', 'Europe/Berlin')],
	['totals day Asia/Kolkata', () => totals('day', 'Asia/Kolkata')],
	['part model UTC', () => totals('model', 'UTC', PART)],
	['part tag UTC', () => totals('tag', 'UTC', PART)],
	['entries', () => storage.ledger.entries(ALL_TIME, 100)],
	['unknownUsage', () => storage.ledger.unknownUsage(ALL_TIME)],
	['spend all 2026-11-24', () => storage.budgets.spend('all', '2026-11-24')],
	['spend all 2026-11', () => storage.budgets.spend('all', '2026-11')],
	['spend key:ci total', () => storage.budgets.spend('key:ci', 'total')],
	['unsettled', () => storage.budgets.unsettled(10)],
	['decisions', () => storage.records.decisions(ALL_TIME, 100)],
	['decision d9', () => storage.records.decision('d9')],
	['decision e2', () => storage.records.decision('e2')],
	['decision e3', () => storage.records.decision('e3')],
	['search nightly', () => storage.records.search({ range: ALL_TIME, taskType: 'debugging', limit: 10 })],
	['outcomes', () => storage.records.outcomes(ALL_TIME, 100)],
	['fallbacks', () => storage.records.fallbackEvents(ALL_TIME, 100)],
	['rateLimits', () => storage.records.rateLimits(ALL_TIME, 100)],
	['attempts', () => storage.records.attempts(ALL_TIME, 100)],
	['attemptsOf', () => storage.records.attemptsOf('d1')],
	['counts', () => storage.records.counts(ALL_TIME)],
	['trail d1', () => storage.records.trail('d1')],
	['trail d9', () => storage.records.trail('d9')],
	['performance', () => storage.performance.performance()],
	['observations', () => storage.performance.observations(100)],
	['prices', () => storage.prices.list()],
	['keys', () => storage.keys.list()],
	['key', () => storage.keys.find('k1')],
	[
		'claim',
		() =>
			storage.idempotency.claim({
				scope: 'k1',
				key: 'one',
				requestHash: 'h1',
				owner: 'o2',
				now: MADE_AT + 5,
				leaseUntil: MADE_AT + 9,
			}),
	],
];

describe.each(VERSIONS)('a database of an earlier release answers as before: %s', (version) => {
	const answers: Readonly<Record<string, unknown>> = JSON.parse(readFixture(version, 'json'));
	let folder = '';

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'switchyard-upgrade-'));
		const path = join(folder, 'routing.db');
		const database = new DatabaseSync(path);
		database.exec(readFixture(version, 'sql'));
		database.close();
		const forever = { retentionDays: Number.POSITIVE_INFINITY, archiveDays: Number.POSITIVE_INFINITY };
		storage = await openSqliteStorage({ path, ...forever });
	});

	afterAll(async () => {
		await storage.close();
		await rm(folder, { recursive: true });
	});

	it.each(QUESTIONS.filter(([answer]) => answer in answers))('%s', async (answer, ask) => {
		const asJson = JSON.stringify(await ask(), (_name, value: unknown) =>
			value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
		);
		const answered = JSON.parse(asJson);
		// of what is reserved a later release also tells which part is another process's
		if (answer.startsWith('spend ')) expect(answered).toMatchObject(Object(answers[answer]));
		else expect(answered).toEqual(answers[answer]);
	});

	it('every answer that was kept is asked for', () => {
		expect(QUESTIONS.map(([answer]) => answer)).toEqual(expect.arrayContaining(Object.keys(answers)));
	});
});
