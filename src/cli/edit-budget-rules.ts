import { type BudgetAction, type BudgetRule, InvalidInputError } from '../index.ts';

const SCOPES = ['all', 'key', 'team', 'tag', 'session', 'model', 'task-type'] as const;
/** What a rule's `period` may be. */
export const RULE_PERIODS = ['request', 'hour', 'day', 'week', 'month', 'total'] as const;
/** What may happen at a limit. */
export const LIMIT_ACTIONS = ['refuse', 'downgrade', 'local-only'] as const;

/** Flags that set or remove a rule. */
export interface RuleFlags {
	setRule?: string;
	removeRule?: string;
	period?: BudgetRule['period'];
	limit?: number;
	soft?: boolean;
	atLimit?: BudgetAction;
}

/** `tag:nightly` → scope and name. @throws InvalidInputError */
function parseScope(text: string): Pick<BudgetRule, 'scope' | 'of'> {
	const [kind = '', ...rest] = text.split(':');
	const scope = SCOPES.find((known) => known === kind);
	const of = rest.join(':');
	if (scope === undefined || (scope === 'all' && of !== ''))
		throw new InvalidInputError(
			`"${text.slice(0, 60)}" is no scope. Write all, or one of ${SCOPES.slice(1).join(', ')} with a name, as in tag:nightly; without a name each one is limited separately.`,
		);
	return of === '' ? { scope } : { scope, of };
}

function isSame(one: BudgetRule, other: Pick<BudgetRule, 'scope' | 'of' | 'period'>): boolean {
	return one.scope === other.scope && one.of === other.of && one.period === other.period;
}

/** Flags that say something of a rule, and mean nothing without one. */
const RULE_DETAILS = ['period', 'limit', 'soft', 'atLimit'] as const;

/**
 * True when the flags set or remove a rule.
 * @throws InvalidInputError for both at once, and for a rule's details without a rule
 */
export function asksForRule(flags: RuleFlags): boolean {
	const { setRule, removeRule } = flags;
	if (setRule !== undefined && removeRule !== undefined)
		throw new InvalidInputError('--set-rule and --remove-rule are two edits: give one of them. Nothing was changed.');
	if (setRule !== undefined || removeRule !== undefined) return true;
	if (RULE_DETAILS.every((name) => flags[name] === undefined)) return false;
	throw new InvalidInputError(
		'--period, --limit, --soft and --at-limit say something of a rule: name it with --set-rule SCOPE. Nothing was changed.',
	);
}

/**
 * The rules as the flags change them: a rule for the same scope and period is replaced, and keeps when it warns.
 * @throws InvalidInputError for a scope that cannot be, a rule without a period or limit, or one to remove that is not there
 */
export function editRules(rules: readonly BudgetRule[], flags: RuleFlags): BudgetRule[] {
	const { setRule, removeRule, period, limit, soft, atLimit } = flags;
	if (period === undefined)
		throw new InvalidInputError(`Say which period: --period ${RULE_PERIODS.join('|')}. Nothing was changed.`);
	const target = { ...parseScope(setRule ?? removeRule ?? ''), period };
	const others = rules.filter((rule) => !isSame(rule, target));
	if (setRule === undefined) {
		if (others.length < rules.length) return others;
		throw new InvalidInputError(`There is no rule for ${removeRule} and ${period}. Nothing was changed.`);
	}
	if (limit === undefined) throw new InvalidInputError('Say the limit: --limit USD. Nothing was changed.');
	const { warnAt } = rules.find((rule) => isSame(rule, target)) ?? {};
	const said = {
		...(soft === true && { kind: 'soft' as const }),
		...(atLimit && { atLimit }),
		...(warnAt && { warnAt }),
	};
	return [...others, { ...target, limit, ...said }];
}
