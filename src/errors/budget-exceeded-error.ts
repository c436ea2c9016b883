import { type BudgetAction, type BudgetPeriodKind, formatAmount } from '../contracts/index.ts';
import { RouterError } from './router-errors.ts';

/** What is known of a refused charge; money in USD. */
export interface BudgetRefusal {
	period: BudgetPeriodKind | 'request';
	limitUsd: number;
	/** Settled in the period. */
	spentUsd: number;
	/** Held by requests under way. */
	reservedUsd: number;
	/** What this request could have cost at most. */
	neededUsd: number;
	/** `null` for a limit that never resets: of a request, or of all time. */
	resetsAt: Date | null;
	/** Whose limit, as in `BudgetCheck.scope`. @default 'all' */
	scope?: string;
	/** Say nothing of what was spent: it is others' spending. @default false */
	hidesSpending?: boolean | undefined;
	/** What the user wrote that happens at this limit. @default refuse a model asked for by name, else downgrade */
	atLimit?: BudgetAction | undefined;
}

const TITLES: Readonly<Record<BudgetRefusal['period'], string>> = {
	hour: 'Hourly',
	day: 'Daily',
	week: 'Weekly',
	month: 'Monthly',
	total: 'Total',
	request: 'Per-request',
};

/** Limits that have a flag of their own; the others are rules of the configuration. */
const FLAGS: Readonly<Partial<Record<BudgetRefusal['period'], string>>> = {
	day: '--set-daily',
	month: '--set-monthly',
	request: '--set-per-request',
};

/** `tag@ci:nightly` as ` of tag nightly of key ci`; nothing for everything. */
function ownerOf(scope: string): string {
	if (scope === 'all') return '';
	const [kind = '', ...name] = scope.split(':');
	const [what = '', key] = kind.split('@');
	const owner = key === undefined ? '' : ` of key ${decodeURIComponent(key)}`;
	return ` of ${what.replace('-', ' ')} ${name.join(':')}${owner}`;
}

/** With four decimals, and with more where the amount would read as nothing. */
const inDigits = (usd: number): string => (usd >= 1e-9 && usd < 0.0001 ? formatAmount(usd) : `$${usd.toFixed(4)}`);

function describe(refusal: BudgetRefusal): string {
	const { period, limitUsd, spentUsd, reservedUsd, neededUsd, resetsAt, scope = 'all' } = refusal;
	const held = reservedUsd > 0 ? `, ${inDigits(reservedUsd)} held by requests under way` : '';
	const left = `, ${inDigits(Math.max(0, limitUsd - spentUsd - reservedUsd))} left`;
	const spent =
		period === 'request' || refusal.hidesSpending === true ? '' : `Spent ${inDigits(spentUsd)}${held}${left}; `;
	const reset = resetsAt === null ? '' : ` It resets at ${resetsAt.toISOString()}.`;
	const flag = scope === 'all' ? FLAGS[period] : undefined;
	const place =
		flag === undefined
			? 'its limit under "budget.rules" in the config file'
			: `the limit with \`switchyard budget ${flag} N\``;
	const title = `${TITLES[period]} budget${ownerOf(scope)} exceeded ($${limitUsd.toFixed(2)})`;
	return `${title}\n${spent}this request needs up to ${inDigits(neededUsd)}.${reset} Raise ${place}, or choose a cheaper model.`;
}

/** A request that the budget does not allow. The first line is the specification's text. */
export class BudgetExceededError extends RouterError {
	override name = 'BudgetExceededError';
	readonly refusal: BudgetRefusal;

	constructor(refusal: BudgetRefusal) {
		super('ROUTER_BUDGET_EXCEEDED', describe(refusal), { isRetryable: refusal.resetsAt !== null });
		this.refusal = refusal;
	}

	/** Which limit, for a header: `daily`, `per-request`, `weekly of tag nightly`. */
	get limitName(): string {
		const { period, scope = 'all' } = this.refusal;
		return TITLES[period].toLowerCase() + ownerOf(scope);
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
