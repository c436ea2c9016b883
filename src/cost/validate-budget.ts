import type { BudgetConfig } from '../contracts/index.ts';
import { type ConfigIssue, InvalidConfigError } from '../errors/index.ts';
import { findRuleIssues } from './check-rules.ts';
import { LARGEST_LIMIT_USD } from './largest-limit.ts';

function checkRange(path: string, value: unknown, largest: number): ConfigIssue[] {
	if (typeof value === 'number' && value >= 0 && value <= largest) return [];
	const unit = largest === 100 ? 'percent' : 'USD';
	return [{ path, message: `is ${String(value).slice(0, 40)}. Write ${unit} from 0 to ${largest}.` }];
}

function checkOrder(budget: BudgetConfig): ConfigIssue[] {
	const { dailyLimit, monthlyLimit } = budget;
	if (!(dailyLimit > monthlyLimit)) return [];
	const message = `($${dailyLimit} a day) is above budget.monthlyLimit ($${monthlyLimit} a month). Lower it, or raise the monthly limit.`;
	return [{ path: 'budget.dailyLimit', message }];
}

/** Everything wrong with the limits, except the time zone. A limit of 0 means that nothing may be spent. */
export function findBudgetIssues(budget: BudgetConfig): ConfigIssue[] {
	const issues = [
		...checkRange('budget.dailyLimit', budget.dailyLimit, LARGEST_LIMIT_USD),
		...checkRange('budget.monthlyLimit', budget.monthlyLimit, LARGEST_LIMIT_USD),
		...checkRange('budget.alerts.dailyWarning', budget.alerts?.dailyWarning, 100),
		...checkRange('budget.alerts.monthlyWarning', budget.alerts?.monthlyWarning, 100),
	];
	if (budget.perRequestLimit !== undefined) {
		issues.push(...checkRange('budget.perRequestLimit', budget.perRequestLimit, LARGEST_LIMIT_USD));
	}
	issues.push(...findRuleIssues(budget.rules ?? []));
	return issues.length > 0 ? issues : checkOrder(budget);
}

/** A copy of the budget, checked. @throws InvalidConfigError listing everything wrong with it. */
export function validateBudget(budget: BudgetConfig): BudgetConfig {
	const issues = findBudgetIssues(budget);
	if (issues.length > 0) throw new InvalidConfigError(issues);
	return { ...budget, alerts: { ...budget.alerts } };
}
