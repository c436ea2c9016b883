import {
	type BudgetCheck,
	type BudgetConfig,
	type BudgetRule,
	type Clock,
	type CostGroup,
	formatScope,
	isOwnedByKey,
	type Logger,
	nanoToUsd,
	type RouterEventListener,
	type RouterStorage,
} from '../contracts/index.ts';
import { type CostOptimizer, createRuleCheck, findAlerts } from '../cost/index.ts';

/** Spending against one limit; money in USD. */
export interface BudgetLimitStatus {
	/** As in `BudgetCheck.scope`; `tag:*` stands for every tag where none has spent yet. */
	scope: string;
	period: BudgetRule['period'];
	periodKey: string | null;
	limitUsd: number;
	/** Settled, with the unknown part; `null` for a limit of single requests. */
	spentUsd: number | null;
	/** Reserved by requests in flight. */
	heldUsd: number | null;
	/** Part of `spentUsd` that comes from reservations of processes that died, at their upper bound. */
	unknownUsd: number | null;
	kind: 'hard' | 'soft';
	/** `null`: nothing is written, so that a model asked for by name is refused and any other passed over. */
	atLimit: NonNullable<BudgetRule['atLimit']> | null;
	resetsAt: Date | null;
}

/** Scopes shown at most of a rule that limits each key, tag or session separately: those that spent most. */
const MAX_SCOPES = 20;

/** What spending is read from. */
export interface SpendingSource {
	storage: RouterStorage;
	optimizer: CostOptimizer;
	/** Epoch milliseconds. */
	now: number;
}

/** The scopes that a rule limits: the one it names, or those that have spent in its period. */
async function listScopes(rule: BudgetRule, { storage, optimizer, now }: SpendingSource): Promise<string[]> {
	const { scope: kind } = rule;
	if (kind === 'all') return ['all'];
	const unowned = formatScope(kind, rule.of ?? '*');
	if (rule.period === 'request' || (rule.of !== undefined && !isOwnedByKey(rule))) return [unowned];
	const { startsAt } = optimizer.calendar.periodAt(rule.period, now);
	const range = { from: Math.max(0, startsAt), to: now + 1 };
	const { group, toScope } = listBy({ ...rule, scope: kind });
	const totals = await storage.ledger.totals(range, group, optimizer.budget.timezone);
	const named = totals.flatMap(({ key }) => toScope(key) ?? []).slice(0, MAX_SCOPES);
	// a rule without spending is in force too
	return named.length === 0 ? [unowned] : named;
}

/** How the ledger is grouped to find a rule's scopes; `toScope` answers `null` for a group that the rule does not limit. */
function listBy(rule: BudgetRule & { scope: Exclude<BudgetRule['scope'], 'all'> }): {
	group: CostGroup;
	toScope(key: string): string | null;
} {
	const { scope } = rule;
	if (!isOwnedByKey(rule) || (scope !== 'tag' && scope !== 'session'))
		return { group: scope, toScope: (name) => (name === '' ? null : formatScope(scope, name)) };
	return {
		group: `key-${scope}`,
		toScope(key) {
			// as `sumByGroup` writes it
			const [owner, name] = JSON.parse(key) as [string | null, string];
			const isLimited = name !== '' && (rule.of === undefined || rule.of === name);
			return isLimited ? formatScope(scope, name, owner) : null;
		},
	};
}

async function readLimitStatus(check: BudgetCheck, storage: RouterStorage): Promise<BudgetLimitStatus> {
	const { scope, period, periodKey } = check;
	const spend = await storage.budgets.spend(scope, periodKey);
	return {
		scope,
		period,
		periodKey,
		limitUsd: nanoToUsd(check.limitNanoUsd),
		spentUsd: nanoToUsd(spend.settledNanoUsd),
		heldUsd: nanoToUsd(spend.reservedNanoUsd),
		unknownUsd: nanoToUsd(spend.unknownNanoUsd ?? 0),
		kind: check.isSoft === true ? 'soft' : 'hard',
		atLimit: check.atLimit ?? null,
		resetsAt: check.resetsAt === null ? null : new Date(check.resetsAt),
	};
}

