import type { ClassificationFeature } from '../contracts/index.ts';
import { useResource } from './api.ts';
import { CandidateSection, type RecordedChoice } from './candidates.tsx';
import { ReplaySection } from './decided-again.tsx';
import { formatCount, formatDuration, formatInstant, formatMoney, formatName, toNano } from './format.ts';
import { type Outcome, OutcomeWord } from './outcome-word.tsx';
import { DataTable, Figure, Loaded, Money, Name, ViewHead } from './parts.tsx';
import { toAddress } from './router.ts';

/** A decision as it was recorded. */
interface Decision extends RecordedChoice {
	id: string;
	at: string;
	modelId: string;
	taskType: string;
	complexity: string;
	pattern: string;
	confidence: number;
	estimatedCostUsd: number | null;
	estimatedLatencyMs: number;
	estimatedInputTokens: number;
	estimatedOutputTokens: number;
	reasoning: string[];
	policy: string;
	policyVersion: string;
	catalogVersion: string;
	propensity: number;
	isCached: boolean;
	decisionTimeMs: number;
	features?: ClassificationFeature[];
	propensityKind?: string;
	policyHash?: string;
	workload?: string;
}

interface Attempt {
	id: string;
	number: number;
	model: string;
	deployment: string | null;
	outcome: string;
	failure: string | null;
	status: number | null;
	message: string | null;
	durationMs: number;
	delayMs: number;
	costUsd: number | null;
	isEstimated: boolean;
	at: string;
}

/** A decision and what came of it, as the admin API shows it. */
interface Trail {
	decision: Decision;
	outcome: Outcome | null;
	attempts: Attempt[];
	ledger: Array<{
		id: string;
		at: string;
		model: string;
		costUsd: number | null;
		kind?: string;
		reason?: string;
		attribution?: { key?: string; tags?: string[]; session?: string };
	}>;
}

/** One decision on one page: what was asked, what was chosen and why, what came of it. */
export function DecisionPage({ id, query }: { id: string; query: URLSearchParams }) {
	const resource = useResource<Trail>(`/admin/v1/decisions/${encodeURIComponent(id)}`);
	const budgets = useResource<{ timezone: string }>('/admin/v1/budgets', { isLive: false });
	return (
		<>
			<ViewHead title="Decision" />
			<p>
				<a href={toAddress('decisions', null, query)}>All decisions</a> <code class="name">{formatName(id)}</code>
			</p>
			<Loaded resource={resource}>
				{(trail) => <DecisionDetails trail={trail} timezone={budgets.data?.timezone ?? 'UTC'} />}
			</Loaded>
		</>
	);
}

function DecisionDetails({ trail, timezone }: { trail: Trail; timezone: string }) {
	const { decision, outcome } = trail;
	const [reason = 'no reason was recorded'] = decision.reasoning;
	return (
		<>
			<p>
				A <Name>{`${decision.complexity} ${decision.taskType}`}</Name> task of about{' '}
				{formatCount(decision.estimatedInputTokens)} tokens went to <Name>{decision.model}</Name> on{' '}
				{formatInstant(decision.at, timezone)} ({timezone}): <Name>{reason}</Name>.
			</p>
			<dl class="figures">
				<Figure label="Outcome">
					<OutcomeWord outcome={outcome} />
				</Figure>
				<Figure label="Cost" isMain note={`estimated ${formatMoney(toNano(decision.estimatedCostUsd))}`}>
					{outcome === null ? <span class="muted">not settled</span> : <Money nano={toNano(outcome.actualCostUsd)} />}
				</Figure>
				<Figure label="Latency" note={`estimated ${formatDuration(decision.estimatedLatencyMs)}`}>
					{formatDuration(outcome?.actualLatencyMs ?? null)}
				</Figure>
				<Figure label="Input tokens" note={`estimated ${formatCount(decision.estimatedInputTokens)}`}>
					{outcome === null ? '–' : formatCount(outcome.inputTokens)}
				</Figure>
				<Figure label="Output tokens" note={`estimated ${formatCount(decision.estimatedOutputTokens)}`}>
					{outcome === null ? '–' : formatCount(outcome.outputTokens)}
				</Figure>
				<Figure
					label="Confidence"
					note={`propensity ${decision.propensity}${decision.propensityKind === undefined ? '' : `, ${decision.propensityKind}`}`}
				>
					{`${Math.round(decision.confidence)} %`}
				</Figure>
			</dl>
			{outcome?.errorMessage == null ? null : (
				<p class="notice error">
					<Name>{`${outcome.errorCode ?? 'error'}: ${outcome.errorMessage}`}</Name>
				</p>
			)}
			<section aria-labelledby="why">
				<h2 id="why">Why this model</h2>
				<ul>
					{decision.reasoning.map((sentence) => (
						<li key={sentence}>
							<Name>{sentence}</Name>
						</li>
					))}
				</ul>
				<p class="note">
					{`Policy ${decision.policy} ${decision.policyVersion}, catalog ${decision.catalogVersion}, decided in ${decision.decisionTimeMs.toFixed(2)} ms${decision.isCached ? ', from the decision cache' : ''}.`}
				</p>
			</section>
			<CandidateSection decision={decision} />
			<ReplaySection id={decision.id} />
			<AttemptSection trail={trail} />
			<LedgerSection trail={trail} timezone={timezone} />
			<FeatureSection features={decision.features ?? []} />
			<details>
				<summary>Raw record</summary>
				<pre>{formatRaw(trail)}</pre>
			</details>
		</>
	);
}

