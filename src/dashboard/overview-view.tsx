import { useMemo } from 'preact/hooks';
import type { CostTotals, Overview, RoutingBaselines, SavingsEstimate, SpendForecast } from '../contracts/index.ts';
import { HOUR_MS } from '../util/index.ts';
import { type Limit, useResource } from './api.ts';
import { describeVerdict, formatPoints } from './baselines.tsx';
import { listSeries, SpendChart, seriesColor } from './chart.tsx';
import {
	formatBucket,
	formatCount,
	formatDay,
	formatDuration,
	formatInstant,
	formatMoney,
	formatShare,
	toNano,
} from './format.ts';
import { addUpMonth, MonthChart } from './month-chart.tsx';
import { DataTable, Figure, getLimitState, LimitBar, Loaded, Money, Name, ViewHead } from './parts.tsx';
import { RangeFilter, toRangeQuery } from './range-filter.tsx';
import { type Place, toAddress } from './router.ts';

interface HeardAlert {
	at: number;
	event:
		| {
				type: 'budget-alert';
				period: string;
				thresholdPercent: number;
				spentUsd: number;
				limitUsd: number;
				scope?: string;
		  }
		| { type: 'storage-degraded' | 'storage-recovered'; message: string };
}

type OverviewAnswer = Overview & { limits: Limit[]; alerts: HeardAlert[] };

/** What is spent, on what, and whether it went well. */
export function OverviewView({ place }: { place: Place }) {
	const range = toRangeQuery(place.query);
	const overview = useResource<OverviewAnswer>(`/admin/v1/overview?${range}`);
	return (
		<>
			<ViewHead title="Overview" />
			<div class="filters">
				<RangeFilter query={place.query} timezone={overview.data?.timezone ?? null} />
			</div>
			<Loaded
				resource={overview}
				isEmpty={({ total, limits }) => total.requests === 0 && limits.every(({ spentUsd }) => !spentUsd)}
				empty={
					<>
						<p>Nothing was charged in this range.</p>
						<p>
							Send a request to this gateway, or have one routed here: <code>switchyard run "Say hello"</code>
						</p>
					</>
				}
			>
				{(data) => <OverviewFigures data={data} range={range} />}
			</Loaded>
		</>
	);
}

function OverviewFigures({ data, range }: { data: OverviewAnswer; range: string }) {
	const { total, recent, limits } = data;
	const [day, month] = ['day', 'month'].map((period) =>
		limits.find((limit) => limit.scope === 'all' && limit.period === period),
	);
	const series = useMemo(() => listSeries(data.byModel.map(({ key }) => key)), [data.byModel]);
	const isHourly = data.buckets.length > 0 && data.buckets.every(({ from, to }) => to - from <= HOUR_MS);
	const ofNewest = `of the newest ${formatCount(recent.sampled)}${recent.sampled < recent.sampleLimit ? ', all of the range' : ''}`;
	const unpriced = total.unpricedRequests;
	return (
		<>
			<dl class="figures">
				{day === undefined ? null : <LimitFigure label="Today" limit={day} isMain />}
				{month === undefined ? null : <LimitFigure label="This month" limit={month} isMain />}
				<Figure
					label="In the range"
					note={unpriced === 0 ? undefined : `and ${formatCount(unpriced)} unpriced requests`}
				>
					<Money nano={total.requests > 0 && unpriced === total.requests ? null : total.costNanoUsd} />
				</Figure>
				<Figure label="Requests">{formatCount(total.requests)}</Figure>
				<Figure label="Succeeded" note={ofNewest}>
					{formatShare(recent.successes, recent.sampled)}
				</Figure>
				<Figure label="Fell back" note={ofNewest}>
					{formatShare(recent.fallbacks, recent.sampled)}
				</Figure>
				<Figure label="Latency, p50" note={`p95 ${formatDuration(recent.latencyMs?.p95 ?? null)}`}>
					{formatDuration(recent.latencyMs?.p50 ?? null)}
				</Figure>
				<Figure label="Input read from caches" note={`of ${formatCount(recent.cache.inputTokens)} tokens`}>
					{formatShare(recent.cache.cacheReadTokens, recent.cache.inputTokens)}
				</Figure>
			</dl>
			<section aria-labelledby="spend">
				<h2 id="spend">Spend by model</h2>
				<p class="note">{describeSpend(data)}</p>
				<SpendChart
					buckets={data.buckets}
					series={series}
					timezone={data.timezone}
					isHourly={isHourly}
					label={`Stacked bars of spending by model. ${describeSpend(data)} The tables below hold the figures.`}
				/>
				<ModelTable data={data} series={series} />
				<details>
					<summary>Figures of the chart</summary>
					<DataTable
						label={isHourly ? 'Spend by hour' : 'Spend by day'}
						rows={data.buckets.toReversed()}
						keyOf={({ from }) => String(from)}
						columns={[
							{ head: isHourly ? 'Hour' : 'Day', cell: ({ from }) => formatBucket(from, data.timezone, isHourly) },
							{ head: 'Requests', isNumber: true, cell: ({ byModel }) => formatCount(sumOf(byModel, 'requests')) },
							{
								head: 'Cost, USD',
								isNumber: true,
								cell: ({ byModel }) => <Money nano={sumOf(byModel, 'costNanoUsd')} />,
							},
						]}
					/>
				</details>
			</section>
			<div class="columns">
				{month === undefined ? null : (
					<ForecastSection day={day} month={month} today={formatDay(data.at, data.timezone)} />
				)}
				<SavingsSection range={range} />
			</div>
			<AlertSection data={data} />
		</>
	);
}

