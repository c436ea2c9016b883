import { type DecisionSummary, NANO_PER_USD, type Overview } from '../contracts/index.ts';
import type { BudgetLimitStatus } from '../system/index.ts';
import { escapeText, SECOND_MS } from '../util/index.ts';
import { formatUsd, type Output } from './output.ts';
import { formatTable, measureText, padText, truncateText } from './terminal-text.ts';

/** What the screen shows. */
export interface TopData {
	overview: Overview;
	limits: readonly BudgetLimitStatus[];
	/** Newest first. */
	newest: readonly DecisionSummary[];
	/** What the project's gateway has under way; `null` where none tells. */
	queue: { inFlight: number; queued: number } | null;
	/** Why the figures are those of before; `null` where they are new. */
	problem: string | null;
}

/** How large the screen is, and what colours it takes. */
export interface TopLayout {
	columns: number;
	rows: number;
	output: Pick<Output, 'style'>;
	/** `#` in place of block characters, for what is no terminal. */
	isPlain: boolean;
}

/** Limits that are shown at most: the nearest. */
const MAX_LIMITS = 4;
/** Rows that models take at most while requests wait for theirs. */
const MAX_MODELS = 6;
/** Shares of a limit from which on it is shown in yellow and in red. */
const NEAR = 0.8;
const USED_UP = 1;

const MAX_METER_COLUMNS = 30;

/** One screen of what is spent, by whom, and how requests go; never wider or longer than asked. */
export function formatTop(data: TopData, layout: TopLayout): string[] {
	const { columns, isPlain, rows } = layout;
	const cut = (line: string): string => truncateText(line, columns);
	const above = [
		layout.output.style('bold', cut(formatTitle(data.overview) + (isPlain ? '' : ' · q quits'))),
		...(data.problem === null ? [] : [layout.output.style('red', cut(escapeText(data.problem)))]),
		'',
		...formatLimits(data.limits, layout),
		...formatResults(data).map(cut),
	];
	const left = rows - above.length;
	const models = formatModels(data.overview, { columns, rows: Math.min(left - 1, MAX_MODELS + 2) });
	const requests = formatNewest(data, { columns, rows: left - models.length - 2 });
	const below = [models, requests].filter((lines) => lines.length > 0).flatMap((lines) => ['', ...lines.map(cut)]);
	return [...above, ...below].slice(0, rows);
}

function formatTitle({ at, timezone }: Overview): string {
	const day = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(at);
	return `switchyard top · today, ${day} ${formatTime(at, timezone)} ${timezone}`;
}

function formatTime(at: number, timezone: string): string {
	const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
	return new Intl.DateTimeFormat('en-GB', { timeZone: timezone, ...parts }).format(at);
}

function getShare({ heldUsd, limitUsd, spentUsd }: BudgetLimitStatus): number {
	if (limitUsd <= 0) return USED_UP;
	return ((spentUsd ?? 0) + (heldUsd ?? 0)) / limitUsd;
}

function formatLimits(limits: readonly BudgetLimitStatus[], { columns, isPlain, output }: TopLayout): string[] {
	const counted = limits
		.filter(({ spentUsd }) => spentUsd !== null)
		.map((limit) => ({ limit, share: getShare(limit) }));
	const nearest = counted.sort((a, b) => b.share - a.share).slice(0, MAX_LIMITS);
	const rows = nearest.map(({ limit: { heldUsd, limitUsd, period, scope, spentUsd }, share }) => ({
		label: escapeText(scope === 'all' ? period : `${scope} ${period}`),
		amount: `${formatUsd(spentUsd, 2)} of ${formatUsd(limitUsd, 2)}`,
		rest: `${formatPercent(share)}${heldUsd ? `, ${formatUsd(heldUsd, 2)} held` : ''}`,
		share,
	}));
	const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(measureText));
	const labelColumns = Math.min(widest(rows.map(({ label }) => label)), Math.floor(columns / 3));
	const amountColumns = widest(rows.map(({ amount }) => amount));
	const room = columns - labelColumns - amountColumns - widest(rows.map(({ rest }) => rest)) - 3;
	const meterColumns = Math.max(0, Math.min(MAX_METER_COLUMNS, room));
	const lines = rows.map(({ amount, label, rest, share }) => {
		const name = padText(truncateText(label, labelColumns), labelColumns);
		const meter = drawMeter(share, meterColumns, isPlain);
		const line = truncateText(`${name} ${meter} ${padText(amount, amountColumns, 'left')} ${rest}`, columns);
		if (share < NEAR) return line;
		return output.style(share < USED_UP ? 'yellow' : 'red', line);
	});
	return lines.length === 0 ? lines : [...lines, ''];
}

