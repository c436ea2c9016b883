import type { Command } from 'commander';
import {
	BUDGET_ACTIONS,
	BUDGET_SCOPES,
	type BudgetAction,
	type BudgetRule,
	type BudgetStatus,
	formatLimitId,
	RULE_PERIODS,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { BudgetLimitStatus, RoutingSystem } from '../../system/index.ts';
import { DAY_MS, escapeText } from '../../util/index.ts';
import { type GlobalOptions, parseAmount, parseChoice } from '../options.ts';
import { formatUsd, type Output } from '../output.ts';
import { createCommandLineAuthor } from '../project-action.ts';
import { quoteArgument } from '../terminal-text.ts';

interface BudgetFlags extends GlobalOptions, RuleFlags {
	setDaily?: number;
	setMonthly?: number;
	setPerRequest?: number;
}

function formatReset(at: Date, timezone: string, now: Date): string {
	const day = (date: Date) => new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(date);
	const time = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' }).format(at);
	const tomorrow = day(new Date(now.getTime() + DAY_MS));
	return `${day(at) === tomorrow ? 'Tomorrow' : day(at)} at ${time} ${timezone}`;
}

function formatStatus(status: BudgetStatus, output: Output): string {
	if (status.exceeded) return output.style('red', 'Status: ❌ Budget exceeded');
	if (status.warning) return output.style('yellow', 'Status: ⚠️  Approaching limit');
	return output.style('green', 'Status: ✅ Within budget');
}

function formatBudget(
	status: BudgetStatus,
	{ timezone, perRequestLimit }: { timezone: string; perRequestLimit: number | null },
	output: Output,
): string {
	const now = new Date();
	const block = (title: string, period: 'daily' | 'monthly') => [
		`${title}:`,
		`- Spent: ${formatUsd(status[`${period}Spent`], 2)} / ${formatUsd(status[`${period}Limit`], 2)}`,
		`- Remaining: ${formatUsd(status[`${period}Remaining`], 2)}`,
		`- Usage: ${status[`${period}UsagePercent`].toFixed(1)}%`,
		`- Resets: ${formatReset(status.resets[period], timezone, now)}`,
		'',
	];
	return [
		output.heading('Budget Status'),
		'',
		...block('Daily', 'daily'),
		...block('Monthly', 'monthly'),
		...(perRequestLimit === null ? [] : [`Per request: at most ${formatUsd(perRequestLimit)}`, '']),
		formatStatus(status, output),
	].join('\n');
}

/** `switchyard budget` */
export function budgetCommand(program: Command): void {
	program
		.command('budget')
		.description('show where spending stands, or set its limits')
		.option('--set-daily <usd>', 'daily limit in USD', parseAmount)
		.option('--set-monthly <usd>', 'monthly limit in USD', parseAmount)
		.option('--set-per-request <usd>', 'limit of one request in USD', parseAmount)
		.option('--set-rule <scope>', 'set a limit for all, key, team, tag, session, model or task-type (tag:nightly)')
		.option('--remove-rule <scope>', 'remove such a limit')
		.option('--period <period>', `period of the rule: ${RULE_PERIODS.join(', ')}`, parseChoice(RULE_PERIODS))
		.option('--limit <usd>', 'limit of the rule in USD', parseAmount)
		.option('--soft', 'the rule only warns')
		.option('--shared', 'all keys together spend from the limit of a tag or session')
		.option('--at-limit <action>', `what happens at it: ${BUDGET_ACTIONS.join(', ')}`, parseChoice(BUDGET_ACTIONS))
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard budget\n  switchyard budget --set-daily 20.0\n  switchyard budget --set-per-request 0.10\n  switchyard budget --set-rule tag:nightly --period day --limit 5',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<BudgetFlags>();
			const { editConfig, inProject } = await import('../session.ts');
			const edits = [
				['dailyLimit', flags.setDaily],
				['monthlyLimit', flags.setMonthly],
				['perRequestLimit', flags.setPerRequest],
			] as const;
			const changes = Object.fromEntries(edits.filter(([, value]) => value !== undefined));
			const editsRule = hasRuleEdit(flags);
			if (editsRule || Object.keys(changes).length > 0) {
				// One edit: a mistake in the rule leaves the limits as they were, too.
				await editConfig(flags, ({ budget, ...config }) => {
					const rules = editsRule ? { rules: applyRuleFlags(budget?.rules ?? [], flags) } : {};
					return { ...config, budget: { ...budget, ...changes, ...rules } };
				});
			}
			await inProject(flags, async ({ system, output }) => {
				await clearStoredLimits(system, flags, { changes, editsRule });
				const status = await system.budgetStatus();
				const limits = await system.budgetLimits();
				const { perRequestLimit = null, timezone } = system.costOptimizer.budget;
				const rules = limits.slice(2);
				output.result({ ...status, perRequestLimit, limits: rules }, () =>
					[
						formatBudget(status, { timezone, perRequestLimit }, output),
						...formatRuleLimits(rules),
						...formatUnknownSpend(limits),
					].join('\n'),
				);
			});
		});
}

/** What was just written to the config file counts: limits that were set in the database in its place are cleared. */
async function clearStoredLimits(
	system: RoutingSystem,
	flags: BudgetFlags,
	{ changes, editsRule }: { changes: object; editsRule: boolean },
): Promise<void> {
	const { period = 'day' } = flags;
	const written: Array<Parameters<typeof formatLimitId>[0]> = [
		...Object.keys(changes).map((name) => ({ scope: 'all' as const, period: PERIODS_OF_FIELDS[name] ?? period })),
		...(editsRule ? [{ ...parseScope(flags.setRule ?? flags.removeRule ?? ''), period }] : []),
	];
	for (const limit of written) {
		for (const kind of ['hard', 'soft'] as const)
			await system.limits.clear(formatLimitId({ ...limit, kind }), createCommandLineAuthor());
	}
}

