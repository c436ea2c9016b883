import type { NanoUsd } from './money.ts';

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
	/** Whose money; `all` is everything. */
	scope: string;
	period: 'day' | 'month';
	/** The period in the budget's time zone, e.g. `2026-11-24` or `2026-11`. */
	periodKey: string;
	limitNanoUsd: NanoUsd;
	/** Epoch milliseconds at which the period ends. */
	resetsAt: number;
}

/** Money held for one attempt. */
export interface Reservation {
	id: string;
	amountNanoUsd: NanoUsd;
	checks: readonly BudgetCheck[];
	createdAt: number;
	/** After this the hold counts as unknown spend of a dead process. */
	expiresAt: number;
	decisionId?: string;
	model?: string;
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
}
