import type { BudgetConfig } from '../contracts/index.ts';

/** The budget in force when none is given: $10 a day, $250 a month, $1 a request, warnings at 75 % and 80 %, days in UTC. */
export const DEFAULT_BUDGET_CONFIG: BudgetConfig = Object.freeze({
	dailyLimit: 10,
	monthlyLimit: 250,
	perRequestLimit: 1,
	alerts: Object.freeze({ dailyWarning: 75, monthlyWarning: 80 }),
	timezone: 'UTC',
});