/** JSON in which nothing can steer what is shown. */
function formatRaw(trail: Trail): string {
	return JSON.stringify(trail, null, 2).split('\n').map(formatName).join('\n');
}

function AttemptSection({ trail }: { trail: Trail }) {
	const { attempts, decision } = trail;
	const beginning = Date.parse(decision.at);
	const end = Math.max(beginning + 1, ...attempts.map(({ at, durationMs }) => Date.parse(at) + durationMs));
	const share = (ms: number) => `${(100 * Math.max(0, ms)) / (end - beginning)}%`;
	return (
		<section aria-labelledby="attempts" class="timeline">
			<h2 id="attempts">Attempts</h2>
			{attempts.length === 0 ? (
				<p class="muted">No model was called.</p>
			) : (
				<DataTable
					label="Attempts in order"
					rows={attempts}
					keyOf={({ id }) => id}
					columns={[
						{ head: 'No.', isNumber: true, cell: ({ number }) => number },
						{
							head: 'Model',
							cell: ({ deployment, model }) => <Name>{deployment === null ? model : `${model} at ${deployment}`}</Name>,
						},
						{
							head: 'Result',
							cell: (attempt) => <AttemptResult attempt={attempt} />,
						},
						{ head: 'Waited', isNumber: true, isOptional: true, cell: ({ delayMs }) => formatDuration(delayMs) },
						{ head: 'Took', isNumber: true, cell: ({ durationMs }) => formatDuration(durationMs) },
						{
							head: 'Time line',
							isOptional: true,
							cell: ({ at, durationMs, outcome }) => (
								<div class="bar" aria-hidden="true">
									<i
										class={ATTEMPT_CLASSES[outcome]}
										style={{ left: share(Date.parse(at) - beginning), width: `max(2px, ${share(durationMs)})` }}
									/>
								</div>
							),
						},
						{
							head: 'Settled, USD',
							isNumber: true,
							cell: ({ costUsd, isEstimated }) =>
								costUsd === null ? '–' : <Money nano={toNano(costUsd)} isEstimate={isEstimated} />,
						},
					]}
				/>
			)}
		</section>
	);
}

const ATTEMPT_CLASSES: Readonly<Record<string, string>> = { success: 'good', failure: 'over' };

function AttemptResult({ attempt: { outcome, failure, status, message } }: { attempt: Attempt }) {
	const kind = failure === null ? '' : `: ${failure}`;
	return (
		<>
			<span class={`state-${ATTEMPT_CLASSES[outcome] ?? 'none'}`}>
				{`${outcome}${kind}${status === null ? '' : ` (${status})`}`}
			</span>
			{message === null ? null : <span class="note name">{formatName(message)}</span>}
		</>
	);
}

function LedgerSection({ trail, timezone }: { trail: Trail; timezone: string }) {
	return (
		<section aria-labelledby="ledger">
			<h2 id="ledger">Ledger</h2>
			{trail.ledger.length === 0 ? (
				<p class="muted">Nothing was charged.</p>
			) : (
				<DataTable
					label="Rows of the ledger"
					rows={trail.ledger}
					keyOf={({ id }) => id}
					columns={[
						{ head: 'Time', cell: ({ at }) => formatInstant(at, timezone) },
						{
							head: 'What',
							cell: ({ kind, model, reason }) => (
								<Name>{`${kind ?? 'charge'}, ${model}${reason === undefined ? '' : `: ${reason}`}`}</Name>
							),
						},
						{
							head: 'For',
							isOptional: true,
							cell: ({ attribution = {} }) => (
								<Name>
									{[
										attribution.key && `key ${attribution.key}`,
										...(attribution.tags ?? []).map((tag) => `tag ${tag}`),
										attribution.session && `session ${attribution.session}`,
									]
										.filter(Boolean)
										.join(', ') || 'nobody named'}
								</Name>
							),
						},
						{ head: 'Cost, USD', isNumber: true, cell: ({ costUsd }) => <Money nano={toNano(costUsd)} /> },
					]}
				/>
			)}
		</section>
	);
}

function FeatureSection({ features }: { features: readonly ClassificationFeature[] }) {
	if (features.length === 0) return null;
	return (
		<section aria-labelledby="features">
			<h2 id="features">What the classifier went by</h2>
			<DataTable
				label="Features of the task"
				rows={features}
				keyOf={({ name, target }) => `${name} ${target}`}
				columns={[
					{ head: 'Feature', cell: ({ name }) => <Name>{name}</Name> },
					{ head: 'Speaks for', cell: ({ target }) => <Name>{target}</Name> },
					{ head: 'Weight', isNumber: true, cell: ({ weight }) => weight.toFixed(2) },
				]}
			/>
		</section>
	);
}
