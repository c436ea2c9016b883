import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import { type ApiError, ChangeContext, type Resource, SessionContext } from './api.ts';
import { formatAge, formatExactMoney, formatMoney, formatName } from './format.ts';
import { readPlace, toAddress } from './router.ts';

/** An amount; whoever points at it sees it exactly. */
export function Money({ nano, isEstimate = false }: { nano: number | null; isEstimate?: boolean }) {
	const sign = isEstimate && nano !== null ? '≈ ' : '';
	return <span title={formatExactMoney(nano)}>{`${sign}${formatMoney(nano)}`}</span>;
}

/** A name that somebody else chose: text, with everything in it visible. */
export function Name({ children }: { children: string }) {
	return <span class="name">{formatName(children)}</span>;
}

/** One figure with what it is of. */
export function Figure(props: {
	label: string;
	isMain?: boolean;
	note?: ComponentChildren;
	children: ComponentChildren;
}) {
	return (
		<div>
			<dt>{props.label}</dt>
			<dd class={props.isMain ? 'main-figure' : ''}>
				{props.children}
				{props.note === undefined ? null : <span class="note">{props.note}</span>}
			</dd>
		</div>
	);
}

/** A share of a limit as a bar: what is spent, what is held, and the state in a word beside it. */
export function LimitBar({ spent, held, limit }: { spent: number; held: number; limit: number }) {
	const percent = (part: number) => `${limit <= 0 ? 100 : Math.min(100, Math.max(0, (100 * part) / limit))}%`;
	return (
		<div class="bar" aria-hidden="true">
			<i class={getLimitState(spent, limit)} style={{ left: '0', width: percent(spent) }} />
			<i class="held" style={{ left: percent(spent), width: percent(held) }} />
		</div>
	);
}

/** How near spending is to a limit. */
export function getLimitState(spent: number, limit: number): 'good' | 'near' | 'over' {
	if (spent >= limit) return 'over';
	return spent >= 0.8 * limit ? 'near' : 'good';
}

/** What a table's column shows. */
export interface Column<Row> {
	head: string;
	cell: (row: Row) => ComponentChildren;
	isNumber?: boolean;
	/** Left out where the page is narrow. */
	isOptional?: boolean;
}

/** A table that says what it lists. */
export function DataTable<Row>(props: {
	label: string;
	columns: readonly Column<Row>[];
	rows: readonly Row[];
	keyOf: (row: Row) => string;
	selected?: string | null;
}) {
	const classOf = ({ isNumber, isOptional }: Column<Row>) =>
		[isNumber ? 'number' : '', isOptional ? 'optional' : ''].filter(Boolean).join(' ') || undefined;
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
		<section class="scroll" aria-label={props.label} tabIndex={0}>
			<table>
				<thead>
					<tr>
						{props.columns.map((column) => (
							<th key={column.head} scope="col" class={classOf(column)}>
								{column.head}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{props.rows.map((row) => (
						<tr key={props.keyOf(row)} aria-current={props.selected === props.keyOf(row) ? 'true' : undefined}>
							{props.columns.map((column) => (
								<td key={column.head} class={classOf(column)}>
									{column.cell(row)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

/** What was read, or how far reading has come: the shape of what comes, what failed, and how old it is. */
export function Loaded<Data>(props: {
	resource: Resource<Data>;
	isEmpty?: (data: Data) => boolean;
	empty?: ComponentChildren;
	children: (data: Data) => ComponentChildren;
}) {
	const { data, error, readAt, reload } = props.resource;
	if (data === null && error === null)
		return (
			<div class="skeleton" role="status" aria-label="Loading">
				<i />
				<i />
				<i />
			</div>
		);
	return (
		<>
			{error === null ? null : (
				<div class="notice error" role="alert">
					<p>
						{error.message}{' '}
						{data === null ? '' : `Shown is what was read ${formatAge(Date.now() - readAt)} ago. It is tried again.`}
					</p>
					<WayOut error={error} reload={reload} />
				</div>
			)}
			{data === null ? null : props.isEmpty?.(data) ? <div class="empty">{props.empty}</div> : props.children(data)}
		</>
	);
}

/** What to do about a failure: asked again for the same, the gateway would refuse the same. */
function WayOut({ error, reload }: { error: ApiError; reload: () => void }) {
	const { id, query, view } = readPlace();
	if (error.status === 404) return null;
	if (error.status === 400 && query.size > 0) return <a href={toAddress(view, id)}>Leave out all filters</a>;
	return (
		<button type="button" onClick={reload}>
			Try again
		</button>
	);
}

/** The title of a view, and whether it is told of changes. */
export function ViewHead({ title, children }: { title: string; children?: ComponentChildren }) {
	const { isLive } = useContext(ChangeContext);
	return (
		<div class="view-head">
			<h1>{title}</h1>
			<span class="muted note" role="status">
				{isLive ? '● live' : '○ not live, read every 30 s'}
			</span>
			{children}
		</div>
	);
}

/** Why there is no control that changes anything, where there is none. */
export function ReadsOnly() {
	const { session } = useContext(SessionContext);
	return session.readsOnly == null ? null : <p class="note">{session.readsOnly}</p>;
}
