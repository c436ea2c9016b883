import {
	type Attribution,
	type BudgetCheck,
	type BudgetConfig,
	type BudgetRule,
	type BudgetStatus,
	formatScope,
	isOwnedByKey,
	type ModelName,
	type NanoUsd,
	nanoToUsd,
	type RouterEvent,
	type RulePeriod,
	type TaskType,
	usdToNano,
} from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';
import type { BudgetCalendar, BudgetPeriod } from './budget-calendar.ts';

/** Percent of a limit, cut (never rounded up) to two decimals: it is 100 only when the limit is reached. */
function toUsagePercent(spent: NanoUsd, limit: NanoUsd): number {
	return limit === 0 ? 100 : Math.floor((spent / limit) * 10_000) / 100;
}

/** True when a percentage of a limit is spent. */
function isThresholdReached(percent: number, spent: NanoUsd, limit: NanoUsd): boolean {
	return spent * 100 >= percent * limit;
}

/** Where spending of the day and the month in force stands against its limits, in USD. */
export function createBudgetStatus(
	budget: BudgetConfig,
	[day, month]: readonly [BudgetPeriod, BudgetPeriod],
	getSpent: (periodKey: string) => NanoUsd,
): BudgetStatus {
	const [dayLimit, monthLimit] = [usdToNano(budget.dailyLimit), usdToNano(budget.monthlyLimit)];
	const [dayNanoUsd, monthNanoUsd] = [getSpent(day.key), getSpent(month.key)];
	return {
		dailySpent: nanoToUsd(dayNanoUsd),
		dailyLimit: budget.dailyLimit,
		dailyRemaining: nanoToUsd(Math.max(0, dayLimit - dayNanoUsd)),
		dailyUsagePercent: toUsagePercent(dayNanoUsd, dayLimit),
		monthlySpent: nanoToUsd(monthNanoUsd),
		monthlyLimit: budget.monthlyLimit,
		monthlyRemaining: nanoToUsd(Math.max(0, monthLimit - monthNanoUsd)),
		monthlyUsagePercent: toUsagePercent(monthNanoUsd, monthLimit),
		exceeded: dayNanoUsd >= dayLimit || monthNanoUsd >= monthLimit,
		warning:
			isThresholdReached(budget.alerts.dailyWarning, dayNanoUsd, dayLimit) ||
			isThresholdReached(budget.alerts.monthlyWarning, monthNanoUsd, monthLimit),
		resets: { daily: new Date(day.endsAt), monthly: new Date(month.endsAt) },
	};
}

/** A period's spending beside the percentages that warn. */
export interface WatchedSpend {
	check: BudgetCheck;
	spentNanoUsd: NanoUsd;
	warnAt: readonly number[];
}

/** A warning: which threshold of which limit in which period was reached. */
interface BudgetAlert {
	/** The same for the same threshold, limit and period; a changed limit alerts anew. */
	id: string;
	event: Extract<RouterEvent, { type: 'budget-alert' }>;
}

/** The alerts a period's spending calls for, lowest threshold first: its warnings, and the limit itself. */
export function findAlerts({ check, spentNanoUsd, warnAt }: WatchedSpend): BudgetAlert[] {
	const { scope, period, periodKey, limitNanoUsd } = check;
	const thresholds = [...new Set([...warnAt, 100])].sort((a, b) => a - b);
	return thresholds
		.filter((percent) => isThresholdReached(percent, spentNanoUsd, limitNanoUsd))
		.map((thresholdPercent) => ({
			id: `${scope} ${periodKey} ${thresholdPercent} ${limitNanoUsd}`,
			event: {
				type: 'budget-alert',
				period,
				thresholdPercent,
				spentUsd: nanoToUsd(spentNanoUsd),
				limitUsd: nanoToUsd(limitNanoUsd),
				scope,
				periodKey,
			},
		}));
}

/** Alerts remembered; far more than the thresholds of the current periods. */
const MAX_EMITTED_ALERTS = 100;

/** Remembers which alerts were emitted, so that each threshold alerts once per period. */
export class EmittedAlerts {
	readonly #emitted = new BoundedMap<string, true>(MAX_EMITTED_ALERTS);

