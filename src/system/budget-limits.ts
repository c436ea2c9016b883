import {
	type BudgetCheck,
	type BudgetConfig,
	type BudgetRule,
	type Clock,
	type CostGroup,
	type Logger,
	nanoToUsd,
	type RouterEventListener,
	type RouterStorage,
} from '../contracts/index.ts';
import { type CostOptimizer, createRuleCheck, findAlerts, formatScope } from '../cost/index.ts';

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
const GROUP_BY_SCOPE: Readonly<Record<Exclude<BudgetRule['scope'], 'all'>, CostGroup>> = {
	key: 'key',
	team: 'team',
	tag: 'tag',
	session: 'session',
	model: 'model',
	'task-type': 'task-type',
};

/** What the budget's limits are read from. */
export interface BudgetLimitSource {
	storage: RouterStorage;
	optimizer: CostOptimizer;
	/** Epoch milliseconds. */
	now: number;
}

/** The scopes a rule limits: the one it names, or those that have spent in its period. */
async function listScopes(rule: BudgetRule, { storage, optimizer, now }: BudgetLimitSource): Promise<string[]> {
	if (rule.scope === 'all') return ['all'];
	if (rule.of !== undefined) return [formatScope(rule.scope, rule.of)];
	if (rule.period === 'request') return [formatScope(rule.scope, '*')];
	const { startsAt } = optimizer.calendar.periodAt(rule.period, now);
	const range = { from: Math.max(0, startsAt), to: now + 1 };
	const totals = await storage.ledger.totals(range, GROUP_BY_SCOPE[rule.scope], optimizer.budget.timezone);
	const named = totals.filter(({ key }) => key !== '').slice(0, MAX_SCOPES);
	// a rule that nobody has spent under is in force all the same
	return named.length === 0 ? [formatScope(rule.scope, '*')] : named.map(({ key }) => formatScope(rule.scope, key));
}

async function readLimitStatus(check: BudgetCheck, storage: RouterStorage): Promise<BudgetLimitStatus> {
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

function createRequestLimitStatus(rule: BudgetRule, scope: string, budget: BudgetConfig): BudgetLimitStatus {
	const none = { periodKey: null, spentUsd: null, heldUsd: null, unknownUsd: null, resetsAt: null };
	const { limit: limitUsd, atLimit = budget.atLimit ?? 'downgrade' } = rule;
	return { scope, period: 'request', limitUsd, kind: 'hard', atLimit, ...none };
}

/** Every limit in force and where spending stands against it: the daily and the monthly one, then the rules in their order. */
export async function readBudgetLimits(reading: BudgetLimitSource): Promise<BudgetLimitStatus[]> {
	const { storage, optimizer, now } = reading;
	const { budget, calendar } = optimizer;
	await storage.budgets.expire(now);
	const limits = await Promise.all(
		optimizer
			.getChecks(now)
			.slice(0, 2)
			.map((check) => readLimitStatus(check, storage)),
	);
	for (const rule of budget.rules ?? []) {
		for (const scope of await listScopes(rule, reading)) {
			const check = createRuleCheck(rule, scope, { budget, calendar, at: now });
			limits.push(
				check === null ? createRequestLimitStatus(rule, scope, budget) : await readLimitStatus(check, storage),
			);
		}
	}
	return limits;
}

/** Milliseconds between a charge and the look at its limits: many charges share one look. */
const CHECK_DELAY_MS = 100;
/** Limits waiting for a look at most; the rest are looked at with their next charge. */
const MAX_WAITING_CHECKS = 1000;

/** What the watch works with. */
export interface AlertMonitorOptions {
	storage: () => Promise<RouterStorage>;
	optimizer: CostOptimizer;
	clock: Clock;
	emit: RouterEventListener;
	logger: Logger;
}

/** Looks at limits after charges, off the path of any request; an alert speaks once over all processes. */
export class AlertMonitor {
	readonly #ports: AlertMonitorOptions;
	readonly #waiting = new Map<string, BudgetCheck>();
	#timer: ReturnType<typeof setTimeout> | null = null;
	#looking: Promise<void> = Promise.resolve();

	constructor(ports: AlertMonitorOptions) {
		this.#ports = ports;
	}

	/** Money was charged under these limits. */
	addCharged(checks: readonly BudgetCheck[]): void {
		for (const check of checks) {
			if (this.#waiting.size >= MAX_WAITING_CHECKS) break;
			this.#waiting.set(`${check.scope}\u0000${check.periodKey}\u0000${check.limitNanoUsd}`, check);
		}
		if (this.#timer !== null || this.#waiting.size === 0) return;
		const timer = setTimeout(() => void this.flush(), CHECK_DELAY_MS);
		// a look that waits must not keep a finished program alive; closing looks
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	/** Looks at everything that waits. */
	flush(): Promise<void> {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		const checks = [...this.#waiting.values()];
		this.#waiting.clear();
		if (checks.length > 0) this.#looking = this.#looking.then(() => this.#look(checks));
		return this.#looking;
	}

	async #look(checks: readonly BudgetCheck[]): Promise<void> {
		const { clock, emit, logger, optimizer, storage } = this.#ports;
		try {
			const { budgets } = await storage();
			for (const check of checks) {
				const { settledNanoUsd: spentNanoUsd } = await budgets.spend(check.scope, check.periodKey);
				for (const alert of findAlerts({ check, spentNanoUsd, warnAt: optimizer.getAlertThresholds(check) })) {
					if (await budgets.claimAlert(alert.id, clock.now())) emit(alert.event);
				}
			}
		} catch (error) {
			// an alert is no reason to stop: the limit itself is held by the reservation
			logger.error('Budget alerts could not be looked for', { error: String(error) });
		}
	}
}
