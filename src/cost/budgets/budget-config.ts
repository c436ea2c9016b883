import { describeUnknownModel, getModelNames } from '../../catalog/index.ts';
import {
	BUDGET_ACTIONS,
	BUDGET_SCOPES,
	type BudgetConfig,
	type BudgetRule,
	formatLimitId,
	MAX_USD,
	type ModelName,
	type ModelProfile,
	RULE_PERIODS,
	TASK_TYPES,
} from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import {
	findUnknownKeys,
	formatIssues,
	listCheck,
	mustBe,
	nearestName,
	numberCheck,
	objectCheck,
	optionalCheck,
	type ValueCheck,
	type ValueIssue,
	type ValuePath,
	wordCheck,
} from '../../util/index.ts';

/** The budget in force when none is given: $10 a day, $250 a month, $1 a request, warnings at 75 % and 80 %, days in UTC. */
export const DEFAULT_BUDGET_CONFIG: BudgetConfig = Object.freeze({
	dailyLimit: 10,
	monthlyLimit: 250,
	perRequestLimit: 1,
	alerts: Object.freeze({ dailyWarning: 75, monthlyWarning: 80 }),
	timezone: 'UTC',
});

/** Rules of one budget. */
export const MAX_BUDGET_RULES = 200;
/** Percentages at which one rule warns. */
export const MAX_RULE_WARNINGS = 10;
const MAX_NAME_CHARACTERS = 200;

const checkLimit = numberCheck(0, MAX_USD);
const checkPercent = numberCheck(0, 100);

/** An IANA time zone. */
export const checkTimeZone: ValueCheck = (name, path) => {
	// The first use of Intl costs about 11 ms: the default does without.
	if (name === 'UTC') return [];
	try {
		if (typeof name !== 'string') throw new RangeError('not a text');
		new Intl.DateTimeFormat('en', { timeZone: name });
		return [];
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		const nearest = nearestName(String(name), [...Intl.supportedValuesOf('timeZone'), 'UTC']);
		const hint = nearest === null ? 'Write one such as "UTC" or "Europe/Berlin".' : `Did you mean "${nearest}"?`;
		return [{ path, message: `is not a known time zone. ${hint}` }];
	}
};

const RULE_FIELDS = {
	scope: wordCheck(BUDGET_SCOPES),
	of: optionalCheck(
		mustBe(
			`a name of at most ${MAX_NAME_CHARACTERS} characters, none of them a control character`,
			(value) => typeof value === 'string' && /^\P{Cc}+$/u.test(value) && value.length <= MAX_NAME_CHARACTERS,
		),
	),
	shared: optionalCheck(mustBe('true or false', (value) => typeof value === 'boolean')),
	period: wordCheck(RULE_PERIODS),
	limit: checkLimit,
	kind: optionalCheck(wordCheck(['hard', 'soft'])),
	atLimit: optionalCheck(wordCheck(BUDGET_ACTIONS)),
	warnAt: optionalCheck(
		listCheck(
			`at most ${MAX_RULE_WARNINGS} percentages`,
			mustBe('a percentage above 0, up to 100', (value) => typeof value === 'number' && value > 0 && value <= 100),
			MAX_RULE_WARNINGS,
		),
	),
} satisfies Record<keyof BudgetRule, ValueCheck>;
const checkRuleFields = objectCheck(RULE_FIELDS, 'a budget rule');

function checkRule(rule: BudgetRule, path: ValuePath): ValueIssue[] {
	const issues = checkRuleFields(rule, path);
	if (issues.length > 0) return issues;
	const { scope, of, period, kind } = rule;
	issues.push(...findUnknownKeys(Object.keys(rule), Object.keys(RULE_FIELDS), path));
	const refuse = (field: string, message: string) => issues.push({ path: [...path, field], message });
	if (scope === 'all' && of !== undefined)
		refuse('of', 'has no meaning for the scope "all". Leave it out, or choose another scope');
	if (scope === 'task-type' && of !== undefined && !TASK_TYPES.some((type) => type === of)) {
		const nearest = nearestName(of, TASK_TYPES);
		const hint = nearest === null ? `Write one of ${TASK_TYPES.join(', ')}` : `Did you mean "${nearest}"?`;
		refuse('of', `is no task type, so the rule would limit nothing. ${hint}`);
	}
	if (rule.shared !== undefined && scope !== 'tag' && scope !== 'session')
		refuse('shared', `has no meaning for the scope "${scope}". Leave it out, or choose the scope tag or session`);
	if (period === 'request' && kind === 'soft')
		refuse(
			'kind',
			'cannot be soft for single requests: there is no period to warn of. Leave it out, or choose a period',
		);
	return issues;
}