function createRequestLimitStatus(rule: BudgetRule, scope: string, budget: BudgetConfig): BudgetLimitStatus {
	const none = { periodKey: null, spentUsd: null, heldUsd: null, unknownUsd: null, resetsAt: null };
	const { limit: limitUsd, atLimit = budget.atLimit ?? null } = rule;
	return { scope, period: 'request', limitUsd, kind: 'hard', atLimit, ...none };
}

/** Spending against every limit in force: the daily and the monthly one, then the rules in their order. */
export async function readBudgetLimits(source: SpendingSource): Promise<BudgetLimitStatus[]> {
	const { storage, optimizer, now } = source;
	const { budget, calendar } = optimizer;
	await storage.budgets.expire(now);
	const [daily, monthly] = optimizer.getChecks(now);
	const limits: BudgetLimitStatus[] = [];
	for (const check of [daily, monthly]) if (check !== undefined) limits.push(await readLimitStatus(check, storage));
	for (const rule of budget.rules ?? []) {
		for (const scope of await listScopes(rule, source)) {
			const check = createRuleCheck(rule, scope, { budget, calendar, at: now });
			if (check === null) limits.push(createRequestLimitStatus(rule, scope, budget));
			else limits.push(await readLimitStatus(check, storage));
		}
	}
	return limits;
}

/** Milliseconds between a charge and the check of its limits: many charges share one check. */
const CHECK_DELAY_MS = 100;
/** Limits that may wait to be checked; beyond this a limit is checked after its next charge. */
const MAX_WAITING_LIMITS = 1000;

/** What alerts are looked for with. */
interface AlertMonitorOptions {
	storage: () => Promise<RouterStorage>;
	optimizer: CostOptimizer;
	clock: Clock;
	emit: RouterEventListener;
	logger: Logger;
}

/** Checks limits after charges, off the path of any request; an alert is emitted once over all processes. */
export class AlertMonitor {
	readonly #options: AlertMonitorOptions;
	readonly #waiting = new Map<string, BudgetCheck>();
	#timer: ReturnType<typeof setTimeout> | null = null;
	#checking: Promise<void> = Promise.resolve();

	constructor(options: AlertMonitorOptions) {
		this.#options = options;
	}

	/** Adds limits under which money was charged. */
	addCharged(checks: readonly BudgetCheck[]): void {
		for (const check of checks) {
			if (this.#waiting.size >= MAX_WAITING_LIMITS) break;
			this.#waiting.set(`${check.scope}\u0000${check.periodKey}\u0000${check.limitNanoUsd}`, check);
		}
		if (this.#timer !== null || this.#waiting.size === 0) return;
		const timer = setTimeout(() => void this.flush(), CHECK_DELAY_MS);
		// a pending check must not keep a finished program alive: `close` makes it
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	/** Checks every limit that waits. */
	flush(): Promise<void> {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		const checks = [...this.#waiting.values()];
		this.#waiting.clear();
		if (checks.length > 0) this.#checking = this.#checking.then(() => this.#check(checks));
		return this.#checking;
	}

	async #check(checks: readonly BudgetCheck[]): Promise<void> {
		const { clock, emit, logger, optimizer, storage } = this.#options;
		try {
			const { budgets } = await storage();
			for (const check of checks) {
				const { settledNanoUsd: spentNanoUsd } = await budgets.spend(check.scope, check.periodKey);
				for (const alert of findAlerts({ check, spentNanoUsd, warnAt: optimizer.getAlertThresholds(check) })) {
					if (await budgets.claimAlert(alert.id, clock.now())) emit(alert.event);
				}
			}
		} catch (error) {
			// a missing alert stops nothing: reservations enforce the limits
			logger.error('Budget alerts could not be looked for', { error: String(error) });
		}
	}
}
