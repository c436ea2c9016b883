import { describe, expect, it } from 'vitest';
import type { BudgetCheck, BudgetConfig, BudgetRule } from '../../contracts/index.ts';
import { createBudgetCalendar } from './budget-calendar.ts';
import { DEFAULT_BUDGET_CONFIG } from './budget-config.ts';
import {
	createBudgetStatus,
	createRuleCheck,
	createRuleChecks,
	EmittedAlerts,
	findAlerts,
	findRequestLimits,
	getRulePeriods,
} from './budget-status.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const calendar = createBudgetCalendar('UTC');
const USD = 1e9;
const check: BudgetCheck = {
	scope: 'all',
	period: 'day',
	periodKey: '2026-11-24',
	limitNanoUsd: 10 * USD,
	resetsAt: null,
};

describe('a status says when money runs out, and not before', () => {
	const status = (spent: { day: number; month: number }, change: Partial<BudgetConfig> = {}) => {
		const budget = { ...DEFAULT_BUDGET_CONFIG, dailyLimit: 10, monthlyLimit: 100, ...change };
		const [day, month] = [calendar.periodAt('day', NOON), calendar.periodAt('month', NOON)];
		return createBudgetStatus(budget, [day, month], (key) => spent[key === day.key ? 'day' : 'month']);
	};

	it.each([
		['nothing spent', 0, 0, false, false],
		['just below every line', 7.4999 * USD, 79.9999 * USD, false, false],
		['the day’s warning', 7.5 * USD, 0, true, false],
		['the month’s warning', 0, 80 * USD, true, false],
		['a nano-dollar before the day’s end', 10 * USD - 1, 0, true, false],
		['the day spent', 10 * USD, 10 * USD, true, true],
		['a nano-dollar before the month’s end', 0, 100 * USD - 1, true, false],
		['the month spent, the day not', 0, 100 * USD, true, true],
	])('%s', (_what, day, month, warning, exceeded) => {
		expect(status({ day, month })).toMatchObject({ warning, exceeded });
	});

	it('what is left is never negative, and a percentage is 100 only when the limit is reached', () => {
		const over = status({ day: 12 * USD, month: 100 * USD - 1 });
		expect(over).toMatchObject({ dailyRemaining: 0, dailyUsagePercent: 120, monthlyUsagePercent: 99.99 });
		expect(over.monthlyRemaining).toBe(1e-9);
		expect(status({ day: 0, month: 0 }, { dailyLimit: 0 })).toMatchObject({ dailyUsagePercent: 100, exceeded: true });
		expect(over.resets).toEqual({ daily: new Date('2026-11-25'), monthly: new Date('2026-12-01') });
	});
});

describe('alerts', () => {
	it('come at each threshold and at the limit, the lowest first, each once', () => {
		const at = (spentNanoUsd: number, warnAt = [90, 9, 50, 100]) =>
			findAlerts({ check, spentNanoUsd, warnAt }).map(({ event }) => event.thresholdPercent);
		expect(at(0.9 * USD - 1)).toEqual([]);
		expect(at(0.9 * USD)).toEqual([9]);
		expect(at(9.5 * USD)).toEqual([9, 50, 90]);
		expect(at(10 * USD)).toEqual([9, 50, 90, 100]);
		expect(at(10 * USD, [])).toEqual([100]);
	});

	it('are emitted once for each threshold, scope, period and limit', () => {
		const emitted = new EmittedAlerts();
		const claim = (change: Partial<BudgetCheck>, spentUsd = 5) =>
			emitted.claimNew([{ check: { ...check, ...change }, spentNanoUsd: spentUsd * USD, warnAt: [50] }]).length;
		expect([claim({}), claim({}), claim({}, 10)]).toEqual([1, 0, 1]);
		expect(claim({ scope: 'key:ci' })).toBe(1);
		expect(claim({ periodKey: '2026-11-25' })).toBe(1);
		expect(claim({ limitNanoUsd: 9 * USD })).toBe(1);
	});

	it('say what was spent of which limit', () => {
		const [alert] = findAlerts({ check: { ...check, scope: 'key:ci' }, spentNanoUsd: 8 * USD, warnAt: [80] });
		expect(alert?.event).toEqual({
			type: 'budget-alert',
			period: 'day',
			thresholdPercent: 80,
			spentUsd: 8,
			limitUsd: 10,
			scope: 'key:ci',
			periodKey: '2026-11-24',
		});
	});
});

