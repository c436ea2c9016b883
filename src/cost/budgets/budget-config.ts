import {
	type BudgetConfig,
	type BudgetRule,
	type ModelName,
	type ModelProfile,
	TASK_TYPES,
} from '../../contracts/index.ts';
import { type ConfigIssue, InvalidConfigError } from '../../errors/index.ts';
import { nearestName } from '../../util/index.ts';

/** Money is counted in nano-dollars; beyond this a sum is no longer exact. */
const MAX_LIMIT_USD = 9_000_000;

/** The budget in force when none is given: $10 a day, $250 a month, $1 a request, warnings at 75 % and 80 %, days in UTC. */
export const DEFAULT_BUDGET_CONFIG: BudgetConfig = Object.freeze({
	dailyLimit: 10,
	monthlyLimit: 250,
	perRequestLimit: 1,
	alerts: Object.freeze({ dailyWarning: 75, monthlyWarning: 80 }),
	timezone: 'UTC',
});

const SCOPES: readonly string[] = ['all', 'key', 'team', 'tag', 'session', 'model', 'task-type'];
const PERIODS: readonly string[] = ['request', 'hour', 'day', 'week', 'month', 'total'];
const ACTIONS: readonly string[] = ['refuse', 'downgrade', 'local-only'];
const KINDS: readonly string[] = ['hard', 'soft'];

function shown(value: unknown): string {
	return typeof value === 'string' ? `"${value.slice(0, 40)}"` : String(value).slice(0, 40);
}

function checkWord(path: string, value: unknown, words: readonly string[]): ConfigIssue[] {
	if (words.some((word) => word === value)) return [];
	return [{ path, message: `is ${shown(value)}. Write one of ${words.join(', ')}.` }];
}

function checkNumber(path: string, value: unknown, largest: number): ConfigIssue[] {
	if (typeof value === 'number' && value >= 0 && value <= largest) return [];
	return [{ path, message: `is ${shown(value)}. Write a number from 0 to ${largest}.` }];
}

/** A rule for a name that nobody has would limit nothing, and look as if it did. */
function checkName(path: string, name: string, known: readonly string[]): ConfigIssue[] {
	if (known.includes(name)) return [];
	const nearest = nearestName(name, known);
	const hint = nearest === null ? '' : ` Did you mean "${nearest}"?`;
	return [{ path, message: `names what nobody knows, ${shown(name)}: the rule would limit nothing.${hint}` }];
}

function checkRule(rule: BudgetRule, path: string): ConfigIssue[] {
	const { scope, of, period, limit, kind = 'hard', atLimit = 'refuse', warnAt = [] } = rule;
	return [
		...checkWord(`${path}.scope`, scope, SCOPES),
		...checkWord(`${path}.period`, period, PERIODS),
		...checkWord(`${path}.kind`, kind, KINDS),
		...checkWord(`${path}.atLimit`, atLimit, ACTIONS),
		...checkNumber(`${path}.limit`, limit, MAX_LIMIT_USD),
		...warnAt.flatMap((percent, index) => checkNumber(`${path}.warnAt[${index}]`, percent, 100)),
		...(scope === 'task-type' && of !== undefined ? checkName(`${path}.of`, of, TASK_TYPES) : []),
	];
}

/** Everything wrong with rules, but for the names of models. */
function findRuleIssues(rules: readonly BudgetRule[]): ConfigIssue[] {
	return rules.flatMap((rule, index) => checkRule(rule, `budget.rules[${index}]`));
}

/** Names of rules for models that no profile has. None where no profile is known. */
export function findUnknownRuleModels(
	rules: readonly BudgetRule[],
	profiles: ReadonlyMap<ModelName, ModelProfile>,
): ConfigIssue[] {
	if (profiles.size === 0) return [];
	return rules.flatMap(({ scope, of }, index) =>
		scope === 'model' && of !== undefined ? checkName(`budget.rules[${index}].of`, of, [...profiles.keys()]) : [],
	);
}

/** Rules for models by the name that calls are counted under, whichever name or id they were written with. */
export function resolveRuleModels(
	rules: readonly BudgetRule[],
	profiles: ReadonlyMap<ModelName, ModelProfile>,
): BudgetRule[] {
	const names = new Map<string, ModelName>();
	for (const { name, id, modelId, aliases = [] } of profiles.values()) {
		for (const known of [name, id, modelId, ...aliases]) names.set(known.toLowerCase(), name);
	}
	return rules.map((rule) => {
		const name = rule.scope === 'model' ? names.get(rule.of?.toLowerCase() ?? '') : undefined;
		return name === undefined ? rule : { ...rule, of: name };
	});
}

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
function findBudgetIssues(budget: BudgetConfig): ConfigIssue[] {
	const issues = [
		...checkRange('budget.dailyLimit', budget.dailyLimit, MAX_LIMIT_USD),
		...checkRange('budget.monthlyLimit', budget.monthlyLimit, MAX_LIMIT_USD),
		...checkRange('budget.alerts.dailyWarning', budget.alerts?.dailyWarning, 100),
		...checkRange('budget.alerts.monthlyWarning', budget.alerts?.monthlyWarning, 100),
	];
	if (budget.perRequestLimit !== undefined) {
		issues.push(...checkRange('budget.perRequestLimit', budget.perRequestLimit, MAX_LIMIT_USD));
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
