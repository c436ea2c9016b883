import type { NanoUsd } from './money.ts';

/** Whose spending a rule may limit. */
export const BUDGET_SCOPES = ['all', 'key', 'team', 'tag', 'session', 'model', 'task-type'] as const;
/** Whose spending a rule limits. */
export type BudgetScopeKind = (typeof BUDGET_SCOPES)[number];

/** The spans of time over which spending may be summed. */
const BUDGET_PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const;
/** A span of time over which spending is summed; weeks begin on Monday (ISO 8601), `total` never ends. */
export type BudgetPeriodKind = (typeof BUDGET_PERIODS)[number];

/** What a rule's `period` may be: a span of time, or each request by itself. */
export const RULE_PERIODS: readonly ['request', ...typeof BUDGET_PERIODS] = ['request', ...BUDGET_PERIODS];

/** What may happen when a limit leaves too little. */
export const BUDGET_ACTIONS = ['refuse', 'downgrade', 'local-only'] as const;

/**
 * What happens when a limit leaves too little: `refuse` the request, `downgrade` to the best model whose worst case
 * still fits, or go on with `local-only` models.
 */
export type BudgetAction = (typeof BUDGET_ACTIONS)[number];

/** Scopes whose names callers choose themselves. */
const CALLER_NAMED_SCOPES: ReadonlySet<BudgetScopeKind> = new Set(['tag', 'session']);

/** Whether each key has a rule's limit to itself. */
export function isOwnedByKey({ scope, shared }: Pick<BudgetRule, 'scope' | 'shared'>): boolean {
	return CALLER_NAMED_SCOPES.has(scope) && shared !== true;
}

/** A scope as `BudgetCheck.scope` has it: `tag:nightly`, or `tag@ci:nightly` where it belongs to the key `ci`. */
export function formatScope(kind: BudgetScopeKind, name: string, key?: string | null): string {
	if (kind === 'all') return 'all';
	// encoded, so that the key holds no colon and no two scopes share a text
	return key == null ? `${kind}:${name}` : `${kind}@${encodeURIComponent(key)}:${name}`;
}

/** One limit more: all that apply to a request must pass. */
export interface BudgetRule {
	scope: BudgetScopeKind;
	/** Whose: the id of the gateway's key, or the name of the team, tag, session, model or task type. @default each one separately */
	of?: string | undefined;
	/**
	 * For tags and sessions: all keys spend from one limit. Callers of the gateway name them themselves, so that otherwise a key
	 * could spend what another has left. @default false: each key has the limit to itself
	 */
	shared?: boolean | undefined;
	period: (typeof RULE_PERIODS)[number];
	/** USD. */
	limit: number;
	/** A soft limit alerts and refuses nothing. @default 'hard' */
	kind?: 'hard' | 'soft';
	/** @default the budget's `atLimit` */
	atLimit?: BudgetAction;
	/** Percentages of the limit at which an alert speaks; 100 always does. @default [80] */
	warnAt?: readonly number[];
}

/** Where alerts go beside log and events; never on the path of a request. */
export interface AlertTargets {
	/** Gets a signed POST; retried. The secret is a reference, `env:NAME`. */
	webhook?: { url: string; secret?: string };
	/** A program and its arguments; the alert comes as JSON on its standard input. */
	command?: readonly string[];
}

/** Limits on spending, in USD, in a time zone. */
export interface BudgetConfig {
	/** USD per calendar day. */
	dailyLimit: number;
	/** USD per calendar month. */
	monthlyLimit: number;
	/** USD per request. */
	perRequestLimit?: number;
	alerts: {
		/** Percent of the daily limit. */
		dailyWarning: number;
		/** Percent of the monthly limit. */
		monthlyWarning: number;
	};
	/** IANA time zone in which days and months begin. */
	timezone: string;
	/** What happens at a hard limit. @default `refuse` a model that was asked for by name, else `downgrade` */
	atLimit?: BudgetAction;
	/** Where alerts go beside log and events. @default nowhere */
	notify?: AlertTargets;
	/** Limits beside the daily, the monthly and the per-request one. @default none */
	rules?: readonly BudgetRule[];
}

/** Where spending stands. */
export interface BudgetStatus {
	dailySpent: number;
	dailyLimit: number;
	dailyRemaining: number;
	dailyUsagePercent: number;
	monthlySpent: number;
	monthlyLimit: number;
	monthlyRemaining: number;
	monthlyUsagePercent: number;
	/** The daily or the monthly limit is reached. */
	exceeded: boolean;
	/** A warning threshold is passed. */
	warning: boolean;
	resets: { daily: Date; monthly: Date };
}

/** One limit a reservation must pass: settled + reserved + amount ≤ limit. */
export interface BudgetCheck {
	/** Whose money: `all`, or kind and name as in `key:ci`, `tag:nightly`, `model:opus`; a key's own tag is `tag@ci:nightly`. */
	scope: string;
	period: BudgetPeriodKind;
	/** The period in the budget's time zone, e.g. `2026-11-24` or `2026-11`. */
	periodKey: string;
	limitNanoUsd: NanoUsd;
	/** Epoch milliseconds at which the period ends; `null` for `total`, which never does. */
	resetsAt: number | null;
	/** Counted and alerted, never refused. @default false */
	isSoft?: boolean | undefined;
	/** What the user wrote. @default `refuse` a model that was asked for by name, else `downgrade` */
	atLimit?: BudgetAction | undefined;
	/** Percentages of the limit at which an alert speaks, beside 100. @default none */
	warnAt?: readonly number[] | undefined;
}

/** The period a rule is in. */
export interface RulePeriod extends Pick<BudgetRule, 'scope' | 'of' | 'shared'> {
	period: BudgetPeriodKind;
	periodKey: string;
	/** Epoch milliseconds; `-Infinity` for `total`. */
	startsAt: number;
}

/** Money held for one attempt. */
export interface Reservation {
	id: string;
	amountNanoUsd: NanoUsd;
	checks: readonly BudgetCheck[];
	createdAt: number;
	/** After this the hold counts as unknown spend of a dead process. */
	expiresAt: number;
	decisionId?: string | undefined;
	model?: string | undefined;
}

/** A reservation, or the limit it would have broken. */
export type ReservationResult =
	| { granted: true; reservation: Reservation }
	| { granted: false; check: BudgetCheck; settledNanoUsd: NanoUsd; reservedNanoUsd: NanoUsd };

/** What a period holds. */
export interface PeriodSpend {
	/** Everything that counts as spent, the unknown part included. */
	settledNanoUsd: NanoUsd;
	reservedNanoUsd: NanoUsd;
	/** The part of `settledNanoUsd` that comes from holds whose process died: charged at its upper bound. @default 0 */
	unknownNanoUsd?: NanoUsd;
	/** The part of `reservedNanoUsd` that other processes lease: what they hold is not more. @default 0 */
	leasedNanoUsd?: NanoUsd;
}

/** The current day and month, and the periods that rules are in; times in epoch milliseconds. */
export interface BudgetKeys {
	dayKey: string;
	monthKey: string;
	/** The day's borders. */
	startsAt: number;
	endsAt: number;
	/** @default `startsAt` */
	monthStartsAt?: number;
	rules?: readonly RulePeriod[] | undefined;
}
