import { useState } from 'preact/hooks';
import { toCsvText } from '../util/index.ts';
import { useResource } from './api.ts';
import { formatCount, formatMoney, formatShare } from './format.ts';
import { DataTable, Loaded, Money, Name, ViewHead } from './parts.tsx';
import { RangeFilter, toRangeQuery } from './range-filter.tsx';
import { type Place, setFilters, toAddress } from './router.ts';

/** Totals of one group, as the admin API shows them. */
interface Group {
	key: string;
	requests: number;
	unpricedRequests: number;
	inputTokens: number;
	outputTokens: number;
	/** `null`: nothing of it has a price. */
	costNanoUsd: number | null;
}

interface Costs {
	timezone: string;
	totals: Group[];
	/** Groups that are not shown. */
	leftOut: number;
}

const GROUPS = {
	day: 'Day',
	model: 'Model',
	'task-type': 'Task type',
	key: 'Key',
	team: 'Team',
	tag: 'Tag',
	session: 'Session',
};
/** Filters of the list of decisions by the group that leads there. */
const DECISION_FILTERS: Readonly<Record<string, string>> = {
	model: 'model',
	'task-type': 'type',
	key: 'key',
	tag: 'tag',
	session: 'session',
};
const MAX_GROUPS = '1000';

/** What was spent, by one of the ways to group it. */
export function CostsView({ place: { query } }: { place: Place }) {
	const by = query.get('by') ?? 'day';
	const costs = useResource<Costs>(
		`/admin/v1/costs?${toRangeQuery(query)}&by=${encodeURIComponent(by)}&limit=${MAX_GROUPS}`,
	);
	return (
		<>
			<ViewHead title="Costs" />
			<div class="filters">
				<RangeFilter query={query} timezone={costs.data?.timezone ?? null} />
				<label class="field">
					By
					<select value={by} onChange={(event) => setFilters({ by: event.currentTarget.value })}>
						{Object.entries(GROUPS).map(([value, name]) => (
							<option key={value} value={value}>
								{name}
							</option>
						))}
					</select>
				</label>
			</div>
			<Loaded
				resource={costs}
				isEmpty={({ totals }) => totals.length === 0}
				empty={<p>Nothing was charged in this range. Choose a longer one.</p>}
			>
				{(data) => <CostTable data={data} by={by} />}
			</Loaded>
		</>
	);
}

function CostTable({ data, by }: { data: Costs; by: string }) {
	const { totals } = data;
	const sum = (name: 'requests' | 'unpricedRequests') => totals.reduce((total, group) => total + group[name], 0);
	const total = totals.reduce((nano, { costNanoUsd }) => nano + (costNanoUsd ?? 0), 0);
	const head = Object.entries(GROUPS).find(([value]) => value === by)?.[1] ?? by;
	const unpriced = sum('unpricedRequests');
	return (
		<>
			<p class="note">
				{by === 'tag'
					? 'A request with several tags counts under each of them. '
					: `${formatMoney(total)} for ${formatCount(sum('requests'))} requests. `}
				{unpriced === 0 ? '' : `${formatCount(unpriced)} requests have no price and are in no sum. `}
				{data.leftOut === 0 ? '' : `The ${formatCount(data.leftOut)} smallest groups are not shown.`}
			</p>
			<DataTable
				label="Costs"
				rows={totals}
				keyOf={({ key }) => key}
				columns={[
					{ head, cell: ({ key }) => <GroupName by={by}>{key}</GroupName> },
					{ head: 'Requests', isNumber: true, cell: ({ requests }) => formatCount(requests) },
					{ head: 'Tokens in', isNumber: true, isOptional: true, cell: ({ inputTokens }) => formatCount(inputTokens) },
					{
						head: 'Tokens out',
						isNumber: true,
						isOptional: true,
						cell: ({ outputTokens }) => formatCount(outputTokens),
					},
					{ head: 'Cost, USD', isNumber: true, cell: ({ costNanoUsd }) => <Money nano={costNanoUsd} /> },
					{
						head: 'Share',
						isNumber: true,
						isOptional: true,
						cell: ({ costNanoUsd }) => (by === 'tag' ? '–' : formatShare(costNanoUsd ?? 0, total)),
					},
				]}
			/>
			<Export totals={totals} by={by} />
		</>
	);
}

function GroupName({ by, children }: { by: string; children: string }) {
	const filter = DECISION_FILTERS[by];
	if (filter === undefined || children === '') return <Name>{children}</Name>;
	return (
		<a href={toAddress('decisions', null, new URLSearchParams({ [filter]: children }))}>
			<Name>{children}</Name>
		</a>
	);
}

const COLUMNS = ['key', 'requests', 'unpricedRequests', 'inputTokens', 'outputTokens', 'costNanoUsd'] as const;

/** What is shown, as CSV without anything that a spreadsheet would run. */
function toCsv(totals: readonly Group[], by: string): string {
	const lines = totals.map((group) =>
		COLUMNS.map((name) => (name === 'key' ? toCsvText(group.key) : (group[name] ?? ''))).join(','),
	);
	return [[by, ...COLUMNS.slice(1)].join(','), ...lines, ''].join('\r\n');
}

function Export({ totals, by }: { totals: readonly Group[]; by: string }) {
	const [saved, setSaved] = useState('');
	const save = (ending: 'csv' | 'json') => {
		const text = ending === 'csv' ? toCsv(totals, by) : `${JSON.stringify(totals, null, '\t')}\n`;
		const address = URL.createObjectURL(new Blob([text], { type: ending === 'csv' ? 'text/csv' : 'application/json' }));
		const link = document.createElement('a');
		link.href = address;
		link.download = `costs-by-${by}.${ending}`;
		link.click();
		// the browser has begun to read it by then
		setTimeout(() => URL.revokeObjectURL(address), 10_000);
		setSaved(`Saved as ${link.download}.`);
	};
	return (
		<p class="row-actions">
			<button type="button" onClick={() => save('csv')}>
				Export CSV
			</button>
			<button type="button" onClick={() => save('json')}>
				Export JSON
			</button>
			<span role="status" class="muted">
				{saved}
			</span>
		</p>
	);
}