/** Everything wrong with rules, but for the names of models, which only a catalog knows. */
export function findRuleIssues(rules: readonly BudgetRule[], path: ValuePath): ValueIssue[] {
	if (!Array.isArray(rules) || rules.length > MAX_BUDGET_RULES)
		return [{ path, message: `must be a list of at most ${MAX_BUDGET_RULES} rules` }];
	const issues = rules.flatMap((rule, index) => checkRule(rule, [...path, index]));
	const identities = rules.map((rule) => JSON.stringify([rule?.scope, rule?.of, rule?.period, rule?.kind ?? 'hard']));
	for (const [index, identity] of identities.entries()) {
		const first = identities.indexOf(identity);
		if (first < index)
			issues.push({ path: [...path, index], message: `limits the same as rule ${first}. Keep one of them` });
	}
	return issues;
}

const checkFields = objectCheck({
	dailyLimit: checkLimit,
	monthlyLimit: checkLimit,
	perRequestLimit: optionalCheck(checkLimit),
	alerts: objectCheck({ dailyWarning: checkPercent, monthlyWarning: checkPercent }),
	timezone: checkTimeZone,
	atLimit: optionalCheck(wordCheck(BUDGET_ACTIONS)),
});

/** Everything wrong with a budget, but for the names of models. A limit of 0 means that nothing may be spent. */
export function findBudgetIssues(budget: BudgetConfig): ValueIssue[] {
	const { dailyLimit, monthlyLimit, rules = [] } = budget;
	const issues = [...checkFields(budget, ['budget']), ...findRuleIssues(rules, ['budget', 'rules'])];
	if (dailyLimit > monthlyLimit) {
		const message = `is above budget.monthlyLimit ($${dailyLimit} a day, $${monthlyLimit} a month). Lower it, or raise the monthly limit.`;
		issues.push({ path: ['budget', 'dailyLimit'], message });
	}
	return issues;
}

/** Rules for models that no profile knows: they would limit nothing. None where no profile is known. */
export function findUnknownRuleModels(rules: readonly BudgetRule[], profiles: Iterable<ModelProfile>): ValueIssue[] {
	const names = [...profiles].flatMap(getModelNames);
	if (names.length === 0) return [];
	return rules.flatMap(({ scope, of }, index) => {
		const message = scope === 'model' && of !== undefined ? describeUnknownModel(of, names) : null;
		return message === null ? [] : [{ path: ['budget', 'rules', index, 'of'], message }];
	});
}

/** Rules for models by the name that calls are counted under, whichever name or id they were written with. */
function resolveRuleModels(rules: readonly BudgetRule[], profiles: Iterable<ModelProfile>): BudgetRule[] {
	const names = new Map<string, ModelName>();
	for (const profile of profiles)
		for (const known of getModelNames(profile)) names.set(known.toLowerCase(), profile.name);
	return rules.map((rule) => {
		const name = rule.scope === 'model' ? names.get(rule.of?.toLowerCase() ?? '') : undefined;
		return name === undefined ? rule : { ...rule, of: name };
	});
}

/**
 * A copy of the budget, checked, with the models of its rules by the names of `profiles`.
 * @throws InvalidConfigError listing everything wrong with it.
 */
export function validateBudget(budget: BudgetConfig, profiles: Iterable<ModelProfile> = []): BudgetConfig {
	const known = [...profiles];
	const issues = findBudgetIssues(budget);
	if (issues.length === 0) issues.push(...findUnknownRuleModels(budget.rules ?? [], known));
	if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
	const copy: BudgetConfig = { ...budget, alerts: { ...budget.alerts } };
	return budget.rules === undefined ? copy : { ...copy, rules: resolveRuleModels(budget.rules, known) };
}

/** The three limits that have a field of their own. */
const FIELDS_BY_ID = {
	'all per day': 'dailyLimit',
	'all per month': 'monthlyLimit',
	'all per request': 'perRequestLimit',
} as const;

function isFieldId(id: string): id is keyof typeof FIELDS_BY_ID {
	return Object.hasOwn(FIELDS_BY_ID, id);
}

/** Every limit of a budget as a rule: those of the day, the month and the request, then its rules. */
export function listLimitRules({ dailyLimit, monthlyLimit, perRequestLimit, rules = [] }: BudgetConfig): BudgetRule[] {
	const ofAll = { scope: 'all' } as const;
	return [
		{ ...ofAll, period: 'day', limit: dailyLimit },
		{ ...ofAll, period: 'month', limit: monthlyLimit },
		...(perRequestLimit === undefined ? [] : [{ ...ofAll, period: 'request' as const, limit: perRequestLimit }]),
		...rules,
	];
}

/** A budget in which other rules stand in the place of those that limit the same; what they do not say is as it was. */
export function replaceLimits(budget: BudgetConfig, replacing: readonly BudgetRule[]): BudgetConfig {
	let changed = budget;
	for (const rule of replacing) {
		const id = formatLimitId(rule);
		const { rules = [] } = changed;
		const index = rules.findIndex((known) => formatLimitId(known) === id);
		if (isFieldId(id)) changed = { ...changed, [FIELDS_BY_ID[id]]: rule.limit };
		else if (index < 0) changed = { ...changed, rules: [...rules, rule] };
		else changed = { ...changed, rules: rules.with(index, { ...rules[index], ...rule }) };
	}
	return changed;
}
