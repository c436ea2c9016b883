import { RouterError } from './router-error.ts';

/** What is known of a refused charge; money in USD. */
export interface BudgetRefusal {
	period: 'day' | 'month' | 'request';
	limitUsd: number;
	/** Settled in the period. */
	spentUsd: number;
	/** Held by requests under way. */
	reservedUsd: number;
	/** What this request could have cost at most. */
	neededUsd: number;
	/** `null` for a per-request limit. */
	resetsAt: Date | null;
}

const PERIODS = {
	day: { title: 'Daily', flag: '--set-daily' },
	month: { title: 'Monthly', flag: '--set-monthly' },
	request: { title: 'Per-request', flag: '--set-per-request' },
} as const;

/** A request that the budget does not allow. The first line is the specification's text. */
export class BudgetExceededError extends RouterError {
	override name = 'BudgetExceededError';
	readonly refusal: BudgetRefusal;

	constructor(refusal: BudgetRefusal) {
		const { title, flag } = PERIODS[refusal.period];
		const held = refusal.reservedUsd > 0 ? `, $${refusal.reservedUsd.toFixed(4)} held by requests under way` : '';
		const spent = refusal.period === 'request' ? '' : `Spent $${refusal.spentUsd.toFixed(4)}${held}; `;
		const reset = refusal.resetsAt === null ? '' : ` It resets at ${refusal.resetsAt.toISOString()}.`;
		super(
			'ROUTER_BUDGET_EXCEEDED',
			`${title} budget exceeded ($${refusal.limitUsd.toFixed(2)})\n${spent}this request needs up to $${refusal.neededUsd.toFixed(4)}.${reset} Raise the limit with \`switchyard budget ${flag} N\`, or choose a cheaper model.`,
			{ isRetryable: refusal.resetsAt !== null },
		);
		this.refusal = refusal;
	}

	get limit(): number {
		return this.refusal.limitUsd;
	}

	get spent(): number {
		return this.refusal.spentUsd;
	}

	get resetsAt(): Date | null {
		return this.refusal.resetsAt;
	}
}

/** True for a refusal by the budget. */
export function isBudgetExceededError(value: unknown): value is BudgetExceededError {
	return value instanceof Error && 'code' in value && value.code === 'ROUTER_BUDGET_EXCEEDED';
}
