import { useState } from 'preact/hooks';
import type { CandidateRecord, Exclusion } from '../contracts/index.ts';
import { WhyNotAnswer } from './decided-again.tsx';
import { formatDuration, formatName } from './format.ts';
import { type Column, DataTable, Money, Name } from './parts.tsx';

/** What a decision chose among, as it was recorded. */
export interface RecordedChoice {
	id: string;
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
	const { candidates = [], exclusions = [], id } = decision;
	const [asked, setAsked] = useState<string | null>(null);
	const whyNot: Column<{ model: string }> = {
		head: 'Ask',
		cell: ({ model }) =>
			model === decision.model ? null : (
				<button type="button" aria-label={`Why not ${formatName(model)}`} onClick={() => setAsked(model)}>
					Why not
				</button>
			),
	};
	return (
		<section aria-labelledby="others">
			<h2 id="others">Candidates</h2>
			{candidates.length > 0 ? (
				<CandidateTable chosen={decision.model} candidates={candidates} whyNot={whyNot} />
			) : (
				<AlternativeTable alternatives={decision.alternatives} />
			)}
			{exclusions.length === 0 ? null : (
				<ExclusionTable exclusions={exclusions} whyNot={candidates.length > 0 ? [whyNot] : []} />
			)}
			{asked === null ? null : <WhyNotAnswer key={asked} id={id} model={asked} />}
		</section>
	);
}

function CandidateTable(props: {
	chosen: string;
	candidates: readonly CandidateRecord[];
	whyNot: Column<{ model: string }>;
}) {
	const { candidates, chosen, whyNot } = props;
	return (
		<>
			<p class="note">
				In the order of the policy. Factors are 0 to 100 each, weighted to the total; cost and quality are what was
				expected, quality of 100 and with where it lies.
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
						head: 'Cost, USD',
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
					whyNot,
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

function ExclusionTable(props: { exclusions: readonly Exclusion[]; whyNot: ReadonlyArray<Column<{ model: string }>> }) {
	const { exclusions, whyNot } = props;
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
					...whyNot,
				]}
			/>
		</details>
	);
}
