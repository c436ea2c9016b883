import { useContext, useState } from 'preact/hooks';
import { type Limit, type Resource, SessionContext, useResource } from './api.ts';
import { formatInstant, formatMoney, formatShare, toNano } from './format.ts';
import { type EditedLimit, formatLimit, LimitDialog } from './limit-form.tsx';
import { type Column, DataTable, getLimitState, LimitBar, Loaded, Money, Name, ReadsOnly, ViewHead } from './parts.tsx';
import { type Place, toAddress } from './router.ts';

const STATES = { good: 'within', near: 'near', over: 'reached' } as const;

/** Every limit, as the admin API shows it. */
export interface Budgets {
	timezone: string;
	limits: Limit[];
}

/** Every limit with what is spent, held, leased, unknown and free of it. */
export function BudgetsView(_: { place: Place }) {
	const budgets = useResource<Budgets>('/admin/v1/budgets');
	return (
		<>
			<ViewHead title="Budgets">
				<a href={toAddress('audit')}>Who changed what</a>
			</ViewHead>
			<ReadsOnly />
			<Loaded resource={budgets}>
				{({ limits, timezone }) => (
					<>
						<p class="note">
							{`Times are in ${timezone}. Held is money set aside for requests under way here; leased is what other processes may hold; unknown, a part of spent, is what processes that died had held, counted in full.`}
						</p>
						<LimitTable limits={limits} timezone={timezone} reload={budgets.reload} />
					</>
				)}
			</Loaded>
		</>
	);
}

/** Limits as a table; whoever may edit changes them there. */
export function LimitTable({
	limits,
	timezone,
	reload,
}: {
	limits: readonly Limit[];
	timezone: string;
	reload: Resource<unknown>['reload'];
}) {
	const { session } = useContext(SessionContext);
	const [edited, setEdited] = useState<EditedLimit | null>(null);
	const edit: Column<Limit> = {
		head: 'Change',
		cell: (limit) => (
			<button
				type="button"
				aria-label={`Change the limit of ${formatLimit(limit.rule)}`}
				onClick={() => setEdited(limit)}
			>
				Change
			</button>
		),
	};
	return (
		<>
			<DataTable
				label="Limits"
				rows={limits}
				keyOf={({ scope, period, kind }) => `${scope} ${period} ${kind}`}
				columns={[
					{ head: 'Whose', cell: (limit) => <Name>{formatWhose(limit)}</Name> },
					{ head: 'State', cell: (limit) => <LimitState limit={limit} /> },
					{ head: 'Spent, USD', isNumber: true, cell: ({ spentUsd }) => <Part usd={spentUsd} /> },
					{ head: 'Held, USD', isNumber: true, isOptional: true, cell: (limit) => <Part usd={getHeld(limit)} /> },
					{ head: 'Leased, USD', isNumber: true, isOptional: true, cell: ({ leasedUsd }) => <Part usd={leasedUsd} /> },
					{
						head: 'Unknown, USD',
						isNumber: true,
						isOptional: true,
						cell: ({ unknownUsd }) => <Part usd={unknownUsd} />,
					},
					{ head: 'Free, USD', isNumber: true, isOptional: true, cell: (limit) => <Part usd={getFree(limit)} /> },
					{
						head: 'Limit, USD',
						isNumber: true,
						cell: ({ isStored, limitUsd }) => (
							<>
								{formatMoney(toNano(limitUsd))}
								{isStored ? <span class="note">set here</span> : null}
							</>
						),
					},
					{
						head: 'Resets',
						isOptional: true,
						cell: ({ resetsAt }) => (resetsAt === null ? 'never' : formatInstant(resetsAt, timezone)),
					},
					...(session.readsOnly === null ? [edit] : []),
				]}
			/>
			{edited === null ? null : (
				<LimitDialog
					limit={edited}
					onClose={() => setEdited(null)}
					onDone={() => {
						setEdited(null);
						reload();
					}}
				/>
			)}
		</>
	);
}

function Part({ usd }: { usd: number | null }) {
	return usd === null ? <span class="muted">–</span> : <Money nano={toNano(usd)} />;
}

/** Whose spending a limit counts, in which period. */
function formatWhose({ kind, period, scope }: Limit): string {
	return `${scope === 'all' ? 'everybody' : scope} per ${period}${kind === 'soft' ? ', soft' : ''}`;
}

/** What requests of this process hold. */
function getHeld({ heldUsd, leasedUsd }: Limit): number | null {
	return heldUsd === null ? null : Math.max(0, heldUsd - (leasedUsd ?? 0));
}

/** What is left of a limit beside all that is spent, held and leased; `null` for a limit of single requests. */
export function getFree({ heldUsd, limitUsd, spentUsd }: Limit): number | null {
	return spentUsd === null ? null : Math.max(0, limitUsd - spentUsd - (heldUsd ?? 0));
}

function LimitState({ limit: { heldUsd, limitUsd, spentUsd } }: { limit: Limit }) {
	if (spentUsd === null) return <span class="muted">each request by itself</span>;
	const state = getLimitState(spentUsd, limitUsd);
	return (
		<>
			<span class={`state-${state}`}>{`${STATES[state]}, ${formatShare(spentUsd, limitUsd)}`}</span>
			<LimitBar spent={spentUsd} held={heldUsd ?? 0} limit={limitUsd} />
		</>
	);
}
