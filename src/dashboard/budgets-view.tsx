import { type Limit, useResource } from './api.ts';
import { formatInstant, formatMoney, formatShare, toNano } from './format.ts';
import { DataTable, getLimitState, LimitBar, Loaded, Money, Name, ViewHead } from './parts.tsx';
import type { Place } from './router.ts';

const STATES = { good: 'within', near: 'near', over: 'reached' } as const;

/** Every limit with what is spent, held, unknown and left of it. */
export function BudgetsView(_: { place: Place }) {
	const budgets = useResource<{ timezone: string; limits: Limit[] }>('/admin/v1/budgets');
	return (
		<>
			<ViewHead title="Budgets" />
			<Loaded resource={budgets}>{(data) => <LimitTable limits={data.limits} timezone={data.timezone} />}</Loaded>
		</>
	);
}

function LimitTable({ limits, timezone }: { limits: readonly Limit[]; timezone: string }) {
	return (
		<>
			<p class="note">
				{`Times are in ${timezone}. Held is money set aside for requests under way; unknown is what processes that died had held, counted in full. `}
				Limits are set in the configuration: <code>switchyard budget</code>
			</p>
			<DataTable
				label="Limits"
				rows={limits}
				keyOf={({ scope, period }) => `${scope} ${period}`}
				columns={[
					{
						head: 'Whose',
						cell: ({ scope, kind }) => (
							<Name>{`${scope === 'all' ? 'everybody' : scope}${kind === 'soft' ? ', soft' : ''}`}</Name>
						),
					},
					{ head: 'Per', cell: ({ period }) => period },
					{ head: 'State', cell: (limit) => <LimitState limit={limit} /> },
					{ head: 'Spent, USD', isNumber: true, cell: ({ spentUsd }) => formatPart(spentUsd) },
					{ head: 'Held, USD', isNumber: true, isOptional: true, cell: ({ heldUsd }) => formatPart(heldUsd) },
					{ head: 'Unknown, USD', isNumber: true, isOptional: true, cell: ({ unknownUsd }) => formatPart(unknownUsd) },
					{ head: 'Left, USD', isNumber: true, isOptional: true, cell: (limit) => formatPart(getLeft(limit)) },
					{ head: 'Limit, USD', isNumber: true, cell: ({ limitUsd }) => formatMoney(toNano(limitUsd)) },
					{
						head: 'Resets',
						isOptional: true,
						cell: ({ resetsAt }) => (resetsAt === null ? 'never' : formatInstant(resetsAt, timezone)),
					},
				]}
			/>
		</>
	);
}

function formatPart(usd: number | null) {
	return usd === null ? '–' : <Money nano={toNano(usd)} />;
}

function getLeft({ heldUsd, limitUsd, spentUsd }: Limit): number | null {
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
