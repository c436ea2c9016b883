import type { EvidenceReport, JudgedQuality, RoutingBaselines } from '../contracts/index.ts';
import { useResource } from './api.ts';
import { BaselineTable, describeVerdict, formatInterval, QualityPlot } from './baselines.tsx';
import { formatCount, formatInstant } from './format.ts';
import { DataTable, Loaded, Name, ViewHead } from './parts.tsx';
import { RangeFilter, toRangeQuery } from './range-filter.tsx';
import { type Place, toAddress } from './router.ts';

type EvidenceAnswer = EvidenceReport & { timezone: string };

/** Rows of the table of qualities; more are counted. */
const MAX_ROWS = 100;

/** What outcomes say: how good each model is in each workload, whether routing is worth it, and where it stands down. */
export function EvidenceView({ place }: { place: Place }) {
	const evidence = useResource<EvidenceAnswer>(`/admin/v1/evidence?${toRangeQuery(place.query)}`, { isLive: false });
	return (
		<>
			<ViewHead title="Evidence">
				<button type="button" onClick={evidence.reload}>
					Read again
				</button>
			</ViewHead>
			<search class="filters" aria-label="Filters">
				<RangeFilter query={place.query} timezone={evidence.data?.timezone ?? null} />
			</search>
			<Loaded
				resource={evidence}
				isEmpty={({ outcomes, baselines }) => outcomes === 0 && baselines.requests === 0}
				empty={
					<>
						<p>No request of this range has ended: there is nothing to judge.</p>
						<p>
							Send one to this gateway, or have one routed here: <code>switchyard run "Say hello"</code>
						</p>
					</>
				}
			>
				{(data) => (
					<>
						<QualitySection data={data} />
						<ComparisonSection baselines={data.baselines} />
						<StandDownSection data={data} />
					</>
				)}
			</Loaded>
		</>
	);
}

function QualitySection({ data: { judged, outcomes, qualities, sampleLimit } }: { data: EvidenceAnswer }) {
	const which = outcomes >= sampleLimit ? `the newest ${formatCount(outcomes)}` : `all ${formatCount(outcomes)}`;
	return (
		<section aria-labelledby="qualities">
			<h2 id="qualities">Quality by workload and model</h2>
			<p class="note">{`${formatCount(judged)} answers of ${which} requests of the range were judged.`}</p>
			{judged === 0 ? (
				<div class="empty">
					<p>
						What is missing are judgements. Rate an answer by its decision’s id, from 1 to 5:{' '}
						<code>switchyard feedback DECISION-ID 5</code>
					</p>
					<p>
						A caller rates through the gateway with <code>POST /v1/feedback</code>.
					</p>
				</div>
			) : (
				<>
					<p class="note">
						The mean of what was judged, 0 to 100, and where the true mean lies with 95 % confidence or more. Which
						answers were judged is the callers’ choice.
					</p>
					<DataTable
						label="Judged quality"
						rows={qualities.slice(0, MAX_ROWS)}
						keyOf={({ model, workload }) => JSON.stringify([workload, model])}
						columns={[
							{
								head: 'Workload',
								cell: ({ workload }) =>
									workload === null ? <span class="muted">not known</span> : <Name>{workload}</Name>,
							},
							{
								head: 'Model',
								cell: ({ model }) => (
									<a href={toAddress('models', model)}>
										<Name>{model}</Name>
									</a>
								),
							},
							{ head: 'Judged', isNumber: true, cell: (row) => formatCount(row.judged) },
							{
								head: 'Quality (95 %)',
								isNumber: true,
								cell: (row) => `${row.mean.toFixed(1)} (${formatInterval(row)})`,
							},
							{ head: '0 to 100', isOptional: true, cell: (row) => <IntervalBar row={row} /> },
						]}
					/>
					{qualities.length <= MAX_ROWS ? null : (
						<p class="note">{`${formatCount(qualities.length - MAX_ROWS)} more with fewer judgements are not shown.`}</p>
					)}
				</>
			)}
		</section>
	);
}

/** Where a mean lies, drawn: the interval as a bar, the mean as a line across it. */
function IntervalBar({ row: { high, low, mean } }: { row: JudgedQuality }) {
	return (
		<div class="bar interval" aria-hidden="true">
			<i style={{ left: `${low}%`, right: `${100 - high}%` }} />
			<i class="at" style={{ left: `${mean}%` }} />
		</div>
	);
}

function ComparisonSection({ baselines }: { baselines: RoutingBaselines }) {
	if (baselines.requests === 0) return null;
	const over = baselines.quality === null ? baselines.requests : baselines.judged;
	const left = baselines.leftOut === 0 ? '' : ` ${formatCount(baselines.leftOut)} could not be compared.`;
	return (
		<section aria-labelledby="comparison">
			<h2 id="comparison">Cost and quality beside choosing without a router</h2>
			<p>{describeVerdict(baselines)}</p>
			{baselines.quality === null ? null : <QualityPlot baselines={baselines} />}
			<BaselineTable baselines={baselines} />
			<p class="note">
				{`Over the newest ${formatCount(over)} requests that every competing model could have served.${left} `}
				The coin is the best random mix of two models that costs what was spent. Costs are the same tokens at each
				model’s rates. Qualities are means by type of task, drawn to the catalog’s figure by as much as 30 judgements;
				in brackets their 95 % interval (500 bootstrap draws), which is missing where judgements are missing or all
				alike. What a model would have done where it was never chosen is not known.
			</p>
		</section>
	);
}

function StandDownSection({ data: { standDown, timezone } }: { data: EvidenceAnswer }) {
	const { mode, workloads } = standDown;
	return (
		<section aria-labelledby="stand-down">
			<h2 id="stand-down">Where routing stands down</h2>
			<p class="note">
				{
					{
						auto: 'Where a single model is better for no more money, it takes the place of routing; one request in twenty is still routed.',
						report:
							'learning.standDown is “report”: where a single model is better it is only told, and routing goes on.',
						off: 'learning.standDown is “off”: nothing is compared. What earlier decisions recorded is still shown.',
					}[mode]
				}
			</p>
			{workloads.length === 0 ? (
				<p>
					In no workload, in the newest decisions of this range. It takes 40 requests of a workload, and five judgements
					of the better model or more on average.
				</p>
			) : (
				<DataTable
					label="Workloads where a single model is better"
					rows={workloads}
					keyOf={({ workload }) => workload}
					columns={[
						{ head: 'Workload', cell: ({ workload }) => <Name>{workload}</Name> },
						{
							head: 'Stood down',
							isNumber: true,
							cell: ({ decisions, standing }) => `${formatCount(standing)} of ${formatCount(decisions)}`,
						},
						{ head: 'Why, as the newest recorded it', cell: ({ latest }) => <Name>{latest.reason}</Name> },
						{
							head: `Newest (${timezone})`,
							cell: ({ latest }) => (
								<a href={toAddress('decisions', latest.decision)}>{formatInstant(latest.at, timezone)}</a>
							),
						},
					]}
				/>
			)}
		</section>
	);
}
