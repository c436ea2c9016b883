import type { Command } from 'commander';
import {
	type CostGroup,
	type CostReport,
	type CostTotals,
	nanoToUsd,
	type SavingsEstimate,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { escapeText } from '../../util/index.ts';
import { formatBaselines, formatDefeat } from '../baselines-text.ts';
import { addPeriodOptions, type GlobalOptions, type PeriodFlags, parseChoice } from '../options.ts';
import { formatBarChart, formatCsvCell, formatSection, formatUsd, type Output } from '../output.ts';
import { projectAction } from '../project-action.ts';
import type { ReportPeriod } from '../report-period.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../terminal-text.ts';

interface CostFlags extends GlobalOptions, PeriodFlags {
	by?: CostGroup;
	chart?: boolean;
	csv?: boolean;
	whatIf?: true | string;
	history?: boolean;
	policy?: string[];
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
	output.result({ group, ...range, totals }, () => {
		const table = formatGroupTable(group, totals);
		return flags.chart === true && totals.length > 0 ? `${table}\n\n${formatGroupChart(totals)}` : table;
	});
}

/** @throws InvalidInputError for a file beside the history, and for flags of `--what-if` without it */
async function tryPolicies(session: Session, flags: CostFlags, { start, end }: ReportPeriod): Promise<void> {
	const { history = false, policy: policies, whatIf } = flags;
	if (whatIf === undefined)
		throw new InvalidInputError('--history and --policy say how --what-if is done. Add --what-if.');
	if (history && whatIf !== true)
		throw new InvalidInputError(`--history and the file ${whatIf} are two sources of tasks. Leave one out.`);
	const { readAsks, showWhatIf } = await import('../what-if.ts');
	await showWhatIf(session, {
		policies,
		...(whatIf !== true && { asks: readAsks(whatIf) }),
		...(history && { history: { from: start.getTime(), to: end.getTime() } }),
	});
}

function formatRange(range: { low: number; high: number } | undefined, format: (value: number) => string): string {
	return range === undefined ? '' : ` (${format(range.low)} to ${format(range.high)})`;
}

function formatSuggestions(report: CostReport): string[] {
	const lines = report.suggestions.flatMap((suggestion, index) => {
		const work = suggestion.taskType === undefined ? 'these tasks' : `${suggestion.taskType} tasks`;
		const quality = `${suggestion.qualityDelta > 0 ? '+' : ''}${suggestion.qualityDelta.toFixed(1)}`;
		return [
			`${index + 1}. For ${work}, use ${suggestion.suggestedModel} instead of ${suggestion.currentModel}`,
			`   Savings: ${formatUsd(suggestion.savingsPerRequest, 4)}/request | Est Monthly: ${formatUsd(suggestion.estimatedMonthlySavings, 2)}${formatRange(suggestion.monthlySavingsRange, (usd) => formatUsd(usd, 2))}`,
			`   Quality Impact: ${quality} points${formatRange(suggestion.qualityInterval, (points) => points.toFixed(1))} | Confidence: ${suggestion.confidence.toFixed(0)}%`,
			`   ${suggestion.reason}`,
		];
	});
	return formatSection('Optimization Suggestions:', lines);
}

const countRequests = (count: number): string => `${count} ${count === 1 ? 'request' : 'requests'}`;

function formatReport(report: CostReport, title: string, output: Output): string {
	const lines = [output.heading(`Cost Report (${title})`), '', `Total Cost: ${formatUsd(report.totalCost)}`];
	if (report.unpricedRequests > 0) {
		lines.push(`Unpriced Requests: ${report.unpricedRequests} (their cost is unknown and in no sum)`);
	}
	if (report.unknownUsage !== undefined) {
		lines.push('', 'Usage nobody here knows (kept with its row, in no sum):');
		for (const { field, requests } of report.unknownUsage) lines.push(`- ${field}: ${countRequests(requests)}`);
	}
	const models = Object.entries(report.byModel).map(([model, row]) => {
		if (row.unpricedRequests === row.requests) return `- ${model}: unpriced | ${countRequests(row.requests)}`;
		const share = report.totalCost === 0 ? 0 : (row.cost / report.totalCost) * 100;
		return `- ${model}: ${formatUsd(row.cost)} (${share.toFixed(1)}%) | ${countRequests(row.requests)} | ${formatUsd(row.avgCostPerRequest, 4)}/req`;
	});
	const days = report.dailyCosts.map(({ date, cost, requests, unpricedRequests }) => {
		return `- ${date}: ${unpricedRequests === requests ? 'unpriced' : formatUsd(cost)} (${countRequests(requests)})`;
	});
	lines.push(
		...formatSection('By Model:', models),
		...formatSection('Daily Costs:', days),
		'',
		'Trends:',
		`- Daily Average: ${formatUsd(report.trends.dailyAverage)}`,
		`- Weekly Average: ${formatUsd(report.trends.weeklyAverage)}`,
		`- Projected Monthly: ${formatUsd(report.trends.projectedMonthly)}`,
		...formatSuggestions(report),
	);
	return lines.join('\n');
}

/** `switchyard cost` */
export function costCommand(program: Command): void {
	const command = program.command('cost').description('report spending and where it could be less');
	addPeriodOptions(command, 'the last 7 days')
		.option('--by <group>', `totals by ${GROUPS.join(', ')}`, parseChoice(GROUPS))
		.option('--chart', 'draw the totals as bars')
		.option('--csv', 'print the totals as CSV')
		.option('--what-if [file]', 'try the policies on the tasks of a file, or on a mix of 500, without calling anything')
		.option('--history', 'with --what-if: on the recorded requests of the period')
		.option('--policy <name...>', 'with --what-if: policies to try; auto is the configured one')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard cost --period month\n  switchyard cost --by tag --chart\n  switchyard cost --start 2026-01-01 --end 2026-01-31 --json\n  switchyard cost --what-if tasks.txt --policy auto cheap',
		)
		.action(
			projectAction(async (session, flags: CostFlags) => {
				const { resolveReportPeriod } = await import('../report-period.ts');
				const { system, output, loaded } = session;
				const period = resolveReportPeriod(flags, loaded.config.budget.timezone, Date.now());
				if (flags.whatIf !== undefined || flags.history === true || flags.policy !== undefined) {
					await tryPolicies(session, flags, period);
					return;
				}
				if (flags.by !== undefined || flags.chart === true || flags.csv === true) {
					await showGroup(session, flags, period);
					return;
				}
				const { title, start, end } = period;
				const report = await output.progress('Reading', () => system.costReport({ start, end }));
				const range = { from: start.getTime(), to: end.getTime() };
				const savings = await system.savings(range);
				const { readBaselines } = await import('../../system/index.ts');
				const baselines = await readBaselines(await system.flush(), range, system.router);
				output.result({ ...report, savings, baselines }, () =>
					[
						...formatDefeat(baselines),
						formatReport(report, title, output),
						...formatSavings(savings),
						...formatBaselines(baselines),
					].join('\n'),
				);
				output.hint('Next: "switchyard cost --by model --chart" draws it, "switchyard budget" limits it.');
			}),
		);
}