function LimitFigure({ label, limit, isMain }: { label: string; limit: Limit; isMain: boolean }) {
	const { limitUsd, spentUsd, heldUsd } = limit;
	const [spent, held] = [spentUsd ?? 0, heldUsd ?? 0];
	const words = { good: '', near: ', near the limit', over: ', limit reached' }[getLimitState(spent, limitUsd)];
	const note = (
		<>
			<LimitBar spent={spent} held={held} limit={limitUsd} />
			{`${formatShare(spent, limitUsd)} of ${formatMoney(toNano(limitUsd))}${words}`}
			{held > 0 ? `, ${formatMoney(toNano(held))} held` : ''}
		</>
	);
	return (
		<Figure label={label} isMain={isMain} note={note}>
			<Money nano={toNano(spent)} />
		</Figure>
	);
}

function sumOf(totals: readonly CostTotals[], name: 'requests' | 'costNanoUsd'): number {
	return totals.reduce((sum, row) => sum + row[name], 0);
}

function describeSpend({ total, byModel }: Overview): string {
	const [first] = byModel;
	if (first === undefined) return 'No charge in this range.';
	const share = `${formatShare(first.costNanoUsd, total.costNanoUsd)} of it on ${first.key}`;
	return `${formatMoney(total.costNanoUsd)} for ${formatCount(total.requests)} requests${total.costNanoUsd > 0 ? `, ${share}` : ''}.`;
}

function ModelTable({ data, series }: { data: Overview; series: ReadonlyArray<string | null> }) {
	return (
		<DataTable
			label="Models by cost"
			rows={data.byModel}
			keyOf={({ key }) => key}
			columns={[
				{
					head: 'Model',
					cell: ({ key }) => {
						const index = series.indexOf(key);
						return (
							<>
								<i class="mark" style={{ '--mark': seriesColor(index === -1 ? series.length : index) }} />
								<a href={toAddress('decisions', null, new URLSearchParams({ model: key }))}>
									<Name>{key}</Name>
								</a>
							</>
						);
					},
				},
				{ head: 'Requests', isNumber: true, cell: ({ requests }) => formatCount(requests) },
				{ head: 'Tokens in', isNumber: true, isOptional: true, cell: ({ inputTokens }) => formatCount(inputTokens) },
				{ head: 'Tokens out', isNumber: true, isOptional: true, cell: ({ outputTokens }) => formatCount(outputTokens) },
				{
					head: 'Cost, USD',
					isNumber: true,
					cell: ({ costNanoUsd, requests, unpricedRequests }) => (
						<Money nano={requests > 0 && requests === unpricedRequests ? null : costNanoUsd} />
					),
				},
				{ head: 'Share', isNumber: true, cell: ({ costNanoUsd }) => formatShare(costNanoUsd, data.total.costNanoUsd) },
			]}
		/>
	);
}

interface DailyCosts {
	totals: Array<{ key: string; costNanoUsd: number | null }>;
}

/** Where the day and the month are heading, beside their limits. */
function ForecastSection({ day, month, today }: { day: Limit | undefined; month: Limit; today: string }) {
	const forecast = useResource<SpendForecast>('/admin/v1/forecast?days=31', { isLive: false });
	const daily = useResource<DailyCosts>('/admin/v1/costs?by=day&period=month', { isLive: false });
	return (
		<section aria-labelledby="forecast">
			<h2 id="forecast">Forecast of the month</h2>
			<Loaded resource={forecast}>
				{(data) => (
					<>
						<p>{describeForecast(data, day)}</p>
						<Loaded resource={daily}>
							{({ totals }) => (
								<MonthChart
									spending={addUpMonth(totals, data, today)}
									limitUsd={month.limitUsd}
									label={`Spending of the month, day by day added up. ${describeForecast(data, undefined)} The table below holds the figures.`}
								/>
							)}
						</Loaded>
						{data.method === null ? null : (
							<p class="note">{`Method: ${data.method}, from ${formatCount(data.historyDays)} whole days.`}</p>
						)}
					</>
				)}
			</Loaded>
		</section>
	);
}

