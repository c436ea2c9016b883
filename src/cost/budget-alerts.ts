import type { BudgetCheck, NanoUsd, RouterEvent } from '../contracts/index.ts';
import { nanoToUsd } from '../util/index.ts';
import { isPassed } from './budget-status.ts';

/** A period's spending beside the percentages that warn. */
export interface WatchedSpend {
	check: BudgetCheck;
	spentNanoUsd: NanoUsd;
	warnAt: readonly number[];
}

/** A warning: which threshold of which limit in which period was reached. */
export interface BudgetAlert {
	/** The same for the same threshold, limit and period; a changed limit speaks anew. */
	id: string;
	event: Extract<RouterEvent, { type: 'budget-alert' }>;
}

/** The alerts a period's spending calls for, lowest threshold first: its warnings, and the limit itself. */
export function findAlerts({ check, spentNanoUsd, warnAt }: WatchedSpend): BudgetAlert[] {
	const { scope, period, periodKey, limitNanoUsd } = check;
	const thresholds = [...new Set([...warnAt, 100])].sort((a, b) => a - b);
	return thresholds
		.filter((percent) => isPassed(percent, spentNanoUsd, limitNanoUsd))
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

/** Alerts remembered; far more than the thresholds of the periods in force. */
const MAX_GIVEN = 100;

/** Which alerts were given. */
export interface AlertMemory {
	/** The alerts not given before; they now are. */
	takeNew(watched: readonly WatchedSpend[]): BudgetAlert[];
}

/** Remembers alerts, so that a threshold speaks once per period. */
export function createAlertMemory(): AlertMemory {
	let given: string[] = [];
	return {
		takeNew(watched) {
			const fresh = watched.flatMap(findAlerts).filter(({ id }) => !given.includes(id));
			if (fresh.length > 0) given = [...given, ...fresh.map(({ id }) => id)].slice(-MAX_GIVEN);
			return fresh;
		},
	};
}