function drawMeter(share: number, width: number, isPlain: boolean): string {
	const filled = Math.round(Math.min(1, share) * width);
	return (isPlain ? '#' : '█').repeat(filled) + (isPlain ? '.' : '░').repeat(width - filled);
}

function formatPercent(share: number): string {
	return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

function formatResults({ overview: { recent, total }, queue }: TopData): string[] {
	const { cache, fallbacks, latencyMs, sampled, successes } = recent;
	const unpriced = total.unpricedRequests > 0 ? `, ${total.unpricedRequests} unpriced` : '';
	const calls = total.requests === 1 ? '1 call' : `${total.requests} calls`;
	const open = queue === null ? '' : `; now ${queue.inFlight} under way, ${queue.queued} waiting`;
	const spent = `${calls} today, ${formatUsd(total.costNanoUsd / NANO_PER_USD)}${unpriced}${open}`;
	if (sampled === 0) return [spent, 'No request has ended today.'];
	const seconds = (ms: number) => `${(ms / SECOND_MS).toFixed(1)} s`;
	const latency = latencyMs === null ? '' : `, p50 ${seconds(latencyMs.p50)}, p95 ${seconds(latencyMs.p95)}`;
	const reads = cache.inputTokens > 0 ? `, ${formatPercent(cache.cacheReadTokens / cache.inputTokens)} cached` : '';
	const rates = `${formatPercent(successes / sampled)} answered, ${formatPercent(fallbacks / sampled)} by fallback`;
	return [spent, `Last ${sampled}: ${rates}${latency}${reads}`];
}

/** A table of so many rows at most, its head included; none where they are too few for one line of it. */
function formatRows(
	headers: readonly string[],
	lines: ReadonlyArray<readonly string[]>,
	{ columns, rows }: Pick<TopLayout, 'columns' | 'rows'>,
): string[] {
	if (rows < 3 || lines.length === 0) return [];
	return formatTable(headers, lines.slice(0, rows - 2), columns)
		.split('\n')
		.slice(0, rows);
}

/** Columns that the rest of a row takes at most; a name of more than is left would take further lines. */
const BESIDE_NAME_COLUMNS = 56;
const MIN_NAME_COLUMNS = 12;
const MAX_NAME_COLUMNS = 40;

function formatName(name: string, columns: number): string {
	const room = Math.min(MAX_NAME_COLUMNS, Math.max(MIN_NAME_COLUMNS, columns - BESIDE_NAME_COLUMNS));
	return truncateText(escapeText(name), room);
}

function formatModels({ byModel }: Overview, room: Pick<TopLayout, 'columns' | 'rows'>): string[] {
	const lines = byModel.map(({ costNanoUsd, inputTokens, key, outputTokens, requests, unpricedRequests }) => [
		formatName(key, room.columns),
		String(requests),
		unpricedRequests === requests ? 'unpriced' : formatUsd(costNanoUsd / NANO_PER_USD),
		formatTokens(inputTokens),
		formatTokens(outputTokens),
	]);
	return formatRows(['model', '>calls', '>cost', '>tokens in', '>out'], lines, room);
}

function formatTokens(tokens: number): string {
	return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(tokens);
}

function formatNewest({ newest, overview }: TopData, room: Pick<TopLayout, 'columns' | 'rows'>): string[] {
	const lines = newest.map(({ decision, outcome }) => [
		formatTime(decision.at, overview.timezone),
		formatName(outcome?.answeredBy ?? decision.model, room.columns),
		decision.taskType,
		...formatOutcome(outcome),
	]);
	return formatRows(['at', 'model', 'type', 'ended', '>cost', '>took'], lines, room);
}

function formatOutcome(outcome: DecisionSummary['outcome']): [ended: string, cost: string, took: string] {
	if (outcome === null) return ['…', '', ''];
	const { actualCostNanoUsd: cost, actualLatencyMs: latency, success, usedFallback } = outcome;
	const answered = usedFallback ? 'by fallback' : 'answered';
	return [
		success ? answered : 'failed',
		formatUsd(cost === null ? null : cost / NANO_PER_USD),
		latency === null ? '' : `${(latency / SECOND_MS).toFixed(1)} s`,
	];
}
