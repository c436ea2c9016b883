import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleChecks, sampleEntry, sampleFallback, sampleOutcome } from '../../testing/storage-contract/samples.ts';
import { openSqliteStorage } from './index.ts';

const _ROUTING_SQL = readFileSync(new URL('../../../routing.sql', import.meta.url), 'utf8');
const LIMITS = { dailyLimit: 10, monthlyLimit: 250, alerts: { dailyWarning: 75, monthlyWarning: 80 }, timezone: 'UTC' };

function limitDay(day: number): { dayKey: string; monthKey: string; startsAt: number; endsAt: number } {
	const startsAt = Date.UTC(2026, 2, day);
	return { dayKey: `2026-03-${day}`, monthKey: '2026-03', startsAt, endsAt: startsAt + 86_400_000 };
}

let folder = '';
let path = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-schema-'));
	path = join(folder, 'routing.db');
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });
/** What a person with the sqlite3 shell sees and does. */
function shell<T>(work: (database: DatabaseSync) => T): T {
	const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
	try {
		return work(database);
	} finally {
		database.close();
	}
}
const rows = (sql: string) =>
	shell((database) =>
		database
			.prepare(sql)
			.all()
			.map((row) => ({ ...row })),
	);

it('daily spending begins at 0 on a new day, and the day before keeps its own', async () => {
	const storage = await open();
	await storage.budgets.saveLimits(LIMITS, limitDay(10));
	await storage.budgets.charge(sampleChecks(1), sampleEntry({ costNanoUsd: 12_000_000_000 }));
	const [daily, monthly] = sampleChecks(1);
	await storage.budgets.saveLimits(LIMITS, limitDay(11));
	expect(rows('SELECT * FROM v_budget_status')).toMatchObject([
		{ daily_spent: 0, daily_exceeded: 0, monthly_spent: 12, monthly_usage_pct: 4.8 },
	]);
	await storage.budgets.charge(
		[{ ...daily, periodKey: '2026-03-11' }, monthly],
		sampleEntry({ id: 'e2', costNanoUsd: 500_000_000 }),
	);
	expect(rows('SELECT * FROM v_budget_status')).toMatchObject([{ daily_spent: 0.5, monthly_spent: 12.5 }]);
	expect(rows('SELECT day_key, daily_spent, daily_exceeded FROM budget_tracking ORDER BY 1')).toEqual([
		{ day_key: '2026-03-10', daily_spent: 12, daily_exceeded: 1 },
		{ day_key: '2026-03-11', daily_spent: 0.5, daily_exceeded: 0 },
	]);
	await storage.close();
});

const HAND_WRITTEN_DECISION = `INSERT INTO routing_decisions (id, task_hash, task_type, complexity, pattern, model_selected, confidence, estimated_cost, created_at)
	VALUES ('d', 'h', 'debugging', 'medium', 'multi-step', 'opus', 80, 0.1, '2026-03-10 12:00:00')`;

it('an outcome written by hand credits the fallback that answered, not the model chosen, and fills every figure', async () => {
	await (await open()).close();
	shell((database) => {
		database.exec(HAND_WRITTEN_DECISION);
		database.exec(`INSERT OR IGNORE INTO routing_outcomes (routing_id, success, quality_score, actual_cost, actual_latency, tokens_input, tokens_output, used_fallback, fallback_model)
			VALUES ('d', 1, 90, 0.0123456789, 1500, 10, 20, 1, 'sonnet')`);
		database.exec(`INSERT OR REPLACE INTO routing_outcomes (routing_id, success, quality_score, actual_latency, tokens_input, tokens_output, answered_by, task_type, complexity)
			VALUES ('elsewhere', 0, 70, 500, 10, 20, 'sonnet', 'debugging', 'medium')`);
	});
	expect(rows('SELECT * FROM model_performance')).toMatchObject([
		{
			model: 'sonnet',
			total_requests: 2,
			failed_requests: 1,
			success_rate: 0.5,
			avg_quality_score: 80,
			min_quality_score: 70,
			max_quality_score: 90,
			total_cost_nano: 12_345_679,
			avg_latency: 1000,
			min_latency: 500,
			max_latency: 1500,
			avg_tokens_per_request: 30,
			sample_size: 2,
		},
	]);
	expect(rows('SELECT * FROM v_model_summary')).toMatchObject([
		{ model: 'sonnet', total_requests: 2, success_rate_pct: 50, avg_quality: 80, avg_latency: 1000 },
	]);
	const storage = await open();
	expect(await storage.records.decision('d')).toMatchObject({
		estimatedCostNanoUsd: 100_000_000,
		at: Date.UTC(2026, 2, 10, 12),
	});
	expect(await storage.performance.observations(9)).toHaveLength(2);
	await storage.close();
});

