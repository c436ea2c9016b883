import { useState } from 'preact/hooks';
import type { AuditEntry } from '../contracts/index.ts';
import { ApiError, request, useResource } from './api.ts';
import { formatInstant } from './format.ts';
import { DataTable, Loaded, Name, ViewHead } from './parts.tsx';
import { type Place, toAddress } from './router.ts';

type Entry = Omit<AuditEntry, 'at'> & { at: string };

interface Page {
	timezone: string;
	entries: Entry[];
	/** Where the next page begins; `null` at the end. */
	before: number | null;
}

const ACTIONS: Readonly<Record<string, string>> = {
	'key-created': 'Made key',
	'key-rotated': 'Rotated key',
	'key-revoked': 'Revoked key',
	'limit-set': 'Set limit',
	'limit-cleared': 'Cleared limit',
};
const PLACES: Readonly<Record<string, string>> = { loopback: 'this machine', 'command-line': 'command line' };

/** Who has changed keys and limits, the newest first. */
export function AuditView(_: { place: Place }) {
	const first = useResource<Page>('/admin/v1/audit');
	return (
		<>
			<ViewHead title="Audit log">
				<a href={toAddress('budgets')}>Budgets</a>
				<a href={toAddress('keys')}>Keys</a>
			</ViewHead>
			<Loaded
				resource={first}
				isEmpty={({ entries }) => entries.length === 0}
				empty={
					<p>
						Nothing was changed yet. Keys and limits that are made or changed are listed here and by{' '}
						<code>switchyard audit</code>.
					</p>
				}
			>
				{(page) => <EntryTable key={page.entries[0]?.id} first={page} />}
			</Loaded>
		</>
	);
}

function EntryTable({ first }: { first: Page }) {
	const [more, setMore] = useState<Page[]>([]);
	const [problem, setProblem] = useState<string | null>(null);
	const pages = [first, ...more];
	const before = pages.at(-1)?.before ?? null;
	const loadMore = () => {
		request(`/admin/v1/audit?before=${before}`).then(
			(page) => setMore((known) => [...known, page as Page]),
			(error: unknown) => setProblem(error instanceof ApiError ? error.message : String(error)),
		);
	};
	return (
		<>
			<DataTable
				label="Changes"
				rows={pages.flatMap(({ entries }) => entries)}
				keyOf={({ id }) => String(id)}
				columns={[
					{ head: `Time (${first.timezone})`, cell: ({ at }) => formatInstant(at, first.timezone) },
					{
						head: 'Who',
						cell: ({ by, byName }) => <Name>{byName === null ? (PLACES[by] ?? by) : `${byName} (${by})`}</Name>,
					},
					{ head: 'What', cell: ({ action, target }) => <Name>{`${ACTIONS[action] ?? action} ${target}`}</Name> },
					{ head: 'Change', cell: (entry) => <Name>{describeChange(entry)}</Name> },
				]}
			/>
			{problem === null ? null : (
				<p class="notice error" role="alert">
					{problem}
				</p>
			)}
			{before === null ? null : (
				<button type="button" onClick={loadMore}>
					Show older
				</button>
			)}
		</>
	);
}

/** What differs between two states. */
function describeChange({ before, after }: Entry): string {
	const [old, fresh] = [Object(before ?? {}), Object(after ?? {})] as Array<Record<string, unknown>>;
	const format = (value: unknown) => (value === undefined || value === null ? 'nothing' : JSON.stringify(value));
	return [...new Set([...Object.keys(old ?? {}), ...Object.keys(fresh ?? {})])]
		.filter((name) => format(old?.[name]) !== format(fresh?.[name]))
		.map((name) => `${name}: ${format(old?.[name])} → ${format(fresh?.[name])}`)
		.join('; ');
}