describe('the limits of a rule', () => {
	const moment = (rules: readonly BudgetRule[], change: Partial<BudgetConfig> = {}) => ({
		budget: { ...DEFAULT_BUDGET_CONFIG, rules, ...change },
		calendar,
		at: NOON,
	});
	const scopes = (rule: BudgetRule, subject: Parameters<typeof createRuleChecks>[0]) =>
		createRuleChecks(subject, moment([rule])).map(({ scope }) => scope);

	it('warn at 80 % unless it says otherwise, and refuse unless it is soft', () => {
		const rule: BudgetRule = { scope: 'all', period: 'day', limit: 5 };
		expect(createRuleCheck(rule, 'all', moment([]))).toEqual({
			scope: 'all',
			period: 'day',
			periodKey: '2026-11-24',
			limitNanoUsd: 5 * USD,
			resetsAt: Date.parse('2026-11-25'),
			warnAt: [80],
			isSoft: undefined,
			atLimit: undefined,
		});
	});

	it('of single requests are none of a period', () => {
		const request: BudgetRule = { scope: 'all', period: 'request', limit: 5 };
		const shared: BudgetRule = { scope: 'tag', of: 'a', period: 'week', limit: 5, shared: true };
		const own: BudgetRule = { scope: 'session', period: 'day', limit: 5 };
		expect(createRuleCheck(request, 'all', moment([]))).toBeNull();
		expect(createRuleChecks({}, moment([request]))).toEqual([]);
		expect(getRulePeriods([request, shared, own], calendar, NOON)).toEqual([
			{
				scope: 'tag',
				of: 'a',
				period: 'week',
				periodKey: '2026-W48',
				startsAt: Date.parse('2026-11-23'),
				shared: true,
			},
			{ scope: 'session', period: 'day', periodKey: '2026-11-24', startsAt: Date.parse('2026-11-24'), shared: false },
		]);
	});

	it('apply to whom they name, and a tag of one key is none of another’s', () => {
		const tag: BudgetRule = { scope: 'tag', of: 'nightly', period: 'day', limit: 1 };
		const attribution = { key: 'ci', namedBy: 'ci', tags: ['nightly', 'other', 'nightly'] };
		expect(scopes(tag, { attribution })).toEqual(['tag@ci:nightly']);
		expect(scopes({ ...tag, shared: true }, { attribution })).toEqual(['tag:nightly']);
		expect(scopes({ ...tag, of: undefined }, { attribution })).toEqual(['tag@ci:nightly', 'tag@ci:other']);
		expect(scopes({ ...tag, of: undefined }, { attribution: { tags: ['nightly'] } })).toEqual(['tag:nightly']);
		expect(scopes(tag, {})).toEqual([]);
		expect(scopes({ ...tag, scope: 'team', of: 'core' }, { attribution: { team: 'other' } })).toEqual([]);
		expect(
			scopes({ ...tag, scope: 'session', of: undefined }, { attribution: { key: 'k', namedBy: 'k', session: 's' } }),
		).toEqual(['session@k:s']);
		expect(scopes({ scope: 'all', period: 'day', limit: 1 }, {})).toEqual(['all']);
		expect(createRuleChecks({}, { budget: DEFAULT_BUDGET_CONFIG, calendar, at: NOON })).toEqual([]);
	});

	it('of one request: the tightest that applies, and none where there is none', () => {
		const request = (limit: number, change: Partial<BudgetRule> = {}): BudgetRule => ({
			scope: 'key',
			period: 'request',
			limit,
			...change,
		});
		const find = (rules: readonly BudgetRule[], perRequestLimit: number | undefined, key?: string) => {
			const { perRequestLimit: _none, ...general } = DEFAULT_BUDGET_CONFIG;
			const [limit = null] = findRequestLimits(
				{ ...general, rules, atLimit: 'local-only', ...(perRequestLimit === undefined ? {} : { perRequestLimit }) },
				{ attribution: { key } },
			);
			return limit === null ? null : [limit.scope, limit.limitNanoUsd / USD, limit.atLimit];
		};
		expect(find([], undefined)).toBeNull();
		expect(find([request(0.1)], undefined)).toBeNull();
		expect(find([{ ...request(0.1), period: 'day' }], undefined, 'ci')).toBeNull();
		expect(find([request(0.1)], 1, 'ci')).toEqual(['key:ci', 0.1, 'local-only']);
		expect(find([request(0.5), request(0.2, { of: 'ci', atLimit: 'refuse' })], 1, 'ci')).toEqual([
			'key:ci',
			0.2,
			'refuse',
		]);
		expect(find([request(2)], 1, 'ci')).toEqual(['all', 1, 'local-only']);
	});
});
