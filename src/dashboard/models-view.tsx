import { useState } from 'preact/hooks';
import type { MeasuredMedian, ModelResults, ShownModel } from '../contracts/index.ts';
import { useResource } from './api.ts';
import { formatCount, formatDuration, formatInstant, formatMoney, formatName, formatShare } from './format.ts';
import { DataTable, Loaded, Name, ViewHead } from './parts.tsx';
import { RangeFilter, toRangeQuery } from './range-filter.tsx';
import { type Place, toAddress } from './router.ts';
import { LIST_SHORTCUTS, useShortcuts } from './shortcuts.ts';

interface Models {
	sampled: number;
	sampleLimit: number;
	models: ShownModel[];
}

interface Left {
	left: number;
	limit: number;
	resetAt: number;
}

interface Deployment {
	id: string;
	provider: string;
	models: string[];
	resting: Array<{ model: string; cause: string; until: string }>;
	limitsLeft: Array<{ model: string; requests: Left | null; tokens: Left | null }>;
}

/** Every model with what is known and what was measured of it, or one of them. */
export function ModelsView({ place }: { place: Place }) {
	useShortcuts(LIST_SHORTCUTS);
	const models = useResource<Models>(`/admin/v1/models?${toRangeQuery(place.query)}`);
	const status = useResource<{ deployments: Deployment[] }>('/admin/v1/status');
	const budgets = useResource<{ timezone: string }>('/admin/v1/budgets', { isLive: false });
	const deployments = status.data?.deployments ?? [];
	const timezone = budgets.data?.timezone ?? null;
	return (
		<>
			<ViewHead title="Models" />
			<search class="filters" aria-label="Filters">
				<RangeFilter query={place.query} timezone={timezone} />
			</search>
			{place.id === null ? null : (
				<p>
					<a href={toAddress('models', null, place.query)}>All models</a>
				</p>
			)}
			<Loaded resource={models}>
				{(data) =>
					place.id === null ? (
						<ModelTable data={data} deployments={deployments} query={place.query} />
					) : (
						<ModelPage data={data} name={place.id} deployments={deployments} timezone={timezone ?? 'UTC'} />
					)
				}
			</Loaded>
		</>
	);
}

function countResults(results: readonly ModelResults[]): { requests: number; successes: number } {
	const sum = (pick: (row: ModelResults) => number) => results.reduce((total, row) => total + pick(row), 0);
	return { requests: sum(({ requests }) => requests), successes: sum(({ successes }) => successes) };
}

function ModelTable({ data, deployments, query }: { data: Models; deployments: Deployment[]; query: URLSearchParams }) {
	const [isAll, setAll] = useState(false);
	const served = new Set(deployments.flatMap(({ models }) => models));
	const isOfInterest = ({ competes, results }: ShownModel) => competes || results.length > 0;
	const rows = data.models
		.filter((model) => isAll || isOfInterest(model))
		.sort((a, b) => countResults(b.results).requests - countResults(a.results).requests || (a.name < b.name ? -1 : 1));
	const hidden = data.models.length - data.models.filter(isOfInterest).length;
	return (
		<>
			<p class="note">{describeSample(data)}</p>
			<DataTable
				label="Models"
				rows={rows}
				keyOf={({ name }) => name}
				columns={[
					{
						head: 'Model',
						cell: ({ name }) => (
							<a data-row href={toAddress('models', name, query)}>
								<Name>{name}</Name>
							</a>
						),
					},
					{
						head: 'State',
						cell: ({ name, state }) => (
							<ModelState name={name} state={state} served={served} deployments={deployments} />
						),
					},
					{ head: 'In, $/M', isNumber: true, cell: ({ price }) => formatRate(price?.inputUsd) },
					{ head: 'Out, $/M', isNumber: true, cell: ({ price }) => formatRate(price?.outputUsd) },
					{
						head: 'Quality, of 100',
						isNumber: true,
						isOptional: true,
						cell: ({ quality }) => (quality === null ? '–' : <span title={quality.source ?? ''}>{quality.value}</span>),
					},
					{ head: 'Requests', isNumber: true, cell: ({ results }) => formatCount(countResults(results).requests) },
					{
						head: 'Succeeded',
						isNumber: true,
						isOptional: true,
						cell: ({ results }) => {
							const { requests, successes } = countResults(results);
							return formatShare(successes, requests);
						},
					},
					{ head: 'Provider', isOptional: true, cell: ({ provider }) => <Name>{provider ?? 'unknown'}</Name> },
				]}
			/>
			{hidden === 0 ? null : (
				<button type="button" onClick={() => setAll(!isAll)}>
					{isAll
						? 'Only those that compete or have answered'
						: `Show ${formatCount(hidden)} more that can be called by name`}
				</button>
			)}
		</>
	);
}

function describeSample({ sampled, sampleLimit }: Models): string {
	const which = sampled >= sampleLimit ? `the newest ${formatCount(sampled)}` : `all ${formatCount(sampled)}`;
	return `Measured are ${which} requests of the range that have ended; prices and quality are the catalog’s.`;
}

/** USD per million tokens. */
function formatRate(usd: number | undefined): string {
	return usd === undefined ? 'unpriced' : String(Number(usd.toFixed(3)));
}

