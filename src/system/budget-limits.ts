import {
	type AuditAuthor,
	type BudgetCheck,
	type BudgetConfig,
	type BudgetRule,
	type Clock,
	type CostGroup,
	formatLimitId,
	formatScope,
	isOwnedByKey,
	type Logger,
	nanoToUsd,
	type RouterEventListener,
	type RouterStorage,
} from '../contracts/index.ts';
import { type CostOptimizer, createRuleCheck, findAlerts, listLimitRules } from '../cost/index.ts';
import { InvalidConfigError, InvalidInputError } from '../errors/index.ts';

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
	/** Part of `heldUsd` that other processes lease: what their requests hold is not more. */
	leasedUsd: number | null;
	/** Part of `spentUsd` that comes from reservations of processes that died, at their upper bound. */
	unknownUsd: number | null;
	kind: 'hard' | 'soft';
	/** Which limit this is of, as it is set and cleared by; several of a rule that limits each key, tag or session separately share it. */
	rule: BudgetRule;
	/** The limit of the configuration, USD; `null`: there is none. `isStored`: another one was set in its place. */
	configuredUsd: number | null;
	isStored: boolean;
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

/** A limit and where it comes from. */
type LimitOrigin = Pick<BudgetLimitStatus, 'rule' | 'configuredUsd' | 'isStored'>;

async function readLimitStatus(
	check: BudgetCheck,
	storage: RouterStorage,
	origin: LimitOrigin,
): Promise<BudgetLimitStatus> {
	const { scope, period, periodKey } = check;
	const spend = await storage.budgets.spend(scope, periodKey);
	return {
		...origin,
		scope,
		period,
		periodKey,
		limitUsd: nanoToUsd(check.limitNanoUsd),
		spentUsd: nanoToUsd(spend.settledNanoUsd),
		heldUsd: nanoToUsd(spend.reservedNanoUsd),
		leasedUsd: nanoToUsd(spend.leasedNanoUsd ?? 0),
		unknownUsd: nanoToUsd(spend.unknownNanoUsd ?? 0),
		kind: check.isSoft === true ? 'soft' : 'hard',
		atLimit: check.atLimit ?? null,
		resetsAt: check.resetsAt === null ? null : new Date(check.resetsAt),
	};
}

function createRequestLimitStatus(origin: LimitOrigin, scope: string, budget: BudgetConfig): BudgetLimitStatus {
	const none = { periodKey: null, spentUsd: null, heldUsd: null, leasedUsd: null, unknownUsd: null, resetsAt: null };
	const { limit: limitUsd, atLimit = budget.atLimit ?? null } = origin.rule;
	return { ...origin, scope, period: 'request', limitUsd, kind: 'hard', atLimit, ...none };
}

/** Spending against every limit in force: the daily and the monthly one, then the rules in their order; `withRequest`: limits of every request too. */
export async function readBudgetLimits(source: SpendingSource, withRequest = false): Promise<BudgetLimitStatus[]> {
	const { storage, optimizer, now } = source;
	const { budget, calendar } = optimizer;
	await storage.budgets.expire(now);
	const configured = new Map(
		listLimitRules(optimizer.configuredBudget).map((rule) => [formatLimitId(rule), rule.limit]),
	);
	const stored = new Set((await storage.limits.list()).map(({ rule }) => formatLimitId(rule)));
	const limits: BudgetLimitStatus[] = [];
	const rules = listLimitRules(budget);
	for (const rule of withRequest
		? rules
		: rules.filter((rule) => rule.period !== 'request' || budget.rules?.includes(rule))) {
		const id = formatLimitId(rule);
		const origin = { rule, configuredUsd: configured.get(id) ?? null, isStored: stored.has(id) };
		for (const scope of await listScopes(rule, source)) {
			const check = createRuleCheck(rule, scope, { budget, calendar, at: now });
			if (check === null) limits.push(createRequestLimitStatus(origin, scope, budget));
			else limits.push(await readLimitStatus(check, storage, origin));
		}
	}
	return limits;
}