const PERIODS_OF_FIELDS: Readonly<Record<string, BudgetRule['period']>> = {
	dailyLimit: 'day',
	monthlyLimit: 'month',
	perRequestLimit: 'request',
};

/** Flags that set or remove a rule. */
interface RuleFlags {
	setRule?: string;
	removeRule?: string;
	period?: BudgetRule['period'];
	limit?: number;
	soft?: boolean;
	shared?: boolean;
	atLimit?: BudgetAction;
}

/** `tag:nightly` → scope and name. @throws InvalidInputError */
function parseScope(text: string): Pick<BudgetRule, 'scope' | 'of'> {
	const [kind = '', ...rest] = text.split(':');
	const scope = BUDGET_SCOPES.find((known) => known === kind);
	const of = rest.join(':');
	if (scope === undefined || (scope === 'all' && of !== ''))
		throw new InvalidInputError(
			`${quoteArgument(text, 60)} is no scope. Write all, or one of ${BUDGET_SCOPES.slice(1).join(', ')} with a name, as in tag:nightly; without a name each one is limited separately.`,
		);
	return of === '' ? { scope } : { scope, of };
}

function isSame(rule: BudgetRule, target: Pick<BudgetRule, 'scope' | 'of' | 'period'>): boolean {
	return rule.scope === target.scope && rule.of === target.of && rule.period === target.period;
}

/** Flags that mean nothing without a rule. */
const RULE_DETAILS = ['period', 'limit', 'soft', 'shared', 'atLimit'] as const;

/**
 * True when the flags set or remove a rule.
 * @throws InvalidInputError for both at once, and for a rule's details without a rule
 */
function hasRuleEdit(flags: RuleFlags): boolean {
	const { setRule, removeRule } = flags;
	if (setRule !== undefined && removeRule !== undefined)
		throw new InvalidInputError('--set-rule and --remove-rule are two edits: give one of them. Nothing was changed.');
	if (setRule !== undefined || removeRule !== undefined) return true;
	if (RULE_DETAILS.every((name) => flags[name] === undefined)) return false;
	throw new InvalidInputError(
		'--period, --limit, --soft, --shared and --at-limit describe a rule: name it with --set-rule SCOPE. Nothing was changed.',
	);
}

/**
 * The rules as the flags change them: a rule for the same scope and period is replaced. It keeps when it warns, and that all
 * keys share it: one limit for each key would let more be spent.
 * @throws InvalidInputError for a scope that cannot be, a rule without a period or limit, or one to remove that is not there
 */
function applyRuleFlags(rules: readonly BudgetRule[], flags: RuleFlags): BudgetRule[] {
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
	const { warnAt, shared } = rules.find((rule) => isSame(rule, target)) ?? {};
	const details = {
		...(soft === true && { kind: 'soft' as const }),
		...(atLimit && { atLimit }),
		...(warnAt && { warnAt }),
		...((flags.shared ?? shared) && { shared: true }),
	};
	return [...others, { ...target, limit, ...details }];
}

function formatRuleTitle({ scope, period }: BudgetLimitStatus): string {
	return `${scope === 'all' ? 'everything' : escapeText(scope)} per ${period}`;
}

function formatSpending({ spentUsd, heldUsd, unknownUsd, limitUsd }: BudgetLimitStatus): string {
	if (spentUsd === null) return `at most ${formatUsd(limitUsd)}`;
	const held = heldUsd !== null && heldUsd > 0 ? `, ${formatUsd(heldUsd)} held` : '';
	const unknown = unknownUsd !== null && unknownUsd > 0 ? `, of it ${formatUsd(unknownUsd)} unknown` : '';
	const percent = limitUsd === 0 ? 100 : (100 * spentUsd) / limitUsd;
	return `${formatUsd(spentUsd)} / ${formatUsd(limitUsd)} (${percent.toFixed(1)}%${held}${unknown})`;
}

/** What happens at a limit where nothing is written. */
const DEFAULT_ACTION = 'refuse a model asked for by name, else downgrade';

/** The limits beside the daily and the monthly one, a line each; nothing when there are none. */
function formatRuleLimits(rules: readonly BudgetLimitStatus[]): string[] {
	if (rules.length === 0) return [];
	const lines = rules.map((limit) => {
		const effect = limit.kind === 'soft' ? 'only warns' : `at the limit: ${limit.atLimit ?? DEFAULT_ACTION}`;
		return `- ${formatRuleTitle(limit)}: ${formatSpending(limit)}; ${effect}`;
	});
	return ['', 'Limits:', ...lines];
}

/** What processes that died may have spent, and how to settle it; nothing when there is none. */
function formatUnknownSpend(limits: readonly BudgetLimitStatus[]): string[] {
	const unknown = limits.find(({ unknownUsd }) => unknownUsd !== null && unknownUsd > 0);
	if (unknown === undefined) return [];
	return [
		'',
		`Unknown: ${formatUsd(unknown.unknownUsd ?? 0)} was held by processes that ended before they could say what was spent. It counts as spent; \`switchyard reconcile\` settles it from the provider's usage export.`,
	];
}
