import { useState } from 'preact/hooks';
import { useResource } from './api.ts';
import { DataTable, Loaded, Name } from './parts.tsx';

/** Why a model was not chosen, as the admin API says it. */
interface WhyNotAnswer {
	model: string;
	chosen: string;
	exclusions: Array<{ reason: string; message: string }>;
	rank: number | null;
	pointsBehind: number | null;
	changes: Array<{ what: string; from: number | string | null; to: number | string }>;
}

/** Why one model was not chosen, and the smallest changes that would have chosen it; found by deciding again, so only when asked. */
export function WhyNotAnswer({ id, model }: { id: string; model: string }) {
	const path = `/admin/v1/decisions/${encodeURIComponent(id)}/why-not?model=${encodeURIComponent(model)}`;
	const answer = useResource<WhyNotAnswer>(path, { isLive: false });
	return (
		<div role="status">
			<h3>
				Why not <Name>{model}</Name>
			</h3>
			<Loaded resource={answer}>
				{({ changes, chosen, exclusions, pointsBehind, rank }) => (
					<>
						{exclusions.map(({ message, reason }) => (
							<p key={`${reason} ${message}`}>
								<Name>{message}</Name>
							</p>
						))}
						{rank === null ? null : (
							<p>
								{`It was number ${rank} of the candidates${pointsBehind === null ? '' : `, ${pointsBehind.toFixed(1)} points of score behind`} `}
								<Name>{chosen}</Name>.
							</p>
						)}
						{changes.length === 0 ? (
							<p>No change of one weight, price, quality or limit was found that would have chosen it.</p>
						) : (
							<DataTable
								label="Changes that would have chosen it"
								rows={changes}
								keyOf={({ what }) => what}
								columns={[
									{ head: 'Any one of these, the smallest first', cell: ({ what }) => <Name>{what}</Name> },
									{ head: 'From', isNumber: true, cell: ({ from }) => formatValue(from) },
									{ head: 'To', isNumber: true, cell: ({ to }) => formatValue(to) },
								]}
							/>
						)}
					</>
				)}
			</Loaded>
		</div>
	);
}

function formatValue(value: number | string | null): string {
	if (value === null) return 'none';
	return typeof value === 'number' ? String(Number(value.toPrecision(4))) : value;
}

interface ReplayAnswer {
	isSame: boolean;
	recorded: string;
	model: string | null;
	gone: string[];
	differences: string[];
}

/** Decides once more when asked: the same answer, or what differs and what it was made from that is gone. */
export function ReplaySection({ id }: { id: string }) {
	const [isAsked, setAsked] = useState(false);
	const path = isAsked ? `/admin/v1/decisions/${encodeURIComponent(id)}/replay` : null;
	const replay = useResource<ReplayAnswer>(path, { isLive: false });
	return (
		<section aria-labelledby="replay">
			<h2 id="replay">Decided again</h2>
			{isAsked ? (
				<div role="status">
					<Loaded resource={replay}>
						{({ differences, gone, isSame, model, recorded }) => (
							<>
								<p>
									{isSame ? 'The same, to the last digit that is kept: ' : 'Then '}
									<Name>{recorded}</Name>
									{isSame ? '.' : ', now '}
									{isSame ? null : <Name>{`${model ?? 'no model'}.`}</Name>}
								</p>
								<ul>
									{gone.map((what) => (
										<li key={what}>
											Gone: <Name>{what}</Name>
										</li>
									))}
									{differences.map((what) => (
										<li key={what}>
											Differs: <Name>{what}</Name>
										</li>
									))}
								</ul>
							</>
						)}
					</Loaded>
				</div>
			) : (
				<p>
					<button type="button" onClick={() => setAsked(true)}>
						Replay
					</button>{' '}
					<span class="note">From what was recorded and what is configured now; nothing is called.</span>
				</p>
			)}
		</section>
	);
}
