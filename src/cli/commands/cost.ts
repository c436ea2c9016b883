import type { Command } from 'commander';
import type { CostGroup, CostReport, CostTotals, SavingsEstimate } from '../../contracts/index.ts';
import { type GlobalOptions, PERIOD_NAMES, type PeriodName, parseChoice, parseDay } from '../options.ts';
import { formatBarChart, formatTable, formatUsd, type Output } from '../output.ts';
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
	const { system, output } = session;
	const group = flags.by ?? 'day';
	const range = { from: period.start.getTime(), to: period.end.getTime() };
	const totals = await output.progress('Reading', () => system.costBy(group, range));
	if (flags.csv === true) {
		output.print(formatGroupCsv(group, totals));
		return;
	}
	const isPlain = process.stdout.isTTY !== true;
	const { columns } = process.stdout;
	const chart = () => formatGroupChart(totals, { isPlain, ...(columns === undefined ? {} : { columns }) });
	output.result({ group, ...range, totals }, () =>
		[formatGroupTable(group, totals), ...(flags.chart === true && totals.length > 0 ? ['', chart()] : [])].join('\n'),
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
			const { resolveReportPeriod: reportPeriod } = await import('../report-period.ts');
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
				output.result({ ...report, savings }, () =>
					[costText(report, title, output), ...formatSavings(savings)].join('\n'),
				);
			});
		});
}

const NANO = 1_000_000_000;
/** Width of a chart where the terminal does not say. */
const DEFAULT_WIDTH = 80;

function toUsd({ costNanoUsd }: CostTotals): number {
	return costNanoUsd / NANO;
}

/** True for a group of nothing but requests without a price: its cost is unknown, not $0. */
function isUnpriced({ requests, unpricedRequests }: CostTotals): boolean {
	return requests > 0 && requests === unpricedRequests;
}

function formatCost(row: CostTotals): string {
	return isUnpriced(row) ? 'unpriced' : formatUsd(toUsd(row));
}

function formatGroupName(key: string): string {
	return key === '' ? '(none)' : key;
}

/** Totals of a group as a table. */
function formatGroupTable(group: CostGroup, totals: readonly CostTotals[]): string {
	if (totals.length === 0) return 'The ledger has no rows in this time.';
	const rows = totals.map((row) => [
		formatGroupName(row.key),
		formatCost(row),
		String(row.requests),
		String(row.inputTokens),
		String(row.outputTokens),
		row.unpricedRequests === 0 ? '' : `${row.unpricedRequests} unpriced, in no sum`,
	]);
	return formatTable([group, '>cost', '>requests', '>input tokens', '>output tokens', ''], rows);
}

/** Totals of a group as bars, as wide as the terminal. */
function formatGroupChart(totals: readonly CostTotals[], terminal: { columns?: number; isPlain: boolean }): string {
	const ordered = totals.map((row) => ({ label: row.key, value: toUsd(row), text: formatCost(row) }));
	return formatBarChart(ordered, { width: terminal.columns ?? DEFAULT_WIDTH, isPlain: terminal.isPlain });
}

/** One cell of RFC 4180 text; what a spreadsheet would take for a formula is made plain with a quote mark. */
function csvCell(value: string | number | null): string {
	if (value === null) return '';
	if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(9);
	const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Totals of a group as CSV with a header. */
function formatGroupCsv(group: CostGroup, totals: readonly CostTotals[]): string {
	const header = `${group.replace('-', '_')},cost_usd,requests,input_tokens,output_tokens,unpriced_requests`;
	const lines = totals.map((row) =>
		[
			row.key,
			isUnpriced(row) ? null : toUsd(row),
			row.requests,
			row.inputTokens,
			row.outputTokens,
			row.unpricedRequests,
		]
			.map(csvCell)
			.join(','),
	);
	return [header, ...lines].join('\n');
}

const BASELINES: Readonly<Record<SavingsEstimate['baseline'], string>> = {
	strongest: 'Always the strongest',
	cheapest: 'Always the cheapest',
	'cost-matched-mix': 'Random mix at the same cost',
};

/** What the same work would have cost otherwise, with how that was estimated. */
function formatSavings(savings: readonly SavingsEstimate[]): string[] {
	if (savings.every(({ requests }) => requests === 0)) return [];
	const lines = savings.map((one) => {
		const saved = one.saved < 0 ? `${formatUsd(-one.saved)} less` : `${formatUsd(one.saved)} more`;
		const points = `quality of what was used ${one.qualityDelta < 0 ? '' : '+'}${one.qualityDelta.toFixed(1)} points beside it`;
		const left = one.leftOut === 0 ? '' : `; ${one.leftOut} requests could not be compared`;
		return `- ${BASELINES[one.baseline]}: ${formatUsd(one.baselineCost)}, ${saved} than the ${formatUsd(one.actualCost)} spent; ${points}${left}\n  ${one.method}`;
	});
	return ['', 'Instead (estimates):', ...lines];
}
