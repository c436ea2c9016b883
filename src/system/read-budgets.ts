import type { BudgetCheck, BudgetConfig, BudgetRule, CostGroup, RouterStorage } from '../contracts/index.ts';
import { type CostOptimizer, ruleCheck, scopeName } from '../cost/index.ts';
import { nanoToUsd } from '../util/index.ts';

/** Where spending stands against one limit; money in USD. */
export interface BudgetLimitStatus {
	/** Whose, as in `BudgetCheck.scope`; `tag:*` for each one, where none has spent yet. */
	scope: string;
	period: BudgetRule['period'];
	periodKey: string | null;
	limitUsd: number;
	/** Settled, the unknown part included; `null` for a limit of single requests. */
	spentUsd: number | null;
	/** Held by requests under way. */
	heldUsd: number | null;
	/** Part of `spentUsd` that comes from holds of processes that died, at their upper bound. */
	unknownUsd: number | null;
	kind: 'hard' | 'soft';
	atLimit: NonNullable<BudgetRule['atLimit']>;
	resetsAt: Date | null;
}

/** Scopes shown at most of a rule that limits each key, tag or session separately: those that spent most. */
const MAX_SCOPES = 20;

/** How the ledger groups a rule's scopes. */
const GROUPS: Readonly<Record<Exclude<BudgetRule['scope'], 'all'>, CostGroup>> = {
	key: 'key',
	team: 'team',
	tag: 'tag',
	session: 'session',
	model: 'model',
	'task-type': 'task-type',
};

/** What the budget's limits are read from. */
export interface BudgetReading {
	storage: RouterStorage;
	optimizer: CostOptimizer;
	/** Epoch milliseconds. */
	now: number;
}

/** The scopes a rule limits: the one it names, or those that have spent in its period. */
async function scopesOf(rule: BudgetRule, { storage, optimizer, now }: BudgetReading): Promise<string[]> {
	if (rule.scope === 'all') return ['all'];
	if (rule.of !== undefined) return [scopeName(rule.scope, rule.of)];
	if (rule.period === 'request') return [scopeName(rule.scope, '*')];
	const { startsAt } = optimizer.calendar.periodAt(rule.period, now);
	const range = { from: Math.max(0, startsAt), to: now + 1 };
	const totals = await storage.ledger.totals(range, GROUPS[rule.scope], optimizer.budget.timezone);
	const named = totals.filter(({ key }) => key !== '').slice(0, MAX_SCOPES);
	// a rule that nobody has spent under is in force all the same
	return named.length === 0 ? [scopeName(rule.scope, '*')] : named.map(({ key }) => scopeName(rule.scope, key));
}

async function statusOf(check: BudgetCheck, storage: RouterStorage): Promise<BudgetLimitStatus> {
	const {
		settledNanoUsd,
		reservedNanoUsd,
		unknownNanoUsd = 0,
	} = await storage.budgets.spend(check.scope, check.periodKey);
	return {
		scope: check.scope,
		period: check.period,
		periodKey: check.periodKey,
		limitUsd: nanoToUsd(check.limitNanoUsd),
		spentUsd: nanoToUsd(settledNanoUsd),
		heldUsd: nanoToUsd(reservedNanoUsd),
		unknownUsd: nanoToUsd(unknownNanoUsd),
		kind: check.isSoft === true ? 'soft' : 'hard',
		atLimit: check.atLimit ?? 'downgrade',
		resetsAt: check.resetsAt === null ? null : new Date(check.resetsAt),
	};
}

function requestStatus(rule: BudgetRule, scope: string, budget: BudgetConfig): BudgetLimitStatus {
	const none = { periodKey: null, spentUsd: null, heldUsd: null, unknownUsd: null, resetsAt: null };
	const { limit: limitUsd, atLimit = budget.atLimit ?? 'downgrade' } = rule;
	return { scope, period: 'request', limitUsd, kind: 'hard', atLimit, ...none };
}

/** Every limit in force and where spending stands against it: the daily and the monthly one, then the rules in their order. */
export async function readBudgetLimits(reading: BudgetReading): Promise<BudgetLimitStatus[]> {
	const { storage, optimizer, now } = reading;
	const { budget, calendar } = optimizer;
	await storage.budgets.expire(now);
	const limits = await Promise.all(
		optimizer
			.checks(now)
			.slice(0, 2)
			.map((check) => statusOf(check, storage)),
	);
	for (const rule of budget.rules ?? []) {
		for (const scope of await scopesOf(rule, reading)) {
			const check = ruleCheck(rule, scope, { budget, calendar, at: now });
			limits.push(check === null ? requestStatus(rule, scope, budget) : await statusOf(check, storage));
		}
	}
	return limits;
}
