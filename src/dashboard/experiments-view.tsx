import type { ArmVerdict, ExperimentComparison, ExperimentDefinition, ExperimentResult } from '../contracts/index.ts';
import { useResource } from './api.ts';
import { formatCount, formatInstant } from './format.ts';
import { DataTable, Figure, Loaded, Name, ViewHead } from './parts.tsx';
import { type Place, toAddress } from './router.ts';

/** An experiment as the admin API shows it. */
interface ShownExperiment {
	definition: ExperimentDefinition;
	state: 'draft' | 'running' | 'ended';
	startedAt: string | null;
	end: { at: string; reason: string; message: string } | null;
}

const STATES = { draft: 'Not started', running: 'Running', ended: 'Ended' } as const;

/** Experiments, or the one whose name the address has. */
export function ExperimentsView({ place }: { place: Place }) {
	return place.id === null ? <ExperimentList /> : <ExperimentPage name={place.id} />;
}

function ExperimentList() {
	const list = useResource<{ timezone: string; experiments: ShownExperiment[] }>('/admin/v1/experiments');
	return (
		<>
			<ViewHead title="Experiments" />
			<Loaded
				resource={list}
				isEmpty={({ experiments }) => experiments.length === 0}
				empty={
					<>
						<p>There are no experiments. One compares policies, weights or models on what is asked here.</p>
						<p>
							<code>switchyard experiment create small-first --arm now --arm small=model:haiku</code>
						</p>
					</>
				}
			>
				{({ experiments, timezone }) => (
					<DataTable
						label="Experiments"
						rows={experiments}
						keyOf={({ definition }) => definition.name}
						columns={[
							{
								head: 'Name',
								cell: ({ definition: { name } }) => (
									<a href={toAddress('experiments', name)}>
										<Name>{name}</Name>
									</a>
								),
							},
							{ head: 'State', cell: ({ state }) => STATES[state] },
							{
								head: 'Arms',
								isOptional: true,
								cell: ({ definition }) => <Name>{definition.arms.map(({ name }) => name).join(', ')}</Name>,
							},
							{
								head: `Started (${timezone})`,
								isOptional: true,
								cell: ({ startedAt }) => (startedAt === null ? '–' : formatInstant(startedAt, timezone)),
							},
							{ head: 'What came of it', cell: ({ end }) => (end === null ? '–' : <Name>{end.message}</Name>) },
						]}
					/>
				)}
			</Loaded>
		</>
	);
}

type ExperimentAnswer = ShownExperiment & { timezone: string; hash: string | null; result: ExperimentResult | null };

function ExperimentPage({ name }: { name: string }) {
	const experiment = useResource<ExperimentAnswer>(`/admin/v1/experiments/${encodeURIComponent(name)}`);
	return (
		<>
			<ViewHead title="Experiment">
				<button type="button" onClick={experiment.reload}>
					Read again
				</button>
			</ViewHead>
			<p>
				<a href={toAddress('experiments')}>All experiments</a> <code class="name">{name.slice(0, 64)}</code>
			</p>
			<Loaded resource={experiment} isEmpty={() => false} empty={null}>
				{(data) => (
					<>
						<Definition data={data} />
						{data.result === null ? (
							<p>
								Nothing is drawn into its arms yet: <code>switchyard experiment start {name}</code>
							</p>
						) : (
							<>
								<HealthSection result={data.result} />
								{data.result.verdicts.map((verdict) => (
									<VerdictSection key={verdict.arm} verdict={verdict} definition={data.definition} />
								))}
								<ArmSection result={data.result} />
							</>
						)}
					</>
				)}
			</Loaded>
		</>
	);
}

const QUESTIONS: Readonly<Record<ExperimentDefinition['question'], string>> = {
	cheaper: 'Not worse in quality by more than the margin, and cheaper a request?',
	quality: 'Better in quality?',
	cost: 'Cheaper a request?',
	latency: 'Faster a request?',
};

function Definition({ data: { definition, end, hash, startedAt, state, timezone } }: { data: ExperimentAnswer }) {
	const { alpha, costCapUsd, latencyCapMs, margin, maxUnits, question, unit, windowMinutes } = definition;
	return (
		<>
			<dl class="figures">
				<Figure
					label="State"
					note={startedAt === null ? undefined : `started ${formatInstant(startedAt, timezone)}, frozen as ${hash}`}
				>
					{STATES[state]}
				</Figure>
				<Figure label="Question" note={`${QUESTIONS[question]} Margin ${margin}, alpha ${alpha}`}>
					{question}
				</Figure>
				<Figure label="Counted" note={`at most ${formatCount(maxUnits)}, ${windowMinutes} min after the first request`}>
					{unit === 'key' ? 'keys' : 'conversations'}
				</Figure>
				<Figure label="Caps of a request">{`$${costCapUsd}, ${formatCount(latencyCapMs)} ms`}</Figure>
			</dl>
			{end === null ? null : (
				<p>
					{`Ended ${formatInstant(end.at, timezone)} (${end.reason}): `}
					<Name>{end.message}</Name>
				</p>
			)}
		</>
	);
}

