import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BudgetRule } from '../../src/contracts/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { completeBudgetConfig, completeRouterConfig, RoutingSystem } from '../../src/system/index.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'switchyard-changes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that opens the project's database at a moment, under a budget of $1 a day. */
function openAt(at: string, budget: Parameters<typeof completeBudgetConfig>[0] = {}) {
	const clock = new ManualClock(Date.parse(at));
	const limits = completeBudgetConfig({ dailyLimit: 1, monthlyLimit: 10, perRequestLimit: 1, ...budget });
	const path = join(folder, 'routing.db');
	const system = new RoutingSystem(
		completeRouterConfig({ candidates: ['sonnet'], fallback: { enabled: false } }),
		limits,
		{
			clock,
			openStorage: () => openSqliteStorage({ path, clock, retentionDays: Number.POSITIVE_INFINITY }),
		},
	);
	return { system, clock };
}

/** An answer of sonnet that costs $0.6. */
const usage = { prompt_tokens: 0, completion_tokens: 40_000, total_tokens: 40_000 };
const answer = async () => ({ object: 'chat.completion', model: 'x', choices: [], usage });
const attribution = { key: 'ci', tags: ['nightly', 'nightly'] };
const spend = (system: RoutingSystem) =>
	system.executeWithRouting('Fix bug in payment processing', answer, { attribution });

describe('what changes under a budget gives nobody his money back', () => {
	it('another time zone: what was spent since the new day began counts, though it was counted elsewhere', async () => {
		const utc = openAt('2026-11-24T16:00:00Z');
		await spend(utc.system);
		await utc.system.close();
		// in Tokyo it is the 25th since 15:00 UTC; the charge lies in that day
		const tokyo = openAt('2026-11-24T17:00:00Z', { timezone: 'Asia/Tokyo' });
		expect((await tokyo.system.budgetStatus()).dailySpent).toBe(0.6);
		await tokyo.system.close();
		const back = openAt('2026-11-24T18:00:00Z');
		expect((await back.system.budgetStatus()).dailySpent).toBe(0.6);
		await back.system.close();
	});

	it('a new rule knows what its key, tag, model and task type have spent before it was made', async () => {
		const before = openAt('2026-11-24T12:00:00Z');
		await spend(before.system);
		await before.system.close();
		const rules: BudgetRule[] = [
			{ scope: 'key', of: 'ci', period: 'day', limit: 0.5 },
			{ scope: 'tag', period: 'month', limit: 5 },
			{ scope: 'model', of: 'claude-sonnet-4-5', period: 'week', limit: 5 },
			{ scope: 'task-type', period: 'total', limit: 5 },
			{ scope: 'all', period: 'hour', limit: 5 },
			{ scope: 'session', period: 'total', limit: 5 },
		];
		for (const _again of [1, 2]) {
			const after = openAt('2026-11-24T13:00:00Z', { rules });
			const limits = (await after.system.budgetLimits()).slice(2);
			expect(limits.map(({ scope, period, spentUsd }) => `${scope} ${period} ${spentUsd}`)).toEqual([
				'key:ci day 0.6',
				'tag:nightly month 0.6',
				'model:sonnet week 0.6',
				'task-type:debugging total 0.6',
				'all hour 0',
				'session:* total 0',
			]);
			await expect(spend(after.system)).rejects.toThrow(/^Daily budget of key ci exceeded \(\$0\.50\)/);
			await after.system.close();
		}
	});

	it('another time zone, for rules too', async () => {
		const rules: BudgetRule[] = [{ scope: 'key', of: 'ci', period: 'day', limit: 5 }];
		const utc = openAt('2026-11-24T16:00:00Z', { rules });
		await spend(utc.system);
		await utc.system.close();
		const tokyo = openAt('2026-11-24T17:00:00Z', { rules, timezone: 'Asia/Tokyo' });
		expect((await tokyo.system.budgetLimits())[2]).toMatchObject({ periodKey: '2026-11-25', spentUsd: 0.6 });
		await tokyo.system.close();
	});

	it('a limit lowered under what is spent: exceeded, nothing left, nothing negative, nothing called', async () => {
		const before = openAt('2026-11-24T12:00:00Z');
		await spend(before.system);
		await before.system.close();
		const after = openAt('2026-11-24T13:00:00Z', { dailyLimit: 0.5 });
		expect(await after.system.budgetStatus()).toMatchObject({ dailySpent: 0.6, dailyRemaining: 0, exceeded: true });
		await expect(spend(after.system)).rejects.toThrow(/^Daily budget exceeded \(\$0\.50\)/);
		expect((await after.system.exportData()).costs).toHaveLength(1);
		await after.system.close();
	});

	it('a clock that goes back over midnight finds yesterday’s money spent, and today’s too when it comes again', async () => {
		const { system, clock } = openAt('2026-11-25T00:10:00Z');
		await spend(system);
		clock.setNow(Date.parse('2026-11-24T23:50:00Z'));
		await spend(system);
		clock.setNow(Date.parse('2026-11-25T00:20:00Z'));
		expect((await system.budgetStatus()).dailySpent).toBe(0.6);
		await expect(spend(system)).resolves.toBeDefined();
		await expect(spend(system)).rejects.toThrow(/^Daily budget exceeded/);
		await system.close();
	});

	it('the day of 25 hours has one budget, the leap day and the last day of a month their own', async () => {
		const zone = { timezone: 'Europe/Berlin' };
		const long = openAt('2026-10-24T22:30:00Z', zone);
		await spend(long.system);
		long.clock.setNow(Date.parse('2026-10-25T22:30:00Z'));
		expect((await long.system.budgetStatus()).dailySpent).toBe(0.6);
		long.clock.setNow(Date.parse('2026-10-25T23:00:00Z'));
		expect(await long.system.budgetStatus()).toMatchObject({ dailySpent: 0, monthlySpent: 0.6 });
		long.clock.setNow(Date.parse('2024-02-28T23:00:00Z'));
		await spend(long.system);
		expect(await long.system.budgetStatus()).toMatchObject({ dailySpent: 0.6, monthlySpent: 0.6 });
		long.clock.setNow(Date.parse('2024-02-29T23:00:00Z'));
		expect(await long.system.budgetStatus()).toMatchObject({ dailySpent: 0, monthlySpent: 0 });
		await long.system.close();
	});
});
