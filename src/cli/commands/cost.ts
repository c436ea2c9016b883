import type { Command } from 'commander';
import type { CostGroup, CostReport } from '../../index.ts';
import { type GlobalOptions, parseChoice, parseDay } from '../options.ts';
import { formatUsd, type Output } from '../output.ts';
import { PERIOD_NAMES, type PeriodName } from '../period-names.ts';
import type { ReportPeriod } from '../report-period.ts';
import type { Session } from '../session.ts';

interface CostFlags extends GlobalOptions {
	period?: PeriodName;
	start?: string;
	end?: string;
	by?: CostGroup;
	chart?: boolean;
	csv?: boolean;
}

const GROUPS = ['day', 'model', 'task-type', 'key', 'team', 'tag', 'session'] as const satisfies readonly CostGroup[];

/** Totals of one group, as table, chart, CSV or JSON. */
async function showGroup(session: Session, flags: CostFlags, period: ReportPeriod): Promise<void> {
	const { groupChart, groupCsv, groupTable } = await import('../format-groups.ts');
	const { system, output } = session;
	const group = flags.by ?? 'day';
	const range = { from: period.start.getTime(), to: period.end.getTime() };
	const totals = await output.progress('Reading', () => system.costBy(group, range));
	if (flags.csv === true) {
		output.print(groupCsv(group, totals));
		return;
	}
	const isPlain = process.stdout.isTTY !== true;
	const { columns } = process.stdout;
	const chart = () => groupChart(totals, { isPlain, ...(columns === undefined ? {} : { columns }) });
	output.result({ group, ...range, totals }, () =>
		[groupTable(group, totals), ...(flags.chart === true && totals.length > 0 ? ['', chart()] : [])].join('\n'),
	);
}

function rangeOf(range: { low: number; high: number } | undefined, shown: (value: number) => string): string {
	return range === undefined ? '' : ` (${shown(range.low)} to ${shown(range.high)})`;
}

function suggestionLines(report: CostReport): string[] {
	if (report.suggestions.length === 0) return [];
	const lines = ['', 'Optimization Suggestions:'];
	for (const [index, suggestion] of report.suggestions.entries()) {
		const work = suggestion.taskType === undefined ? 'these tasks' : `${suggestion.taskType} tasks`;
		const quality = `${suggestion.qualityDelta > 0 ? '+' : ''}${suggestion.qualityDelta.toFixed(1)}`;
		lines.push(
			`${index + 1}. For ${work}, use ${suggestion.suggestedModel} instead of ${suggestion.currentModel}`,
			`   Savings: ${formatUsd(suggestion.savingsPerRequest, 4)}/request | Est Monthly: ${formatUsd(suggestion.estimatedMonthlySavings, 2)}${rangeOf(suggestion.monthlySavingsRange, (usd) => formatUsd(usd, 2))}`,
			`   Quality Impact: ${quality} points${rangeOf(suggestion.qualityInterval, (points) => points.toFixed(1))} | Confidence: ${suggestion.confidence.toFixed(0)}%`,
			`   ${suggestion.reason}`,
		);
	}
	return lines;
}

function costText(report: CostReport, title: string, output: Output): string {
	const lines = [output.heading(`Cost Report (${title})`), '', `Total Cost: ${formatUsd(report.totalCost)}`];
	if (report.unpricedRequests > 0) {
		lines.push(`Unpriced Requests: ${report.unpricedRequests} (their cost is unknown and in no sum)`);
	}
	if (report.unknownUsage !== undefined) {
		lines.push('', 'Usage nobody here knows (kept with its row, in no sum):');
		for (const { field, requests } of report.unknownUsage) lines.push(`- ${field}: ${requests} requests`);
	}
	const models = Object.entries(report.byModel);
	if (models.length > 0) lines.push('', 'By Model:');
	for (const [model, row] of models) {
		if (row.unpricedRequests === row.requests) {
			lines.push(`- ${model}: unpriced | ${row.requests} requests`);
			continue;
		}
		const share = report.totalCost === 0 ? 0 : (row.cost / report.totalCost) * 100;
		lines.push(
			`- ${model}: ${formatUsd(row.cost)} (${share.toFixed(1)}%) | ${row.requests} requests | ${formatUsd(row.avgCostPerRequest, 4)}/req`,
		);
	}
	if (report.dailyCosts.length > 0) lines.push('', 'Daily Costs:');
	for (const { date, cost, requests, unpricedRequests } of report.dailyCosts) {
		lines.push(`- ${date}: ${unpricedRequests === requests ? 'unpriced' : formatUsd(cost)} (${requests} requests)`);
	}
	lines.push(
		'',
		'Trends:',
		`- Daily Average: ${formatUsd(report.trends.dailyAverage)}`,
		`- Weekly Average: ${formatUsd(report.trends.weeklyAverage)}`,
		`- Projected Monthly: ${formatUsd(report.trends.projectedMonthly)}`,
		...suggestionLines(report),
	);
	return lines.join('\n');
}

/** `switchyard cost` */
export function registerCost(program: Command): void {
	program
		.command('cost')
		.description('report spending and where it could be less')
		.option(
			'--period <period>',
			`one of ${PERIOD_NAMES.join(', ')}; the last 7 days when not given`,
			parseChoice(PERIOD_NAMES),
		)
		.option('--start <day>', 'first day, as YYYY-MM-DD', parseDay)
		.option('--end <day>', 'last day, as YYYY-MM-DD', parseDay)
		.option('--by <group>', `totals by ${GROUPS.join(', ')}`, parseChoice(GROUPS))
		.option('--chart', 'draw the totals as bars')
		.option('--csv', 'print the totals as CSV')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard cost --period month\n  switchyard cost --by tag --chart\n  switchyard cost --start 2026-01-01 --end 2026-01-31 --json',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<CostFlags>();
			const { inProject } = await import('../session.ts');
			const { reportPeriod } = await import('../report-period.ts');
			await inProject(flags, async (session) => {
				const { system, output, loaded } = session;
				const period = reportPeriod(flags, loaded.config.budget.timezone, Date.now());
				if (flags.by !== undefined || flags.chart === true || flags.csv === true) {
					await showGroup(session, flags, period);
					return;
				}
				const { title, start, end } = period;
				const report = await output.progress('Reading', () => system.costReport({ start, end }));
				const savings = await system.savings({ from: start.getTime(), to: end.getTime() });
				const { savingsLines } = await import('../format-groups.ts');
				output.result({ ...report, savings }, () =>
					[costText(report, title, output), ...savingsLines(savings)].join('\n'),
				);
			});
		});
}