/** True for a group of nothing but requests without a price: its cost is unknown, not $0. */
function isUnpriced({ requests, unpricedRequests }: CostTotals): boolean {
	return requests > 0 && requests === unpricedRequests;
}

function formatCost(row: CostTotals): string {
	return isUnpriced(row) ? 'unpriced' : formatUsd(nanoToUsd(row.costNanoUsd));
}

/** Whole dollars as they are, else to the nano-dollar. */
function formatExactUsd({ costNanoUsd }: CostTotals): string {
	const usd = nanoToUsd(costNanoUsd);
	return Number.isInteger(usd) ? String(usd) : usd.toFixed(9);
}

/** Totals of a group as a table. */
function formatGroupTable(group: CostGroup, totals: readonly CostTotals[]): string {
	if (totals.length === 0) return 'The ledger has no rows in this time.';
	const rows = totals.map((row) => {
		const { key, requests, inputTokens, outputTokens, unpricedRequests } = row;
		const note = unpricedRequests === 0 ? '' : `${unpricedRequests} unpriced, in no sum`;
		return [escapeText(key) || '(none)', formatCost(row), ...[requests, inputTokens, outputTokens].map(String), note];
	});
	return formatTable([group, '>cost', '>requests', '>input tokens', '>output tokens', ''], rows);
}

/** Totals of a group as bars, as wide as the terminal. */
function formatGroupChart(totals: readonly CostTotals[]): string {
	return formatBarChart(
		totals.map((row) => ({ label: escapeText(row.key), value: row.costNanoUsd, text: formatCost(row) })),
	);
}

/** Totals of a group as CSV with a header. */
function formatGroupCsv(group: CostGroup, totals: readonly CostTotals[]): string {
	const header = `${group.replace('-', '_')},cost_usd,requests,input_tokens,output_tokens,unpriced_requests`;
	const lines = totals.map((row) => {
		const { key, requests, inputTokens, outputTokens, unpricedRequests } = row;
		const cost = isUnpriced(row) ? null : formatExactUsd(row);
		return [key, cost, requests, inputTokens, outputTokens, unpricedRequests].map(formatCsvCell).join(',');
	});
	return [header, ...lines].join('\n');
}

const BASELINES: Readonly<Record<SavingsEstimate['baseline'], string>> = {
	strongest: 'Always the strongest',
	cheapest: 'Always the cheapest',
	'cost-matched-mix': 'Random mix at the same cost',
};

/** Share of a cost by which another may differ and be called the same. */
const SAME_COST = 0.005;

/** What the same work would have cost otherwise, with how that was estimated. */
function formatSavings(savings: readonly SavingsEstimate[]): string[] {
	if (savings.every(({ requests }) => requests === 0)) return [];
	const lines = savings.map(({ actualCost, baseline, baselineCost, leftOut, method, qualityDelta, saved }) => {
		const isSame = Math.abs(saved) <= SAME_COST * actualCost;
		const difference = isSame ? 'as much' : saved < 0 ? `${formatUsd(-saved)} less` : `${formatUsd(saved)} more`;
		const points = `quality of what was used ${qualityDelta < 0 ? '' : '+'}${qualityDelta.toFixed(1)} points beside it`;
		const left = leftOut === 0 ? '' : `; ${countRequests(leftOut)} could not be compared`;
		return `- ${BASELINES[baseline]}: ${formatUsd(baselineCost)}, ${difference} ${isSame ? 'as' : 'than'} the ${formatUsd(actualCost)} spent; ${points}${left}\n  ${method}`;
	});
	return ['', 'Instead (estimates):', ...lines];
}