function ModelState(props: {
	name: string;
	state: ShownModel['state'];
	served: ReadonlySet<string>;
	deployments: readonly Deployment[];
}) {
	const { deployments, name, served, state } = props;
	const resting = deployments.flatMap((deployment) => deployment.resting.filter(({ model }) => model === name));
	const places = deployments.filter(({ models }) => models.includes(name)).length;
	if (state === 'retired') return <span class="state-over">retired</span>;
	if (!served.has(name)) return <span class="muted">not served here</span>;
	if (resting.length >= places) return <span class="state-over">{`resting: ${resting[0]?.cause}`}</span>;
	if (resting.length > 0) return <span class="state-near">{`${resting.length} of ${places} resting`}</span>;
	return <span class="state-good">{state === 'deprecated' ? 'served, deprecated' : 'served'}</span>;
}

function ModelPage(props: { data: Models; name: string; deployments: readonly Deployment[]; timezone: string }) {
	const { data, name, deployments, timezone } = props;
	const model = data.models.find((known) => known.name === name);
	if (model === undefined) return <p class="empty">No model of this name competes, is served or has answered here.</p>;
	const { contextWindow, modelId, price, quality, results, retiresOn, state } = model;
	return (
		<>
			<p>
				<strong>
					<Name>{name}</Name>
				</strong>{' '}
				is <Name>{modelId ?? 'unknown to the catalog'}</Name> of <Name>{model.provider ?? 'nobody known'}</Name>,{' '}
				{state ?? 'unknown'}
				{retiresOn === null ? '' : `, until ${retiresOn}`}
				{contextWindow === null ? '' : `, with a context of ${formatCount(contextWindow)} tokens`}.{' '}
				<a href={toAddress('decisions', null, new URLSearchParams({ model: name }))}>Its decisions</a>
			</p>
			<p class="note">
				{price === null
					? 'It has no price: its requests are counted as unpriced, never as $0. '
					: `$${formatRate(price.inputUsd)} per million tokens in, $${formatRate(price.outputUsd)} out (${formatName(price.source)}, read ${price.asOf}). `}
				{quality === null
					? ''
					: `Quality ${quality.value} of 100 before anything was measured here (${formatName(quality.source ?? 'no source is named')}).`}
			</p>
			<section aria-labelledby="measured">
				<h2 id="measured">Measured here</h2>
				<p class="note">{`${describeSample(data)} In brackets where the figure lies with 95 % confidence, and n.`}</p>
				{results.length === 0 ? (
					<p class="muted">It has answered nothing in this range.</p>
				) : (
					<DataTable
						label="Results by type of task"
						rows={results}
						keyOf={({ taskType }) => taskType}
						columns={[
							{ head: 'Task type', cell: ({ taskType }) => <Name>{taskType}</Name> },
							{ head: 'Succeeded', isNumber: true, cell: formatSuccess },
							{
								head: 'Latency, median',
								isNumber: true,
								cell: ({ latencyMs }) => formatMeasured(latencyMs, formatDuration),
							},
							{
								head: 'Cost, median, USD',
								isNumber: true,
								cell: ({ costNanoUsd }) => formatMeasured(costNanoUsd, formatMoney),
							},
							{
								head: 'Judged quality, median',
								isNumber: true,
								cell: ({ quality: judged }) => formatMeasured(judged, (value) => value.toFixed(0)),
							},
						]}
					/>
				)}
			</section>
			<DeploymentSection name={name} deployments={deployments} timezone={timezone} />
		</>
	);
}

function formatSuccess({ requests, successes, successInterval: [low, high] }: ModelResults): string {
	const percent = (share: number) => Math.round(100 * share);
	return `${formatShare(successes, requests)} (${percent(low)}–${percent(high)}, n ${formatCount(requests)})`;
}

function formatMeasured(measured: MeasuredMedian | null, format: (value: number) => string): string {
	if (measured === null) return '–';
	const { count, high, low, median } = measured;
	const interval = low === null || high === null ? '' : `${format(low)}–${format(high)}, `;
	return `${format(median)} (${interval}n ${formatCount(count)})`;
}

function DeploymentSection(props: { name: string; deployments: readonly Deployment[]; timezone: string }) {
	const { name, timezone } = props;
	const rows = props.deployments.filter(({ models }) => models.includes(name));
	const left = ({ limitsLeft }: Deployment, kind: 'requests' | 'tokens') => {
		const found = limitsLeft.find(({ model }) => model === name)?.[kind] ?? null;
		return found === null ? 'not told' : `${formatCount(found.left)} of ${formatCount(found.limit)}`;
	};
	return (
		<section aria-labelledby="deployments">
			<h2 id="deployments">Where it is served</h2>
			{rows.length === 0 ? (
				<p class="muted">Nowhere: no deployment of this gateway serves it.</p>
			) : (
				<DataTable
					label="Deployments"
					rows={rows}
					keyOf={({ id }) => id}
					columns={[
						{ head: 'Deployment', cell: ({ id }) => <Name>{id}</Name> },
						{
							head: 'State',
							cell: ({ resting }) => {
								const [rest] = resting.filter(({ model }) => model === name);
								return rest === undefined ? (
									<span class="state-good">can be called</span>
								) : (
									<span class="state-over">{`${rest.cause} until ${formatInstant(rest.until, timezone)} (${timezone})`}</span>
								);
							},
						},
						{ head: 'Requests left', isNumber: true, cell: (row) => left(row, 'requests') },
						{ head: 'Tokens left', isNumber: true, cell: (row) => left(row, 'tokens') },
					]}
				/>
			)}
		</section>
	);
}
