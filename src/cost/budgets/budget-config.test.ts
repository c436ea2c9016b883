import { describe, expect, it } from 'vitest';
import { BUILTIN_MODELS } from '../../catalog/index.ts';
import type { BudgetConfig, BudgetRule } from '../../contracts/index.ts';
import {
	checkTimeZone,
	DEFAULT_BUDGET_CONFIG,
	findBudgetIssues,
	findRuleIssues,
	findUnknownRuleModels,
	validateBudget,
} from './budget-config.ts';

const RULE: BudgetRule = { scope: 'all', period: 'day', limit: 1 };
/** What a caller without types, or a config file, may give. */
const rules = (...changes: readonly object[]) => changes.map((change) => ({ ...RULE, ...change }) as BudgetRule);
const issues = (...changes: readonly object[]) =>
	findRuleIssues(rules(...changes), ['rules']).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a budget that would not limit what was meant is refused, with what to write', () => {
	it.each([
		['no name', { of: 5 }, /^rules\.0\.of: must be a name of at most 200 characters/],
		['an empty name', { scope: 'key', of: '' }, /^rules\.0\.of: /],
		['a name with a line break at its end', { scope: 'key', of: 'ci\n' }, /^rules\.0\.of: /],
		['a name with one at its beginning', { scope: 'key', of: '\nci' }, /^rules\.0\.of: /],
		['a name that is too long', { scope: 'key', of: 'x'.repeat(201) }, /^rules\.0\.of: /],
		['a name for everybody', { of: 'ci' }, /^rules\.0\.of: has no meaning for the scope "all"/],
		['no task type', { scope: 'task-type', of: 'qqqqqqqq' }, /^rules\.0\.of: .*Write one of [a-z-]+, /],
		['a shared team', { scope: 'team', shared: false }, /^rules\.0\.shared: has no meaning for the scope "team"/],
		['shared that is neither', { scope: 'tag', shared: 'yes' }, /^rules\.0\.shared: must be true or false/],
		['a soft limit of one request', { period: 'request', kind: 'soft' }, /^rules\.0\.kind: cannot be soft/],
		['a kind that there is not', { kind: 'warn' }, /^rules\.0\.kind: must be one of hard, soft/],
		['a misspelt field', { warnings: [1] }, /^rules\.0\.warnings: /],
		['a warning at nothing', { warnAt: [0] }, /^rules\.0\.warnAt\.0: must be a percentage above 0, up to 100/],
		['a warning in words', { warnAt: ['80'] }, /^rules\.0\.warnAt\.0: /],
		['a warning behind the limit', { warnAt: [100.5] }, /^rules\.0\.warnAt\.0: /],
		['eleven warnings', { warnAt: Array(11).fill(50) }, /^rules\.0\.warnAt: must be .*at most 10 percentages/],
	])('%s', (_what, change, told) => {
		const found = issues(change);
		expect(found).toHaveLength(1);
		expect(found[0]).toMatch(told);
	});

	it.each([
		{ scope: 'key', of: 'x'.repeat(200) },
		{ scope: 'task-type' },
		{ scope: 'task-type', of: 'debugging' },
		{ scope: 'tag', shared: true },
		{ scope: 'session', shared: false },
		{ period: 'request', kind: 'hard' },
		{ kind: 'soft', warnAt: [0.5, 100] },
		{ warnAt: Array(10).fill(50) },
		{ limit: 0 },
	])('%j is what it says', (change) => expect(issues(change)).toEqual([]));

	it('the same limit twice: the second would never be met, or always first', () => {
		const same = 'limits the same as rule 0. Keep one of them';
		expect(issues({}, { limit: 2 })).toEqual([`rules.1: ${same}`]);
		expect(issues({}, { kind: 'hard', limit: 2 })).toEqual([`rules.1: ${same}`]);
		expect(issues({}, { kind: 'soft' }, { period: 'week' }, { scope: 'key' }, { scope: 'key', of: 'ci' })).toEqual([]);
		expect(issues({ scope: 'tag', of: 'a' }, { scope: 'tag', of: 'a', shared: true })).toEqual([`rules.1: ${same}`]);
	});

	it('more rules than every request can be checked against, and what is no list of rules', () => {
		const distinct = (count: number) => [...Array(count).keys()].map((at) => ({ scope: 'key', of: `k${at}` }));
		expect(issues(...distinct(200))).toEqual([]);
		expect(issues(...distinct(201))).toEqual(['rules: must be a list of at most 200 rules']);
		expect(findRuleIssues({} as never, ['rules'])).toHaveLength(1);
		expect(findRuleIssues([null, undefined] as never, ['rules']).length).toBeGreaterThan(0);
	});

	it('a day that may cost more than its month', () => {
		const told = (change: Partial<BudgetConfig>) =>
			findBudgetIssues({ ...DEFAULT_BUDGET_CONFIG, ...change }).map(
				({ path, message }) => `${path.join('.')} ${message}`,
			);
		expect(told({ dailyLimit: 20, monthlyLimit: 10 })).toEqual([
			'budget.dailyLimit is above budget.monthlyLimit ($20 a day, $10 a month). Lower it, or raise the monthly limit.',
		]);
		expect(told({ dailyLimit: 10, monthlyLimit: 10 })).toEqual([]);
		expect(told({ dailyLimit: -1 })).toHaveLength(1);
		expect(told({ perRequestLimit: Number.NaN })).toHaveLength(1);
		expect(told({ alerts: { dailyWarning: 101, monthlyWarning: 80 } })).toHaveLength(1);
		expect(told({ rules: rules({ limit: -1 }) })).toHaveLength(1);
	});

	it('a day that begins nowhere', () => {
		const told = (zone: unknown) => checkTimeZone(zone, ['timezone']).map(({ message }) => message);
		expect(['UTC', 'Europe/Berlin'].map(told)).toEqual([[], []]);
		expect(told('UTCC')).toEqual(['is not a known time zone. Did you mean "UTC"?']);
		for (const unknown of ['somewhere else entirely', 5, null])
			expect(told(unknown)[0]).toMatch(
				/^is not a known time zone\. (Write one such as "UTC" or "Europe\/Berlin"\.|Did)/,
			);
		expect(told('somewhere else entirely')).toEqual([
			'is not a known time zone. Write one such as "UTC" or "Europe/Berlin".',
		]);
	});
});

