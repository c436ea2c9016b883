import {
	type Attribution,
	type BudgetAction,
	type BudgetCheck,
	type BudgetConfig,
	type BudgetRule,
	type ModelName,
	type NanoUsd,
	type RulePeriod,
	type TaskType,
	usdToNano,
} from '../../contracts/index.ts';
import type { BudgetCalendar } from './budget-calendar.ts';

/** Percentages at which a rule warns that names none. */
const DEFAULT_WARN_AT: readonly number[] = [80];

/** Whom and what a call is for: which limits apply to it. */
export interface BudgetSubject {
	attribution?: Attribution;
	model?: ModelName;
	taskType?: TaskType;
}

/** The limit of one request. */
export interface RequestLimit {
	scope: string;
	limitNanoUsd: NanoUsd;
	atLimit?: BudgetAction | undefined;
}

/** The names a subject has under a kind of scope. */
function namesOf({ attribution, model, taskType }: BudgetSubject, kind: BudgetRule['scope']): readonly string[] {
	switch (kind) {
		case 'all':
			return [''];
		case 'tag':
			return [...new Set(attribution?.tags ?? [])];
		case 'model':
			return model === undefined ? [] : [model];
		case 'task-type':
			return taskType === undefined ? [] : [taskType];
		default:
			return attribution?.[kind] === undefined ? [] : [attribution[kind]];
	}
}

/** A scope in one text, as `BudgetCheck.scope` has it. */
export function formatScope(kind: BudgetRule['scope'], name: string): string {
	return kind === 'all' ? 'all' : `${kind}:${name}`;
}

/** The scopes in which a rule applies to a subject: one, none, or one for each of its tags. */
function scopesOf(rule: BudgetRule, subject: BudgetSubject): string[] {
	return namesOf(subject, rule.scope)
		.filter((name) => rule.scope === 'all' || rule.of === undefined || rule.of === name)
		.map((name) => formatScope(rule.scope, name));
}

/** One rule's limit in a scope, in the period that holds the instant; `null` for a rule of single requests. */
export function createRuleCheck(
	rule: BudgetRule,
	scope: string,
	given: { budget: BudgetConfig; calendar: BudgetCalendar; at: number },
): BudgetCheck | null {
	if (rule.period === 'request') return null;
	const { key, endsAt } = given.calendar.periodAt(rule.period, given.at);
	const atLimit = rule.atLimit ?? given.budget.atLimit;
	return {
		scope,
		period: rule.period,
		periodKey: key,
		limitNanoUsd: usdToNano(rule.limit),
		resetsAt: Number.isFinite(endsAt) ? endsAt : null,
		warnAt: rule.warnAt ?? DEFAULT_WARN_AT,
		...(rule.kind === 'soft' && { isSoft: true }),
		...(atLimit !== undefined && { atLimit }),
	};
}

/** The limits that the budget's rules set for a subject at an instant. */
export function createRuleChecks(
	subject: BudgetSubject,
	given: { budget: BudgetConfig; calendar: BudgetCalendar; at: number },
): BudgetCheck[] {
	const { rules = [] } = given.budget;
	return rules.flatMap((rule) => scopesOf(rule, subject).flatMap((scope) => createRuleCheck(rule, scope, given) ?? []));
}

/** The periods that rules are in at an instant; rules of single requests have none. */
export function getRulePeriods(rules: readonly BudgetRule[], calendar: BudgetCalendar, at: number): RulePeriod[] {
	return rules.flatMap(({ scope, of, period }) => {
		if (period === 'request') return [];
		const { key: periodKey, startsAt } = calendar.periodAt(period, at);
		return [{ scope, period, periodKey, startsAt, ...(of !== undefined && { of }) }];
	});
}

/** The tightest limit of one request of the subject; `null` when there is none. */
export function findRequestLimit(budget: BudgetConfig, subject: BudgetSubject): RequestLimit | null {
	const limits: RequestLimit[] = [];
	if (budget.perRequestLimit !== undefined) {
		limits.push({ scope: 'all', limitNanoUsd: usdToNano(budget.perRequestLimit), atLimit: budget.atLimit });
	}
	for (const rule of budget.rules ?? []) {
		if (rule.period !== 'request') continue;
		for (const scope of scopesOf(rule, subject)) {
			limits.push({ scope, limitNanoUsd: usdToNano(rule.limit), atLimit: rule.atLimit ?? budget.atLimit });
		}
	}
	return limits.sort((one, other) => one.limitNanoUsd - other.limitNanoUsd)[0] ?? null;
}
