import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BudgetRule, RoutingWeights } from '../contracts/index.ts';
import { CostOptimizer, DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { createRoutingSystem, DEFAULT_ROUTER_CONFIG } from '../index.ts';
import { normalizeWeights } from '../route/index.ts';
import { getConfigFilePath } from './config-file.ts';
import { loadConfig } from './load-config.ts';

let folder = '';
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'rules-'));
	mkdirSync(join(folder, '.git'));
	mkdirSync(dirname(getConfigFilePath(folder)), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The paths that are refused; none when the value is accepted. */
function refusedPaths(open: () => unknown): string[] {
	try {
		open();
		return [];
	} catch (error) {
		if (!(error instanceof InvalidConfigError)) throw error;
		return error.issues.map(({ path }) => path.replace(/^(?:argument|.*config\.json): /, ''));
	}
}

function loadFile(content: object): unknown {
	writeFileSync(getConfigFilePath(folder), JSON.stringify(content));
	const defaults = { router: DEFAULT_ROUTER_CONFIG, budget: DEFAULT_BUDGET_CONFIG };
	return loadConfig({ defaults, projectDirectory: folder, environment: {} });
}

const rule = { scope: 'all', period: 'day', limit: 1 };
const percentages = Array.from({ length: 11 }, (_, index) => index + 1);

describe('a budget rule is accepted or refused alike by the file, by createRoutingSystem and by CostOptimizer', () => {
	it.each<[rules: object[], refused: string[]]>([
		[[rule], []],
		[[{ ...rule, limit: 0 }], []],
		[[{ ...rule, limit: 9_000_000 }], []],
		[[{ ...rule, limit: 9_000_001 }], ['budget.rules[0].limit']],
		[[{ ...rule, limit: -1 }], ['budget.rules[0].limit']],
		[[{ ...rule, limit: '1' }], ['budget.rules[0].limit']],
		[[{ ...rule, warnAt: [0.5, 100] }], []],
		[[{ ...rule, warnAt: [0] }], ['budget.rules[0].warnAt[0]']],
		[[{ ...rule, warnAt: [101] }], ['budget.rules[0].warnAt[0]']],
		[[{ ...rule, warnAt: percentages }], ['budget.rules[0].warnAt']],
		[[{ ...rule, of: 'ci' }], ['budget.rules[0].of']],
		[[{ ...rule, scope: 'key', of: 'ci' }], []],
		[[{ ...rule, scope: 'key', of: '' }], ['budget.rules[0].of']],
		[[{ ...rule, scope: 'key', of: 'a\nb' }], ['budget.rules[0].of']],
		[[{ ...rule, scope: 'person' }], ['budget.rules[0].scope']],
		[[{ ...rule, scope: 'task-type', of: 'debugging' }], []],
		[[{ ...rule, scope: 'task-type', of: 'debuging' }], ['budget.rules[0].of']],
		[[{ ...rule, scope: 'model', of: 'claude-opus-4-5' }], []],
		[[{ ...rule, scope: 'model', of: 'opuss' }], ['budget.rules[0].of']],
		[[{ ...rule, period: 'year' }], ['budget.rules[0].period']],
		[[{ ...rule, period: 'request', kind: 'hard' }], []],
		[[{ ...rule, period: 'request', kind: 'soft' }], ['budget.rules[0].kind']],
		[[{ ...rule, kind: 'weak' }], ['budget.rules[0].kind']],
		[[{ ...rule, atLimit: 'panic' }], ['budget.rules[0].atLimit']],
		[[{ ...rule, warnat: [50] }], ['budget.rules[0].warnat']],
		[[rule, { ...rule, limit: 2 }], ['budget.rules[1]']],
		[[rule, { ...rule, kind: 'soft' }], []],
		[Array.from({ length: 201 }, (_, index) => ({ ...rule, scope: 'key', of: `k${index}` })), ['budget.rules']],
	])('case %#', (rules, refused) => {
		// What a caller without types may write.
		const budget = { rules: rules as unknown as BudgetRule[] };
		expect(refusedPaths(() => loadFile({ budget }))).toEqual(refused);
		expect(refusedPaths(() => createRoutingSystem({}, budget))).toEqual(refused);
		expect(
			refusedPaths(() => new CostOptimizer({ ...DEFAULT_BUDGET_CONFIG, ...budget }, DEFAULT_ROUTER_CONFIG.models)),
		).toEqual(refused);
	});
});

describe('weights are accepted or refused alike by the file, by createRoutingSystem and by normalizeWeights', () => {
	const none = { capability: 0, cost: 0, latency: 0, quality: 0, historical: 0 };
	it.each<[weights: object, refused: string[]]>([
		[{ cost: 1_000_000 }, []],
		[{ cost: 1_000_001 }, ['weights.cost']],
		[{ cost: -0.1 }, ['weights.cost']],
		[{ cost: '1' }, ['weights.cost']],
		[{ costs: 1 }, ['weights.costs']],
		[none, ['weights']],
		[{ ...none, cost: 1 }, []],
	])('%j', (weights, refused) => {
		// What a caller without types may write.
		const whole = { ...DEFAULT_ROUTER_CONFIG.weights, ...weights } as RoutingWeights;
		expect(refusedPaths(() => loadFile({ weights }))).toEqual(refused);
		expect(refusedPaths(() => createRoutingSystem({ weights }))).toEqual(refused);
		expect(refusedPaths(() => normalizeWeights(whole))).toEqual(refused);
	});
});
