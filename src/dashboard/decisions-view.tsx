import { useContext, useEffect, useState } from 'preact/hooks';
import { ApiError, ChangeContext, request, useResource } from './api.ts';
import { DecisionPage } from './decision-page.tsx';
import { formatCount, formatDuration, formatInstant, toNano } from './format.ts';
import { type Outcome, OutcomeWord } from './outcome-word.tsx';
import { DataTable, Loaded, Money, Name, ViewHead } from './parts.tsx';
import { type Place, setFilters, toAddress } from './router.ts';
import { LIST_SHORTCUTS, useShortcuts } from './shortcuts.ts';

/** A decision of the list. */
interface ListedDecision {
	id: string;
	at: string;
	model: string;
	taskType: string;
	complexity: string;
	estimatedCostUsd: number | null;
	outcome: Outcome | null;
}

interface Page {
	timezone: string;
	decisions: ListedDecision[];
	/** Where the next page begins; `null` at the end. */
	after: string | null;
}

const PAGE_SIZE = '50';
/** Below this width filters are folded away, as in `theme.css`. */
const NARROW_PX = 720;
/** Filters in the address beside the range, by what they are called. */
const FILTERS = {
	model: 'Model',
	type: 'Task type',
	key: 'Key',
	tag: 'Tag',
	session: 'Session',
	minCostUsd: 'Cost, USD, at least',
};
const OUTCOMES = { '': 'Any', success: 'Succeeded', failure: 'Failed', fallback: 'Fell back', pending: 'Pending' };

/** The decisions that meet the filters of the address, or one of them. */
export function DecisionsView({ place }: { place: Place }) {
	return place.id === null ? <DecisionList query={place.query} /> : <DecisionPage id={place.id} query={place.query} />;
}

function toApiQuery(query: URLSearchParams): URLSearchParams {
	const names = [...Object.keys(FILTERS), 'outcome', 'from', 'to'];
	const given = names.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : []));
	return new URLSearchParams([...given, ['limit', PAGE_SIZE]]);
}

function DecisionList({ query }: { query: URLSearchParams }) {
	useShortcuts(LIST_SHORTCUTS);
	const path = `/admin/v1/decisions?${toApiQuery(query)}`;
	const resource = useResource<Page>(path, { isLive: false });
	const { decisions, isLive } = useContext(ChangeContext);
	// what was counted when the list was read: rows never move by themselves
	const [counted, setCounted] = useState<number | null>(null);
	const { readAt } = resource;
	useEffect(() => setCounted(isLive ? decisions : null), [readAt, isLive]);
	const fresh = counted === null ? 0 : decisions - counted;
	return (
		<>
			<ViewHead title="Decisions">
				{fresh <= 0 ? null : (
					<button type="button" class="chip" onClick={resource.reload}>
						{`${formatCount(fresh)} new`}
					</button>
				)}
			</ViewHead>
			<DecisionFilters query={query} timezone={resource.data?.timezone ?? null} />
			<Loaded
				resource={resource}
				isEmpty={(page) => page.decisions.length === 0}
				empty={
					toApiQuery(query).size > 1 ? (
						<p>
							No decision meets these filters. <a href={toAddress('decisions')}>Show all</a>
						</p>
					) : (
						<p>
							Nothing has been routed yet. <code>switchyard route "Fix the login bug"</code> makes the first decision.
						</p>
					)
				}
			>
				{(page) => <DecisionTable key={path} first={page} path={path} query={query} />}
			</Loaded>
		</>
	);
}

function DecisionFilters({ query, timezone }: { query: URLSearchParams; timezone: string | null }) {
	const isSet = toApiQuery(query).size > 1;
	return (
		<details class="fold" open={isSet || innerWidth >= NARROW_PX}>
			<summary class="only-narrow">Filters</summary>
			<search class="filters" aria-label="Filters">
				{Object.entries(FILTERS).map(([name, label]) => (
					<label class="field" key={name}>
						{label}
						<input
							value={query.get(name) ?? ''}
							size={name === 'minCostUsd' ? 8 : 12}
							inputMode={name === 'minCostUsd' ? 'decimal' : 'text'}
							onChange={(event) => setFilters({ [name]: event.currentTarget.value.trim() })}
						/>
					</label>
				))}
				<label class="field">
					Outcome
					<select
						value={query.get('outcome') ?? ''}
						onChange={(event) => setFilters({ outcome: event.currentTarget.value })}
					>
						{Object.entries(OUTCOMES).map(([value, name]) => (
							<option key={value} value={value}>
								{name}
							</option>
						))}
					</select>
				</label>
				{(['from', 'to'] as const).map((name) => (
					<label class="field" key={name}>
						{name === 'to' ? 'To, included' : `From${timezone === null ? '' : ` (${timezone})`}`}
						<input
							type="date"
							value={query.get(name) ?? ''}
							onChange={(event) => setFilters({ [name]: event.currentTarget.value })}
						/>
					</label>
				))}
				{isSet ? <a href={toAddress('decisions')}>Clear all</a> : null}
			</search>
		</details>
	);
}

function DecisionTable({ first, path, query }: { first: Page; path: string; query: URLSearchParams }) {
	const [more, setMore] = useState<Page[]>([]);
	const [problem, setProblem] = useState<string | null>(null);
	const pages = [first, ...more];
	const after = pages.at(-1)?.after ?? null;
	const loadMore = () => {
		request(`${path}&after=${encodeURIComponent(after ?? '')}`).then(
			(page) => {
				setProblem(null);
				setMore((before) => [...before, page as Page]);
			},
			(error: unknown) => setProblem(error instanceof ApiError ? error.message : String(error)),
		);
	};
	return (
		<>
			<DataTable
				label="Decisions"
				rows={pages.flatMap((page) => page.decisions)}
				keyOf={({ id }) => id}
				columns={[
					{
						head: 'Time',
						cell: ({ at, id }) => (
							<a data-row href={toAddress('decisions', id, query)}>
								{formatInstant(at, first.timezone)}
							</a>
						),
					},
					{ head: 'Model', cell: ({ model, outcome }) => <ModelCell model={model} outcome={outcome} /> },
					{
						head: 'Task',
						isOptional: true,
						cell: ({ taskType, complexity }) => <Name>{`${taskType}, ${complexity}`}</Name>,
					},
					{ head: 'Outcome', cell: ({ outcome }) => <OutcomeWord outcome={outcome} /> },
					{
						head: 'Cost, USD',
						isNumber: true,
						cell: ({ estimatedCostUsd, outcome }) =>
							outcome === null ? (
								<Money nano={toNano(estimatedCostUsd)} isEstimate />
							) : (
								<Money nano={toNano(outcome.actualCostUsd)} />
							),
					},
					{
						head: 'Latency',
						isNumber: true,
						isOptional: true,
						cell: ({ outcome }) => formatDuration(outcome?.actualLatencyMs ?? null),
					},
				]}
			/>
			{problem === null ? null : (
				<p class="notice error" role="alert">
					{problem}
				</p>
			)}
			{after === null ? null : (
				<button type="button" onClick={loadMore}>
					Show older
				</button>
			)}
		</>
	);
}

function ModelCell({ model, outcome }: { model: string; outcome: Outcome | null }) {
	if (outcome === null || outcome.answeredBy === '' || outcome.answeredBy === model) return <Name>{model}</Name>;
	return (
		<>
			<Name>{model}</Name> → <Name>{outcome.answeredBy}</Name>
		</>
	);
}
