import type { Command } from 'commander';
import type { BudgetStatus } from '../../index.ts';
import { asksForRule, editRules, LIMIT_ACTIONS, RULE_PERIODS, type RuleFlags } from '../edit-budget-rules.ts';
import { ruleLines, unknownLines } from '../format-limits.ts';
import { type GlobalOptions, parseAmount, parseChoice } from '../options.ts';
import { formatUsd, type Output } from '../output.ts';

interface BudgetFlags extends GlobalOptions, RuleFlags {
	setDaily?: number;
	setMonthly?: number;
	setPerRequest?: number;
}

function resetText(at: Date, timezone: string, now: Date): string {
	const day = (date: Date) => new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(date);
	const time = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' }).format(at);
	const tomorrow = day(new Date(now.getTime() + 86_400_000));
	return `${day(at) === tomorrow ? 'Tomorrow' : day(at)} at ${time} ${timezone}`;
}

function statusLine(status: BudgetStatus, output: Output): string {
	if (status.exceeded) return output.style('red', 'Status: ❌ Budget exceeded');
	if (status.warning) return output.style('yellow', 'Status: ⚠️  Approaching limit');
	return output.style('green', 'Status: ✅ Within budget');
}

function budgetText(status: BudgetStatus, timezone: string, output: Output): string {
	const now = new Date();
	const block = (title: string, period: 'daily' | 'monthly') => [
		`${title}:`,
		`- Spent: ${formatUsd(status[`${period}Spent`], 2)} / ${formatUsd(status[`${period}Limit`], 2)}`,
		`- Remaining: ${formatUsd(status[`${period}Remaining`], 2)}`,
		`- Usage: ${status[`${period}UsagePercent`].toFixed(1)}%`,
		`- Resets: ${resetText(status.resets[period], timezone, now)}`,
		'',
	];
	return [
		output.heading('Budget Status'),
		'',
		...block('Daily', 'daily'),
		...block('Monthly', 'monthly'),
		statusLine(status, output),
	].join('\n');
}

/** `switchyard budget` */
export function registerBudget(program: Command): void {
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
		.option('--at-limit <action>', `what happens at it: ${LIMIT_ACTIONS.join(', ')}`, parseChoice(LIMIT_ACTIONS))
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard budget\n  switchyard budget --set-daily 20.0\n  switchyard budget --set-per-request 0.10\n  switchyard budget --set-rule tag:nightly --period day --limit 5 --at-limit refuse',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<BudgetFlags>();
			const { inProject } = await import('../session.ts');
			const { editConfig } = await import('../edit-config.ts');
			const edits = [
				['dailyLimit', flags.setDaily],
				['monthlyLimit', flags.setMonthly],
				['perRequestLimit', flags.setPerRequest],
			] as const;
			const changes = Object.fromEntries(edits.filter(([, value]) => value !== undefined));
			const editsRule = asksForRule(flags);
			if (editsRule || Object.keys(changes).length > 0) {
				// one edit: what is wrong with the rule leaves the limits beside it as they were, too
				await editConfig(flags, ({ budget, ...config }) => {
					const rules = editsRule ? { rules: editRules(budget?.rules ?? [], flags) } : {};
					return { ...config, budget: { ...budget, ...changes, ...rules } };
				});
			}
			await inProject(flags, async ({ system, output, loaded }) => {
				const status = await system.budgetStatus();
				const limits = await system.budgetLimits();
				const { perRequestLimit = null, timezone } = loaded.config.budget;
				output.result({ ...status, perRequestLimit, limits: limits.slice(2) }, () =>
					[budgetText(status, timezone, output), ...ruleLines(limits), ...unknownLines(limits)].join('\n'),
				);
			});
		});
}