/** What keeps the experiment from a verdict, or that nothing does. */
function HealthSection({ result: { guardrail, problems } }: { result: ExperimentResult }) {
	const found = [...problems.map(({ message }) => message), ...(guardrail === null ? [] : [guardrail])];
	return (
		<section aria-labelledby="health">
			<h2 id="health">Health</h2>
			{found.length === 0 ? (
				<p>
					The arms’ sizes fit their shares, no unit was in two arms, outcomes are missing alike, and no guardrail is
					passed.
				</p>
			) : (
				<ul>
					{found.map((message) => (
						<li key={message}>
							<Name>{message}</Name>
						</li>
					))}
				</ul>
			)}
		</section>
	);
}

/** With a minus sign of the width of a digit. */
const formatSigned = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');

const FORMATS: Readonly<Record<ExperimentComparison['metric'], (value: number) => string>> = {
	quality: (value) => `${formatSigned(value, 2)} points`,
	cost: (value) => `${value < 0 ? '−' : ''}$${Math.abs(value).toFixed(6)}`,
	latency: (value) => `${formatSigned(value, 0)} ms`,
	errors: (value) => `${formatSigned(value, 2)} %`,
};

function VerdictSection({ definition, verdict }: { definition: ExperimentDefinition; verdict: ArmVerdict }) {
	const { arm, comparisons, outcome } = verdict;
	const id = `verdict-${arm}`;
	return (
		<section aria-labelledby={id}>
			<h2 id={id}>{`${arm} less ${definition.arms[0]?.name ?? ''}: ${outcome ?? 'no verdict'}`}</h2>
			<p class="note">
				The true difference lies inside at all times, however often one looks. The verdict goes by the intervals that
				decide; the lines are no difference and the margin.
			</p>
			<DataTable
				label={`Differences of ${arm}`}
				rows={comparisons}
				keyOf={({ metric }) => metric}
				columns={[
					{ head: 'What', cell: ({ decides, metric }) => (decides ? <strong>{metric} (decides)</strong> : metric) },
					{
						head: 'Difference',
						isNumber: true,
						cell: ({ estimate, metric }) => (estimate === null ? '–' : FORMATS[metric](estimate)),
					},
					{
						head: 'Interval',
						isNumber: true,
						cell: ({ high, low, metric }) => `${FORMATS[metric](low)} to ${FORMATS[metric](high)}`,
					},
					{
						head: 'Drawn',
						isOptional: true,
						cell: (comparison) => <DifferenceBar comparison={comparison} margin={getMargin(comparison, definition)} />,
					},
				]}
			/>
		</section>
	);
}

/** What counts as no difference, in the unit of the metric. */
function getMargin(
	{ metric }: ExperimentComparison,
	{ costCapUsd, latencyCapMs, margin }: ExperimentDefinition,
): number {
	const scale = { quality: 100, cost: costCapUsd, latency: latencyCapMs, errors: 100 }[metric];
	return (margin / 100) * scale;
}

/** An interval about no difference: the line in the middle; the margin at its sides. */
function DifferenceBar({
	comparison: { estimate, high, low },
	margin,
}: {
	comparison: ExperimentComparison;
	margin: number;
}) {
	const most = 1.1 * Math.max(Math.abs(low), Math.abs(high), margin);
	const at = (value: number) => `${50 + (50 * value) / most}%`;
	return (
		<div class="bar interval" aria-hidden="true">
			<i style={{ left: at(low), right: at(-high) }} />
			<i class="limit" style={{ left: at(-margin) }} />
			<i class="limit" style={{ left: at(0) }} />
			<i class="limit" style={{ left: at(margin) }} />
			{estimate === null ? null : <i class="at" style={{ left: at(estimate) }} />}
		</div>
	);
}

function ArmSection({ result: { arms, units } }: { result: ExperimentResult }) {
	return (
		<section aria-labelledby="arms">
			<h2 id="arms">Arms</h2>
			<p class="note">{`Means over ${formatCount(units)} units; cost and latency a request, up to the caps.`}</p>
			<DataTable
				label="Results by arm"
				rows={arms}
				keyOf={({ arm }) => arm}
				columns={[
					{ head: 'Arm', cell: ({ arm }) => <Name>{arm}</Name> },
					{ head: 'Share', isNumber: true, cell: ({ share }) => `${Number((100 * share).toFixed(1))} %` },
					{ head: 'Units', isNumber: true, cell: (row) => formatCount(row.units) },
					{ head: 'Not judged', isNumber: true, isOptional: true, cell: (row) => formatCount(row.missing) },
					{
						head: 'Quality',
						isNumber: true,
						cell: ({ quality }) => (quality === null ? '–' : quality.toFixed(1)),
					},
					{
						head: 'Cost',
						isNumber: true,
						cell: ({ costUsd }) => (costUsd === null ? '–' : FORMATS.cost(costUsd)),
					},
					{
						head: 'Latency',
						isNumber: true,
						isOptional: true,
						cell: ({ latencyMs }) => (latencyMs === null ? '–' : FORMATS.latency(latencyMs)),
					},
					{
						head: 'Errors',
						isNumber: true,
						cell: ({ errors }) => (errors === null ? '–' : FORMATS.errors(100 * errors)),
					},
				]}
			/>
		</section>
	);
}
