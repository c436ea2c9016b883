import {
	addToTotals,
	type CostGroup,
	type CostSums,
	type CostTotals,
	sortTotals,
	type TimeRange,
} from '../../contracts/index.ts';
import { HOUR_MS } from '../../util/index.ts';
import { createLocalDay } from '../shared/row-rules.ts';
import { fromIsoTime, getNumber, getText, toIsoTime } from './columns.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const HOUR_LENGTH = '2026-11-24T09'.length;

/** How a report is grouped. */
export interface CostGrouping {
	by: CostGroup;
	/** IANA zone in which days begin. */
	timezone: string;
}

const SUMS_OF_HOURS = `
  SUM(requests) AS requests, SUM(unpriced_requests) AS unpriced, SUM(cost_nano) AS cost,
  SUM(tokens_input) AS input, SUM(tokens_output) AS output
FROM cost_hours WHERE hour >= ? AND hour < ?`;
const SUMS_OF_ROWS = `
  SUM(kind = 'charge') AS requests, SUM(kind = 'charge' AND cost_nano IS NULL) AS unpriced, COALESCE(SUM(cost_nano), 0) AS cost,
  SUM(tokens_input) AS input, SUM(tokens_output) AS output
FROM cost_tracking`;
const IN_RANGE = 'WHERE created_at >= ? AND created_at < ?';
const GROUP_COLUMN = { model: 'model', 'task-type': 'task_type' } as const;
/** Groups whose sums are not kept by the hour: they are read from the rows. */
const ATTRIBUTION_COLUMN = { key: 'key_id', team: 'team', session: 'session_id' } as const;
const OF_EACH_TAG = `, json_each(IIF(json_array_length(tags) > 0, tags, '[""]')) AS tag`;

function partOf(row: SqlRow): CostSums {
	return {
		requests: getNumber(row, 'requests'),
		costNanoUsd: getNumber(row, 'cost'),
		inputTokens: getNumber(row, 'input'),
		outputTokens: getNumber(row, 'output'),
		unpricedRequests: getNumber(row, 'unpriced'),
	};
}

/** The hours that lie wholly in the range, and the rest of it before and after. */
function splitAtHours(range: TimeRange): { hours: TimeRange; edges: TimeRange[] } {
	const from = fromIsoTime(toIsoTime(range.from));
	const to = fromIsoTime(toIsoTime(range.to));
	const first = Math.ceil(from / HOUR_MS) * HOUR_MS;
	const last = Math.floor(to / HOUR_MS) * HOUR_MS;
	if (first > last) return { hours: { from: first, to: first }, edges: [{ from, to }] };
	const edges = [
		{ from, to: first },
		{ from: last, to },
	];
	return { hours: { from: first, to: last }, edges: edges.filter((edge) => edge.from < edge.to) };
}

function hourKey(at: number): string {
	return toIsoTime(at).slice(0, HOUR_LENGTH);
}

/** Totals of the ledger by group: whole hours from their kept sums, the rest from the rows. */
export function readCostTotals(connection: SqliteConnection, range: TimeRange, grouping: CostGrouping): CostTotals[] {
	const { by, timezone } = grouping;
	const totals = new Map<string, CostTotals>();
	connection.read(() => {
		if (by === 'day') sumDays(connection, { range, totals, dayOf: createLocalDay(timezone) });
		else if (by === 'model' || by === 'task-type') sumGroups(connection, { range, totals, column: GROUP_COLUMN[by] });
		else if (by === 'tag') sumRows(connection, { range, totals, key: 'tag.value', join: OF_EACH_TAG });
		else sumRows(connection, { range, totals, key: `COALESCE(${ATTRIBUTION_COLUMN[by]}, '')`, join: '' });
	});
	return sortTotals(totals, by);
}

interface Sum {
	range: TimeRange;
	totals: Map<string, CostTotals>;
}

function sumRows(connection: SqliteConnection, sum: Sum & { key: string; join: string }): void {
	const { range, totals, key, join } = sum;
	// a tag given twice on a row counts once
	const rows = `(SELECT ${join === '' ? '' : 'DISTINCT '}cost_tracking.*, ${key} AS group_key FROM cost_tracking${join} ${IN_RANGE})`;
	const sql = `SELECT group_key AS key,${SUMS_OF_ROWS.replace('FROM cost_tracking', `FROM ${rows}`)} GROUP BY group_key`;
	for (const row of connection.rows(sql, toIsoTime(range.from), toIsoTime(range.to)))
		addToTotals(totals, getText(row, 'key'), partOf(row));
}

function sumGroups(connection: SqliteConnection, sum: Sum & { column: string }): void {
	const { hours, edges } = splitAtHours(sum.range);
	const add = (row: SqlRow) => addToTotals(sum.totals, getText(row, 'key'), partOf(row));
	const group = `GROUP BY ${sum.column}`;
	const key = `SELECT ${sum.column} AS key,`;
	for (const row of connection.rows(`${key}${SUMS_OF_HOURS} ${group}`, hourKey(hours.from), hourKey(hours.to)))
		add(row);
	for (const edge of edges) {
		for (const row of connection.rows(
			`${key}${SUMS_OF_ROWS} ${IN_RANGE} ${group}`,
			toIsoTime(edge.from),
			toIsoTime(edge.to),
		))
			add(row);
	}
}

function sumDays(connection: SqliteConnection, sum: Sum & { dayOf: (at: number) => string }): void {
	const { hours, edges } = splitAtHours(sum.range);
	const rowsByRow = [...edges];
	const sql = `SELECT hour AS key,${SUMS_OF_HOURS} GROUP BY hour`;
	for (const row of connection.rows(sql, hourKey(hours.from), hourKey(hours.to))) {
		const start = fromIsoTime(`${getText(row, 'key')}:00:00.000Z`);
		const day = sum.dayOf(start);
		// in a zone half an hour off, the hour of midnight belongs to two days
		if (day === sum.dayOf(start + HOUR_MS - 1)) addToTotals(sum.totals, day, partOf(row));
		else rowsByRow.push({ from: start, to: start + HOUR_MS });
	}
	for (const { from, to } of rowsByRow) {
		const single = `SELECT created_at AS key,${SUMS_OF_ROWS} ${IN_RANGE} GROUP BY created_at`;
		for (const row of connection.rows(single, toIsoTime(from), toIsoTime(to)))
			addToTotals(sum.totals, sum.dayOf(fromIsoTime(getText(row, 'key'))), partOf(row));
	}
}