/** What limits are read with. */
interface LimitsInForceOptions {
	storage: () => Promise<RouterStorage>;
	optimizer: CostOptimizer;
	logger: Logger;
	/** Called after the limits in force have changed. */
	onChange: () => void;
}

/** Limits that are set while a system runs. They are kept in the storage, where they win over the configuration. */
export interface LimitSettings {
	/** Sets a limit, in force from the next request on. @throws InvalidInputError for one that cannot be, StorageError */
	set(rule: BudgetRule, author: AuditAuthor): Promise<void>;
	/** Has the configuration count again; false when no limit of that id (`all per day`) was set. @throws StorageError */
	clear(id: string, author: AuditAuthor): Promise<boolean>;
	/** Reads at once what another process has changed, not within the next two seconds. */
	refresh(): Promise<void>;
}

/** Has the limits of the storage stand in the place of the configured ones. */
export class LimitsInForce implements LimitSettings {
	readonly #options: LimitsInForceOptions;
	/** What is in force, as JSON. */
	#applied = '[]';

	constructor(options: LimitsInForceOptions) {
		this.#options = options;
	}

	async refresh(): Promise<void> {
		await this.read(await this.#options.storage());
	}

	/** Uses what the storage has. One that can no longer be, as of a model that is gone, is left out. Never rejects. */
	async read(storage: RouterStorage): Promise<void> {
		const { logger, onChange, optimizer } = this.#options;
		try {
			const rules = (await storage.limits.list()).map(({ rule }) => rule);
			const text = JSON.stringify(rules);
			if (text === this.#applied) return;
			const usable: BudgetRule[] = [];
			for (const rule of rules) {
				try {
					optimizer.replaceLimits([...usable, rule]);
					usable.push(rule);
				} catch (error) {
					logger.error('A stored limit cannot be used', { limit: formatLimitId(rule), error: String(error) });
				}
			}
			optimizer.replaceLimits(usable);
			this.#applied = text;
			onChange();
			// a limit that is new counts what was spent since its period began
			await storage.budgets.saveLimits(optimizer.budget, optimizer.getBudgetKeys());
		} catch (error) {
			logger.error('The stored limits could not be read', { error: String(error) });
		}
	}

	async set(rule: BudgetRule, author: AuditAuthor): Promise<void> {
		const storage = await this.#options.storage();
		const stored = (await storage.limits.list()).map((limit) => limit.rule);
		const others = stored.filter((known) => formatLimitId(known) !== formatLimitId(rule));
		const known = this.#check([rule]).at(-1) ?? rule;
		this.#check([...others, known]);
		await storage.limits.set({ ...author, rule: known }, this.#findConfigured(formatLimitId(known)));
		await this.read(storage);
	}

	async clear(id: string, author: AuditAuthor): Promise<boolean> {
		const storage = await this.#options.storage();
		const isCleared = await storage.limits.clear(id, author, this.#findConfigured(id));
		await this.read(storage);
		return isCleared;
	}

	/** @throws InvalidInputError that says what cannot be */
	#check(rules: readonly BudgetRule[]): readonly BudgetRule[] {
		try {
			return this.#options.optimizer.checkLimits(rules);
		} catch (error) {
			if (!(error instanceof InvalidConfigError)) throw error;
			// the place in a list that nobody has written says nothing
			const issues = error.issues.map(
				({ path, message }) => `${path.replace(/^budget\.rules\W*\d*\W*/, '')} ${message}`,
			);
			throw new InvalidInputError(`The limit cannot be set: ${issues.join('; ').trim()}`, { cause: error });
		}
	}

	#findConfigured(id: string): BudgetRule | null {
		const rules = listLimitRules(this.#options.optimizer.configuredBudget);
		return rules.find((rule) => formatLimitId(rule) === id) ?? null;
	}
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
