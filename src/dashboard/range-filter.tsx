import { formatDay } from './format.ts';
import { setFilters } from './router.ts';

const PERIODS = { today: 'Today', week: '7 days', month: 'This month', all: 'All', days: 'Days…' } as const;

/** The parameters of the admin API for the range in the address; the last 7 days where it names none. */
export function toRangeQuery(query: URLSearchParams): string {
	const range = new URLSearchParams();
	for (const name of ['from', 'to']) {
		const value = query.get(name);
		if (value !== null) range.set(name, value);
	}
	if (range.size === 0) range.set('period', query.get('period') ?? 'week');
	return range.toString();
}

/** The range of a view, in its address; with the zone in which days begin. */
export function RangeFilter({ query, timezone }: { query: URLSearchParams; timezone: string | null }) {
	const from = query.get('from') ?? '';
	const to = query.get('to') ?? '';
	const chosen = from !== '' || to !== '' ? 'days' : (query.get('period') ?? 'week');
	const choose = (period: string) => {
		const today = formatDay(Date.now(), timezone ?? 'UTC');
		if (period === 'days') setFilters({ period: '', from: today, to: today });
		else setFilters({ period, from: '', to: '' });
	};
	return (
		<>
			<label class="field">
				{timezone === null ? 'Range' : `Range (${timezone})`}
				<select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
					{Object.entries(PERIODS).map(([value, name]) => (
						<option key={value} value={value}>
							{name}
						</option>
					))}
				</select>
			</label>
			{chosen !== 'days' ? null : (
				<>
					<label class="field">
						From
						<input
							type="date"
							value={from.slice(0, 10)}
							onChange={(event) => setFilters({ from: event.currentTarget.value })}
						/>
					</label>
					<label class="field">
						To, included
						<input
							type="date"
							value={to.slice(0, 10)}
							onChange={(event) => setFilters({ to: event.currentTarget.value })}
						/>
					</label>
				</>
			)}
		</>
	);
}
