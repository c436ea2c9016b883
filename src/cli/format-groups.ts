import type { CostGroup, CostTotals, SavingsEstimate } from '../index.ts';
import { barChart } from './bar-chart.ts';
import { formatTable, formatUsd } from './output.ts';

const NANO = 1_000_000_000;
/** Width of a chart where the terminal does not say. */
const DEFAULT_WIDTH = 80;

function usdOf({ costNanoUsd }: CostTotals): number {
	return costNanoUsd / NANO;
}

/** True for a group of nothing but requests without a price: its cost is unknown, not $0. */
function isUnpriced({ requests, unpricedRequests }: CostTotals): boolean {
	return requests > 0 && requests === unpricedRequests;
}

function costOf(row: CostTotals): string {
	return isUnpriced(row) ? 'unpriced' : formatUsd(usdOf(row));
}

function nameOf(key: string): string {
	return key === '' ? '(none)' : key;
}

/** Totals of a group as a table. */
export function groupTable(group: CostGroup, totals: readonly CostTotals[]): string {
	if (totals.length === 0) return 'The ledger has no rows in this time.';
	const rows = totals.map((row) => [
		nameOf(row.key),
		costOf(row),
		String(row.requests),
		String(row.inputTokens),
		String(row.outputTokens),
		row.unpricedRequests === 0 ? '' : `${row.unpricedRequests} unpriced, in no sum`,
	]);
	return formatTable([group, '>cost', '>requests', '>input tokens', '>output tokens', ''], rows);
}

/** Totals of a group as bars, as wide as the terminal. */
export function groupChart(totals: readonly CostTotals[], terminal: { columns?: number; isPlain: boolean }): string {
	const ordered = totals.map((row) => ({ label: row.key, value: usdOf(row), text: costOf(row) }));
	return barChart(ordered, { width: terminal.columns ?? DEFAULT_WIDTH, isPlain: terminal.isPlain });
}

/** One cell of RFC 4180 text; what a spreadsheet would take for a formula is made plain with a quote mark. */
function csvCell(value: string | number | null): string {
	if (value === null) return '';
	if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(9);
	const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Totals of a group as CSV with a header. */
export function groupCsv(group: CostGroup, totals: readonly CostTotals[]): string {
	const header = `${group.replace('-', '_')},cost_usd,requests,input_tokens,output_tokens,unpriced_requests`;
	const lines = totals.map((row) =>
		[
			row.key,
			isUnpriced(row) ? null : usdOf(row),
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
export function savingsLines(savings: readonly SavingsEstimate[]): string[] {
	if (savings.every(({ requests }) => requests === 0)) return [];
	const lines = savings.map((one) => {
		const saved = one.saved < 0 ? `${formatUsd(-one.saved)} less` : `${formatUsd(one.saved)} more`;
		const points = `quality of what was used ${one.qualityDelta < 0 ? '' : '+'}${one.qualityDelta.toFixed(1)} points beside it`;
		const left = one.leftOut === 0 ? '' : `; ${one.leftOut} requests could not be compared`;
		return `- ${BASELINES[one.baseline]}: ${formatUsd(one.baselineCost)}, ${saved} than the ${formatUsd(one.actualCost)} spent; ${points}${left}\n  ${one.method}`;
	});
	return ['', 'Instead (estimates):', ...lines];
}