it('a charge written by hand counts in the budget, the reports and the ledger, never rounded away', async () => {
	const storage = await open();
	await storage.budgets.saveLimits(LIMITS, limitDay(10));
	shell((database) =>
		database.exec(`INSERT INTO cost_tracking (model, task_type, cost, tokens_input, tokens_output, created_at)
			VALUES ('opus', 'debugging', 0.1, 10, 20, '2026-03-10 12:00:00'), ('opus', 'debugging', 0.0000000001, 1, 2, '2026-03-10T12:30:00.000Z')`),
	);
	expect(rows('SELECT * FROM v_budget_status')).toMatchObject([
		{ daily_spent: 0.100000001, monthly_spent: 0.100000001 },
	]);
	expect(await storage.budgets.spend('all', '2026-03-10')).toMatchObject({ settledNanoUsd: 100_000_001 });
	expect(await storage.ledger.totals({ from: 0, to: Number.POSITIVE_INFINITY }, 'day', 'UTC')).toMatchObject([
		{ key: '2026-03-10', costNanoUsd: 100_000_001 },
	]);
	expect(rows('SELECT * FROM v_daily_costs')).toEqual([
		{
			date: '2026-03-10',
			model: 'opus',
			requests: 2,
			total_cost: 0.100000001,
			avg_cost: 0.0500000005,
			total_tokens: 33,
		},
	]);
	await storage.close();
});

it('a day of requests without a price has no cost in v_daily_costs, rather than a cost of 0', async () => {
	const storage = await open();
	await storage.ledger.append(sampleEntry({ costNanoUsd: null }));
	expect(rows('SELECT requests, total_cost, avg_cost FROM v_daily_costs')).toEqual([
		{ requests: 1, total_cost: null, avg_cost: null },
	]);
	await storage.close();
});

it('v_fallback_rates says how often a fallback helped', async () => {
	const storage = await open();
	const events = [
		sampleFallback(),
		sampleFallback({ id: 'f2', fallbackSuccess: false, fallbackModel: 'gpt-4' }),
		sampleFallback({ id: 'f3' }),
	];
	await storage.records.write(events.map((row) => ({ kind: 'fallback', row })));
	expect(rows('SELECT * FROM v_fallback_rates')).toEqual([
		{
			primary_model: 'opus',
			fallback_events: 3,
			successful_fallbacks: 2,
			success_rate_pct: 66.67,
			unique_fallback_models: 2,
		},
	]);
	await storage.close();
});

it('the ledger cannot be thinned out by accident', async () => {
	const storage = await open();
	await storage.ledger.append(sampleEntry());
	expect(() => shell((database) => database.exec('DELETE FROM cost_tracking'))).toThrow(/ledger/);
	await storage.close();
});

it('every column of the specification is there under its name', async () => {
	await (await open()).close();
	const columns = (table: string) => rows(`SELECT name FROM pragma_table_xinfo('${table}')`).map((row) => row['name']);
	const expected: Record<string, string> = {
		routing_decisions:
			'id task_hash task_text task_type complexity pattern model_selected model_id confidence estimated_cost estimated_latency estimated_tokens_input estimated_tokens_output reasoning alternatives created_at updated_at',
		routing_outcomes:
			'id routing_id success quality_score actual_cost actual_latency tokens_input tokens_output tokens_total used_fallback fallback_model attempts error_message error_code user_rating user_comment created_at',
		model_performance:
			'model task_type complexity total_requests successful_requests failed_requests success_rate avg_quality_score min_quality_score max_quality_score total_cost avg_cost avg_latency min_latency max_latency total_tokens_input total_tokens_output avg_tokens_per_request last_updated sample_size',
		cost_tracking:
			'id model task_type cost cost_input cost_output tokens_input tokens_output tokens_total task_id routing_id created_at date_only',
		budget_tracking:
			'id daily_limit monthly_limit per_request_limit daily_spent monthly_spent daily_warning_threshold monthly_warning_threshold daily_exceeded monthly_exceeded period_start period_end timezone created_at updated_at',
		fallback_events:
			'id routing_id primary_model primary_error fallback_model fallback_success attempt_number retry_delay_ms created_at',
		rate_limit_events: 'id model limit_type limit_value remaining reset_at routing_id error_message created_at',
		v_daily_costs: 'date model requests total_cost avg_cost total_tokens',
		v_model_summary: 'model task_type total_requests success_rate_pct avg_quality avg_cost avg_latency last_updated',
		v_budget_status:
			'daily_limit daily_spent daily_usage_pct monthly_limit monthly_spent monthly_usage_pct daily_exceeded monthly_exceeded period_start period_end',
		v_fallback_rates: 'primary_model fallback_events successful_fallbacks success_rate_pct unique_fallback_models',
	};
	for (const [table, names] of Object.entries(expected))
		expect(columns(table), table).toEqual(expect.arrayContaining(names.split(' ')));
});

