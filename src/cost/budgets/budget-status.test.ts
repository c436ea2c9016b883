import { describe, expect, it } from 'vitest';
import { BUILTIN_MODELS } from '../../catalog/index.ts';
import type { BudgetConfig, BudgetRule } from '../../contracts/index.ts';
import { CostOptimizer } from '../cost-optimizer.ts';
import { DEFAULT_BUDGET_CONFIG } from './budget-config.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');

function optimizerWith(rules: readonly BudgetRule[], change: Partial<BudgetConfig> = {}): CostOptimizer {
	return new CostOptimizer({ ...DEFAULT_BUDGET_CONFIG, rules, ...change }, [], { clock: { now: () => NOON } });
}

/** [scope, period key] of the rules' checks, behind the daily and the monthly one. */
function applied(optimizer: CostOptimizer, subject: Parameters<CostOptimizer['getChecks']>[1]): string[] {
	return optimizer
		.getChecks(NOON, subject)
		.slice(2)
		.map(({ scope, periodKey }) => `${scope} ${periodKey}`);
}

describe('limits beside the daily and the monthly one', () => {
	it('every rule that applies to a request is checked, each over its own period, and no other', () => {
		const optimizer = optimizerWith([
			{ scope: 'all', period: 'hour', limit: 1 },
			{ scope: 'key', of: 'ci', period: 'day', limit: 2 },
			{ scope: 'key', of: 'other', period: 'day', limit: 2 },
			{ scope: 'team', period: 'week', limit: 3 },
			{ scope: 'model', of: 'opus', period: 'month', limit: 4 },
			{ scope: 'task-type', of: 'creative', period: 'day', limit: 5 },
			{ scope: 'session', period: 'total', limit: 6 },
		]);
		const attribution = { key: 'ci', team: 'core', session: 's1' };
		expect(applied(optimizer, { attribution, model: 'opus', taskType: 'debugging' })).toEqual([
			'all 2026-11-24T12:00Z',
			'key:ci 2026-11-24',
			'team:core 2026-W48',
			'model:opus 2026-11',
			'session:s1 total',
		]);
		expect(applied(optimizer, {})).toEqual(['all 2026-11-24T12:00Z']);
	});

	it('a rule without a name limits each tag separately, one check for each tag of the request', () => {
		const optimizer = optimizerWith([{ scope: 'tag', period: 'day', limit: 1 }]);
		const attribution = { tags: ['nightly', 'ci', 'nightly'] };
		expect(applied(optimizer, { attribution })).toEqual(['tag:nightly 2026-11-24', 'tag:ci 2026-11-24']);
	});

	it('says of each limit whether it refuses, what happens at it, when it warns and when it resets', () => {
		const rules: BudgetRule[] = [
			{ scope: 'all', period: 'total', limit: 100, kind: 'soft', warnAt: [50, 90] },
			{ scope: 'model', of: 'opus', period: 'day', limit: 5, atLimit: 'refuse' },
		];
		const optimizer = optimizerWith(rules, { atLimit: 'local-only' });
		const [daily, , total, opus] = optimizer.getChecks(NOON, { model: 'opus' });
		expect(daily).toMatchObject({ atLimit: 'local-only' });
		expect(total).toMatchObject({ isSoft: true, warnAt: [50, 90], resetsAt: null, atLimit: 'local-only' });
		expect(opus).toMatchObject({ atLimit: 'refuse', limitNanoUsd: 5e9, resetsAt: Date.parse('2026-11-25T00:00:00Z') });
		expect(opus?.isSoft).toBeUndefined();
	});

	it('the tightest limit of a single request counts, with its owner', () => {
		const optimizer = optimizerWith([
			{ scope: 'key', of: 'ci', period: 'request', limit: 0.1 },
			{ scope: 'model', of: 'opus', period: 'request', limit: 0.05 },
		]);
		expect(optimizer.getRequestLimit()).toMatchObject({ scope: 'all', limitNanoUsd: 1e9 });
		const attribution = { key: 'ci' };
		expect(optimizer.getRequestLimit({ attribution })).toMatchObject({ scope: 'key:ci', limitNanoUsd: 1e8 });
		expect(optimizer.getRequestLimit({ attribution, model: 'opus' })).toMatchObject({ scope: 'model:opus' });
	});
});

describe('a rule that would limit nothing', () => {
	const opus = BUILTIN_MODELS.filter(({ name }) => name === 'opus');
	const limited = (rules: readonly BudgetRule[]) =>
		new CostOptimizer({ ...DEFAULT_BUDGET_CONFIG, rules }, opus, { clock: { now: () => NOON } });

	it('a model counts by its name, whichever name or id the rule was written with', () => {
		for (const of of ['opus', 'OPUS', 'claude-opus-4-5', 'claude-opus-4-5-20251101']) {
			const optimizer = limited([{ scope: 'model', of, period: 'day', limit: 1 }]);
			expect(applied(optimizer, { model: 'opus' })).toEqual(['model:opus 2026-11-24']);
		}
	});

	it.each([
		[{ scope: 'model', of: 'opuss' }, 'budget.rules[0].of', 'Did you mean "opus"?'],
		[{ scope: 'task-type', of: 'debuging' }, 'budget.rules[0].of', 'Did you mean "debugging"?'],
		[{ limit: Number.NaN }, 'budget.rules[0].limit', 'not NaN'],
		[{ limit: -1 }, 'budget.rules[0].limit', 'not -1'],
		[{ period: 'year' }, 'budget.rules[0].period', 'must be one of request, hour'],
		[{ scope: 'user' }, 'budget.rules[0].scope', 'must be one of all, key'],
		[{ atLimit: 'panic' }, 'budget.rules[0].atLimit', 'must be one of refuse'],
		[{ warnAt: [50, 150] }, 'budget.rules[0].warnAt[1]', 'not 150'],
	])('%o is refused with its place', (change, path, told) => {
		// what a caller without types may give
		const rule = { scope: 'all', period: 'day', limit: 1, ...change } as unknown as BudgetRule;
		expect(() => limited([rule])).toThrow(path);
		expect(() => limited([rule])).toThrow(told);
	});

	it('usage tracked by hand counts against the rules of its model and task type', () => {
		const heard: string[] = [];
		const rules: BudgetRule[] = [
			{ scope: 'model', of: 'opus', period: 'day', limit: 1 },
			{ scope: 'task-type', period: 'month', limit: 1 },
		];
		const optimizer = new CostOptimizer({ ...DEFAULT_BUDGET_CONFIG, rules }, opus, {
			clock: { now: () => NOON },
			onCharge: (_entry, checks) => heard.push(...checks.map(({ scope }) => scope)),
		});
		optimizer.trackUsage('opus', 'debugging', { input: 10, output: 10 }, 0.1);
		expect(heard).toEqual(['all', 'all', 'model:opus', 'task-type:debugging']);
	});
});
