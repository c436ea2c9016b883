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

/** Totals of the ledger by group: whole hours from the sums that triggers keep, the rest from the charges. Days begin in the zone. */
export function readCostTotals(
	connection: SqliteConnection,
	range: TimeRange,
	{ by, timezone }: { by: CostGroup; timezone: string },
): CostTotals[] {
	const totals = new Map<string, CostTotals>();
	const query: Query = (sql, from, to) => connection.rows(sql, from, to);
	const add = (key: string, row: SqlRow): void => addToTotals(totals, key, toSums(row));
	connection.read(() => {
		if (by === 'day') sumDays(query, range, { add, toDay: createLocalDay(timezone) });
		else if (by === 'model' || by === 'task-type') sumHourlyGroups(query, range, { add, column: GROUP_COLUMN[by] });
		else sumAttribution(query, range, { add, by });
	});
	return sortTotals(totals, by);
}

type Query = (sql: string, from: string, to: string) => SqlRow[];
type Add = (key: string, row: SqlRow) => void;

const SUMS_OF_HOURS = `
  SUM(requests) AS requests, SUM(unpriced_requests) AS unpriced, SUM(cost_nano) AS cost,
  SUM(tokens_input) AS input, SUM(tokens_output) AS output
FROM cost_hours WHERE hour >= ? AND hour < ?`;
const SUMS_OF_ROWS = `
  SUM(requests) AS requests, SUM(unpriced_requests) AS unpriced, COALESCE(SUM(cost_nano), 0) AS cost,
  SUM(tokens_input) AS input, SUM(tokens_output) AS output`;
const IN_RANGE = 'WHERE created_at >= ? AND created_at < ?';
const GROUP_COLUMN = { model: 'model', 'task-type': 'task_type' } as const;
/** Groups of which no hourly sums are kept. A tag given twice on a row counts once. */
const ATTRIBUTED_ROWS = {
	key: `SELECT *, COALESCE(key_id, '') AS group_key FROM v_charges`,
	team: `SELECT *, COALESCE(team, '') AS group_key FROM v_charges`,
	session: `SELECT *, COALESCE(session_id, '') AS group_key FROM v_charges`,
	'key-session': `SELECT *, json_array(named_by, COALESCE(session_id, '')) AS group_key FROM v_charges`,
	'key-tag': `SELECT DISTINCT v_charges.*, json_array(named_by, tag.value) AS group_key FROM v_charges, json_each(IIF(json_array_length(tags) > 0, tags, '[""]')) AS tag`,
	tag: `SELECT DISTINCT v_charges.*, tag.value AS group_key FROM v_charges, json_each(IIF(json_array_length(tags) > 0, tags, '[""]')) AS tag`,
} as const;

function toSums(row: SqlRow): CostSums {
	return {
		requests: getNumber(row, 'requests'),
		costNanoUsd: getNumber(row, 'cost'),
		inputTokens: getNumber(row, 'input'),
		outputTokens: getNumber(row, 'output'),
		unpricedRequests: getNumber(row, 'unpriced'),
	};
}

function sumAttribution(
	query: Query,
	range: TimeRange,
	{ add, by }: { add: Add; by: keyof typeof ATTRIBUTED_ROWS },
): void {
	const sql = `SELECT group_key AS key,${SUMS_OF_ROWS} FROM (${ATTRIBUTED_ROWS[by]} ${IN_RANGE}) GROUP BY group_key`;
	for (const row of query(sql, toIsoTime(range.from), toIsoTime(range.to))) add(getText(row, 'key'), row);
}

function sumHourlyGroups(query: Query, range: TimeRange, { add, column }: { add: Add; column: string }): void {
	const { hours, edges } = splitAtHours(range);
	const ofHours = query(
		`SELECT ${column} AS key,${SUMS_OF_HOURS} GROUP BY ${column}`,
		toHourKey(hours.from),
		toHourKey(hours.to),
	);
	const sql = `SELECT ${column} AS key,${SUMS_OF_ROWS} FROM v_charges ${IN_RANGE} GROUP BY ${column}`;
	const ofEdges = edges.flatMap(({ from, to }) => query(sql, toIsoTime(from), toIsoTime(to)));
	for (const row of [...ofHours, ...ofEdges]) add(getText(row, 'key'), row);
}

function sumDays(query: Query, range: TimeRange, { add, toDay }: { add: Add; toDay: (at: number) => string }): void {
	const { hours, edges } = splitAtHours(range);
	const ofHours = `SELECT hour AS key,${SUMS_OF_HOURS} GROUP BY hour`;
	for (const row of query(ofHours, toHourKey(hours.from), toHourKey(hours.to))) {
		const start = fromIsoTime(`${getText(row, 'key')}:00:00.000Z`);
		const day = toDay(start);
		// in a zone half an hour off, the hour of midnight belongs to two days: its rows are read one by one
		if (day === toDay(start + HOUR_MS - 1)) add(day, row);
		else edges.push({ from: start, to: start + HOUR_MS });
	}
	const ofRows = `SELECT created_at AS key,${SUMS_OF_ROWS} FROM v_charges ${IN_RANGE} GROUP BY created_at`;
	for (const { from, to } of edges) {
		for (const row of query(ofRows, toIsoTime(from), toIsoTime(to))) add(toDay(fromIsoTime(getText(row, 'key'))), row);
	}
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

/** The hour as `cost_hours` names it: `2026-11-24T09`. */
function toHourKey(at: number): string {
	return toIsoTime(at).slice(0, 13);
}