it('a limit of a tag that counted all keys together begins, key by key, with what each has spent', async () => {
	const storage = await open();
	const charge = (key: string, costNanoUsd: number) =>
		storage.budgets.charge([], sampleEntry({ id: key, costNanoUsd, attribution: { key, tags: ['nightly'] } }));
	await charge('a:b', 700);
	await charge('c', 20);
	const rule = { scope: 'tag' as const, period: 'total' as const };
	const save = (shared: boolean) =>
		storage.budgets.saveLimits(
			{ ...LIMITS, rules: [{ ...rule, limit: 1, shared }] },
			{ ...limitDay(10), rules: [{ ...rule, shared, periodKey: 'total', startsAt: Number.NEGATIVE_INFINITY }] },
		);
	await save(true);
	// as a build wrote it that did not know rules of keys
	shell((database) =>
		database.exec(`UPDATE budget_tracking SET rules = '[{"scope":"tag","period":"total","limit":1}]'`),
	);
	await save(false);
	expect(rows("SELECT scope, settled_nano FROM budget_spend WHERE period_key = 'total' ORDER BY scope")).toEqual([
		{ scope: 'tag:nightly', settled_nano: 720 },
		{ scope: 'tag@a%3Ab:nightly', settled_nano: 700 },
		{ scope: 'tag@c:nightly', settled_nano: 20 },
	]);
	await storage.close();
});

it('results of a group of outcomes are counted once, whatever of it was written before, and beside those written by hand', async () => {
	const storage = await open();
	const outcome = (id: string, quality: number | null, change: object = {}) =>
		({ kind: 'outcome', row: sampleOutcome({ id, decisionId: id, quality, ...change }) }) as const;
	await storage.records.write([outcome('a', 60)]);
	shell((database) =>
		database.exec(`INSERT INTO routing_outcomes (id, routing_id, success, quality_score, answered_by, task_type, complexity, tokens_input, tokens_output)
			SELECT 'by hand', 'by hand', 0, 20, answered_by, task_type, complexity, 1, 1 FROM routing_outcomes`),
	);
	const group = Array.from({ length: 20 }, (_, index) => outcome(`g${index}`, index === 7 ? 100 : null));
	await storage.records.write([outcome('a', 60), ...group, outcome('other', null, { answeredBy: 'gpt-4' })]);
	expect(
		rows(`SELECT model, total_requests, failed_requests, quality_count, min_quality_score, max_quality_score
			FROM model_performance ORDER BY total_requests`),
	).toEqual([
		expect.objectContaining({ model: 'gpt-4', total_requests: 1, quality_count: 0 }),
		expect.objectContaining({
			total_requests: 22,
			failed_requests: 1,
			quality_count: 3,
			min_quality_score: 20,
			max_quality_score: 100,
		}),
	]);
	await storage.close();
});

it('a batch that was undone with its transaction is written again whole, and after it others', async () => {
	const storage = await open();
	const outcomes = (name: string, quality: number) =>
		Array.from({ length: 5 }, (_, index) => {
			const id = `${name}${index}`;
			return {
				kind: 'outcome',
				row: sampleOutcome({ id, decisionId: id, quality: index === 4 ? quality : 50 }),
			} as const;
		});
	await expect(storage.records.write(outcomes('a', 101))).rejects.toThrow(/quality_score/);
	expect(rows('SELECT COUNT(*) AS n FROM routing_outcomes')).toEqual([{ n: 0 }]);
	await storage.records.write(outcomes('a', 100));
	await storage.records.write([...outcomes('a', 100), ...outcomes('b', 0)]);
	expect(rows('SELECT id FROM routing_outcomes ORDER BY rowid').map((row) => row['id'])).toEqual(
		['a', 'b'].flatMap((name) => [0, 1, 2, 3, 4].map((index) => `${name}${index}`)),
	);
	expect(await storage.performance.performance()).toMatchObject([{ totalRequests: 10, meanQuality: 50 }]);
	await storage.close();
});
