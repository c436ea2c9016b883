import type { CandidateRecord, Exclusion } from '../contracts/index.ts';
import { formatDuration } from './format.ts';
import { DataTable, Money, Name } from './parts.tsx';

/** What a decision chose among, as it was recorded. */
export interface RecordedChoice {
	model: string;
	alternatives: Array<{ model: string; score: number; reason: string }>;
	/** Absent in records of releases that kept none; so are exclusions. */
	candidates?: CandidateRecord[];
	exclusions?: Exclusion[];
}

/** The five factors, by what they are called in a narrow column. */
const FACTORS = {
	capabilityMatch: 'Capability',
	costEfficiency: 'Cost',
	quality: 'Quality',
	latency: 'Latency',
	historicalPerformance: 'History',
} as const satisfies Partial<Record<keyof CandidateRecord['scores'], string>>;

/** The models that a decision chose among, with their scores, and those that it could not choose, with why: as recorded when it was made. */
export function CandidateSection({ decision }: { decision: RecordedChoice }) {
	const { candidates = [], exclusions = [] } = decision;
	return (
		<section aria-labelledby="others">
			<h2 id="others">Candidates</h2>
			{candidates.length > 0 ? (
				<CandidateTable chosen={decision.model} candidates={candidates} />
			) : (
				<AlternativeTable alternatives={decision.alternatives} />
			)}
			{exclusions.length === 0 ? null : <ExclusionTable exclusions={exclusions} />}
		</section>
	);
}

function CandidateTable({ chosen, candidates }: { chosen: string; candidates: readonly CandidateRecord[] }) {
	return (
		<>
			<p class="note">
				In the order of the policy. Factors are 0 to 100 each, weighted to the total; quality is what was expected of
				100, with where it lies.
			</p>
			<DataTable
				label="Candidates in the policy’s order"
				rows={candidates}
				keyOf={({ model }) => model}
				selected={chosen}
				columns={[
					{
						head: 'Model',
						cell: ({ model }) => (
							<>
								<Name>{model}</Name>
								{model === chosen ? <span class="note">chosen</span> : null}
							</>
						),
					},
					...Object.entries(FACTORS).map(([factor, head]) => ({
						head,
						isOptional: true,
						cell: ({ scores }: CandidateRecord) => <FactorBar score={scores[factor as keyof typeof FACTORS]} />,
					})),
					{ head: 'Total', isNumber: true, cell: ({ totalScore }) => totalScore.toFixed(1) },
					{
						head: 'Expected cost, USD',
						isNumber: true,
						cell: ({ estimatedCostNanoUsd }) => <Money nano={estimatedCostNanoUsd} isEstimate />,
					},
					{
						head: 'Expected quality',
						isNumber: true,
						isOptional: true,
						cell: ({ predictedQuality: { high, low, value } }) =>
							`${value.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`,
					},
					{
						head: 'Complete after',
						isNumber: true,
						isOptional: true,
						cell: ({ estimatedCompletionMs }) => formatDuration(estimatedCompletionMs),
					},
				]}
			/>
		</>
	);
}

function FactorBar({ score }: { score: number }) {
	return (
		<>
			{score.toFixed(0)}
			<div class="bar" aria-hidden="true">
				<i style={{ left: '0', width: `${Math.max(0, Math.min(100, score))}%` }} />
			</div>
		</>
	);
}

/** What records of earlier releases have of the others. */
function AlternativeTable({ alternatives }: { alternatives: RecordedChoice['alternatives'] }) {
	if (alternatives.length === 0)
		return <p class="muted">None were recorded: the model was asked for by name, or no other was eligible.</p>;
	return (
		<DataTable
			label="Candidates in the policy’s order"
			rows={alternatives}
			keyOf={({ model }) => model}
			columns={[
				{ head: 'Model', cell: ({ model }) => <Name>{model}</Name> },
				{ head: 'Score', isNumber: true, cell: ({ score }) => score.toFixed(1) },
				{ head: 'What speaks for it', cell: ({ reason }) => <Name>{reason}</Name> },
			]}
		/>
	);
}

function ExclusionTable({ exclusions }: { exclusions: readonly Exclusion[] }) {
	return (
		<details>
			<summary>{`${exclusions.length} ${exclusions.length === 1 ? 'model was' : 'models were'} excluded, and why`}</summary>
			<DataTable
				label="Excluded models"
				rows={exclusions}
				keyOf={({ model }) => model}
				columns={[
					{ head: 'Model', cell: ({ model }) => <Name>{model}</Name> },
					{ head: 'Rule', cell: ({ reason }) => reason },
					{ head: 'Why', cell: ({ message }) => <Name>{message}</Name> },
				]}
			/>
		</details>
	);
}