/** The forecast of the month, and of today where its limit is known. */
function describeForecast({ days, limitReached, missing, month }: SpendForecast, today: Limit | undefined): string {
	if (month === null) return missing ?? 'There is no forecast.';
	const money = (usd: number) => formatMoney(toNano(usd));
	const reached = limitReached?.expected;
	const [first] = days;
	return [
		`≈ ${money(month.expected)} by the end of the month, ${money(month.low)} to ${money(month.high)} in 8 of 10 cases; the limit is ${money(month.limit)}.`,
		...(reached == null ? [] : [`It is expected to be reached on ${reached}.`]),
		...(today === undefined || first === undefined
			? []
			: [`Today is expected to cost ≈ ${money(first.expected)}; its limit is ${money(today.limitUsd)}.`]),
	].join(' ');
}

const BASELINES: Readonly<Record<string, string>> = {
	strongest: 'Always the strongest',
	cheapest: 'Always the cheapest',
	'cost-matched-mix': 'A random mix of the same cost',
};

function SavingsSection({ range }: { range: string }) {
	const path = `/admin/v1/savings?${range}`;
	const savings = useResource<{ savings: SavingsEstimate[]; baselines: RoutingBaselines }>(path, { isLive: false });
	return (
		<section aria-labelledby="savings">
			<h2 id="savings">Against other ways to choose</h2>
			<Loaded
				resource={savings}
				isEmpty={(data) => data.savings.length === 0}
				empty={<p>There is nothing to compare in this range.</p>}
			>
				{(data) => (
					<>
						<p>
							{data.baselines.requests === 0
								? 'Quality is not measured: no request can be compared.'
								: describeVerdict(data.baselines)}{' '}
							<a href={toAddress('evidence', null, new URLSearchParams(range))}>Evidence</a>
						</p>
						<DataTable
							label="Estimated savings"
							rows={data.savings}
							keyOf={({ baseline }) => baseline}
							columns={[
								{ head: 'Instead', cell: ({ baseline }) => BASELINES[baseline] ?? baseline },
								{ head: 'Saved, USD', isNumber: true, cell: ({ saved }) => <Money nano={toNano(saved)} isEstimate /> },
								{
									head: 'Quality by the catalog, points',
									isNumber: true,
									cell: ({ qualityDelta }) => formatPoints(qualityDelta),
								},
								{ head: 'n', isNumber: true, cell: ({ requests }) => formatCount(requests) },
							]}
						/>
						<details>
							<summary>How this is estimated</summary>
							<p class="note">
								From the newest 2,000 charges of the range. Quality is measured where 30 answers or more were judged:
								the mean by type of task, drawn to the catalog’s figure by as much as 30 judgements, with its 95 %
								interval from 500 bootstrap draws. Savings are sums over these very charges.
							</p>
							{data.savings.map(({ baseline, method }) => (
								<p key={baseline} class="note">
									{method}
								</p>
							))}
						</details>
					</>
				)}
			</Loaded>
		</section>
	);
}

function AlertSection({ data }: { data: OverviewAnswer }) {
	return (
		<section aria-labelledby="alerts">
			<h2 id="alerts">Latest alerts</h2>
			{data.alerts.length === 0 ? (
				<p class="muted">None since the gateway started.</p>
			) : (
				<DataTable
					label="Alerts"
					rows={data.alerts}
					keyOf={({ at, event }) => `${at} ${event.type}`}
					columns={[
						{ head: 'Time', cell: ({ at }) => formatInstant(at, data.timezone) },
						{ head: 'What', cell: ({ event }) => <Name>{describeAlert(event)}</Name> },
					]}
				/>
			)}
		</section>
	);
}

function describeAlert(event: HeardAlert['event']): string {
	if (event.type !== 'budget-alert') return event.message;
	const whose = event.scope === undefined || event.scope === 'all' ? '' : ` of ${event.scope}`;
	return `${event.thresholdPercent} % of the limit of the ${event.period}${whose} is spent: ${formatMoney(toNano(event.spentUsd))} of ${formatMoney(toNano(event.limitUsd))}`;
}