	/** The alerts not emitted before, which from now on count as emitted. */
	claimNew(watched: readonly WatchedSpend[]): BudgetAlert[] {
		const fresh = watched.flatMap(findAlerts).filter(({ id }) => !this.#emitted.has(id));
		for (const { id } of fresh) this.#emitted.set(id, true);
		return fresh;
	}
}

/** Percentages at which a rule warns unless it names others. */
const DEFAULT_WARN_AT: readonly number[] = [80];

/** Whom and what a call is for: which limits apply to it. */
export interface BudgetSubject {
	attribution?: Attribution | undefined;
	model?: ModelName | undefined;
	taskType?: TaskType | undefined;
}

/** The limit of one request. */
export type RequestLimit = Pick<BudgetCheck, 'scope' | 'limitNanoUsd' | 'atLimit'>;

/** The names a subject has under a kind of scope: none, one, or its tags. */
function getNames({ attribution, model, taskType }: BudgetSubject, kind: BudgetRule['scope']): readonly string[] {
	if (kind === 'tag') return [...new Set(attribution?.tags)];
	const name = { ...attribution, all: '', model, 'task-type': taskType }[kind];
	return name === undefined ? [] : [name];
}

/** The scopes in which a rule applies to a subject: one, none, or one for each of its tags. */
function getScopes(rule: BudgetRule, subject: BudgetSubject): string[] {
	return getNames(subject, rule.scope)
		.filter((name) => rule.scope === 'all' || rule.of === undefined || rule.of === name)
		.map((name) => formatScope(rule.scope, name, isOwnedByKey(rule) ? subject.attribution?.namedBy : null));
}

/** A budget at an instant (epoch ms). */
interface BudgetMoment {
	budget: BudgetConfig;
	calendar: BudgetCalendar;
	at: number;
}

/** One rule's limit in a scope, in the period that holds the instant; `null` for a rule of single requests. */
export function createRuleCheck(
	rule: BudgetRule,
	scope: string,
	{ budget, calendar, at }: BudgetMoment,
): BudgetCheck | null {
	if (rule.period === 'request') return null;
	const { key, endsAt } = calendar.periodAt(rule.period, at);
	return {
		scope,
		period: rule.period,
		periodKey: key,
		limitNanoUsd: usdToNano(rule.limit),
		resetsAt: Number.isFinite(endsAt) ? endsAt : null,
		warnAt: rule.warnAt ?? DEFAULT_WARN_AT,
		isSoft: rule.kind === 'soft' || undefined,
		atLimit: rule.atLimit ?? budget.atLimit,
	};
}

/** The limits that the budget's rules set for a subject at an instant. */
export function createRuleChecks(subject: BudgetSubject, moment: BudgetMoment): BudgetCheck[] {
	const { rules = [] } = moment.budget;
	return rules.flatMap((rule) =>
		getScopes(rule, subject).flatMap((scope) => createRuleCheck(rule, scope, moment) ?? []),
	);
}

/** The periods that rules are in at an instant; rules of single requests have none. */
export function getRulePeriods(rules: readonly BudgetRule[], calendar: BudgetCalendar, at: number): RulePeriod[] {
	return rules.flatMap((rule) => {
		const { scope, of, period } = rule;
		if (period === 'request') return [];
		const { key: periodKey, startsAt } = calendar.periodAt(period, at);
		return [{ scope, of, period, periodKey, startsAt, shared: isOwnedByKey(rule) ? false : rule.shared }];
	});
}

/** The limits of one request of the subject, the tightest first. */
export function findRequestLimits(budget: BudgetConfig, subject: BudgetSubject): RequestLimit[] {
	const { perRequestLimit, rules = [] } = budget;
	if (!rules.some(({ period }) => period === 'request'))
		return perRequestLimit === undefined
			? []
			: [{ scope: 'all', limitNanoUsd: usdToNano(perRequestLimit), atLimit: budget.atLimit }];
	const general: BudgetRule[] =
		perRequestLimit === undefined ? [] : [{ scope: 'all', period: 'request', limit: perRequestLimit }];
	return [...general, ...rules.filter(({ period }) => period === 'request')]
		.flatMap((rule) => {
			const [scope] = getScopes(rule, subject);
			const { atLimit = budget.atLimit, limit } = rule;
			return scope === undefined ? [] : [{ scope, limitNanoUsd: usdToNano(limit), atLimit }];
		})
		.sort((a, b) => a.limitNanoUsd - b.limitNanoUsd);
}