describe('rules for models', () => {
	const opus = BUILTIN_MODELS.filter(({ name }) => name === 'opus');

	it('are refused where no profile knows the model, and only there', () => {
		const unknown = (...changes: object[]) => findUnknownRuleModels(rules(...changes), opus).map(({ path }) => path);
		expect(unknown({ scope: 'model', of: 'opuss' })).toEqual([['budget', 'rules', 0, 'of']]);
		expect(unknown({ scope: 'model' }, { scope: 'key', of: 'opuss' }, { scope: 'model', of: 'opus' })).toEqual([]);
		expect(findUnknownRuleModels(rules({ scope: 'model', of: 'opuss' }), [])).toEqual([]);
	});

	it('count under the model’s name; a key that is called like a model keeps its own', () => {
		const given = rules(
			{ scope: 'model', of: 'CLAUDE-opus-4-5' },
			{ scope: 'model' },
			{ scope: 'key', of: 'opus-4-5' },
		);
		const budget = { ...DEFAULT_BUDGET_CONFIG, rules: given };
		const checked = validateBudget(budget, opus);
		expect(checked.rules?.map(({ of }) => of)).toEqual(['opus', undefined, 'opus-4-5']);
		expect(given[0]?.of).toBe('CLAUDE-opus-4-5');
		const named = rules({ scope: 'key', of: opus[0]?.id ?? '' });
		expect(validateBudget({ ...budget, rules: named }, opus).rules).toEqual(named);
		expect(validateBudget(DEFAULT_BUDGET_CONFIG)).toStrictEqual({ ...DEFAULT_BUDGET_CONFIG });
	});

	it('are looked at once the rest is right', () => {
		const budget = { ...DEFAULT_BUDGET_CONFIG, dailyLimit: -1, rules: rules({ scope: 'model', of: 'opuss' }) };
		expect(() => validateBudget(budget, opus)).toThrow(/dailyLimit/);
		expect(() => validateBudget(budget, opus)).not.toThrow(/opuss/);
		expect(() => validateBudget({ ...budget, dailyLimit: 1 }, opus)).toThrow(/opus/);
	});
});
