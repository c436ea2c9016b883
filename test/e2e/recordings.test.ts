import { expect, it } from 'vitest';
import { type Comparison, compareAnswer, listCallers } from '../support/recordings/compare-answer.ts';
import { DEVIATIONS, NO_ANSWERS } from '../support/recordings/exceptions.ts';
import { listRecordings, type Recording } from '../support/recordings/list-recordings.ts';
import { openReplayGateway } from '../support/recordings/replay-gateway.ts';

/** `npm run test:recordings` compares all recordings, this file alone one of twenty. */
const STEP = process.env['MODE'] === 'recordings' ? 1 : 20;
const PARALLEL = 3;

const all = listRecordings();
const recordings = all.filter((_, index) => index % STEP === 0);

async function compareAll(): Promise<Comparison[]> {
	const gateway = await openReplayGateway();
	const comparisons: Comparison[] = [];
	const queue = recordings.flatMap((recording) => listCallers(recording).map((caller) => ({ recording, caller })));
	const work = async () => {
		for (let job = queue.shift(); job !== undefined; job = queue.shift())
			comparisons.push(await compareAnswer(gateway, job.recording, job.caller));
	};
	await Promise.all(Array.from({ length: PARALLEL }, work));
	const ledger = await gateway.readLedger();
	await gateway.close();
	for (const group of Map.groupBy(comparisons, ({ recording }) => recording).values()) compareCosts(group, ledger);
	return comparisons;
}

/** An answer costs the same in whichever format it is asked for. */
function compareCosts(group: Comparison[], ledger: ReadonlyMap<string, readonly { costNanoUsd: number }[]>): void {
	if (!group.every(({ isCounted, recording }) => isCounted && recording.status < 400)) return;
	const costs = group.map(({ decision }) => ledger.get(decision ?? '')?.map(({ costNanoUsd }) => costNanoUsd));
	for (const [index, comparison] of group.entries()) {
		if (costs[index]?.length !== 1 || costs[index][0] !== costs[0]?.[0])
			comparison.faults.push(`cost ${costs[index]}, not ${costs[0]}`);
	}
}

const isKnown = ({ id }: Recording) => NO_ANSWERS.has(id) || DEVIATIONS.has(id);

it.skipIf(recordings.length === 0)(
	'what a provider once answered arrives as it was meant in every caller’s format, and costs the same in all',
	async () => {
		const comparisons = await compareAll();
		const wrong = comparisons.filter(({ faults }) => faults.length > 0);
		const unknown = wrong.filter(({ recording }) => !isKnown(recording));
		const lines = unknown.map(
			({ recording: { id, provider }, caller, faults }) => `${provider} ${id} > ${caller}: ${faults}`,
		);
		expect(lines).toEqual([]);
		expect(NO_ANSWERS.size).toBeLessThanOrEqual(20);
		expect(DEVIATIONS.size).toBeLessThanOrEqual((all.length - NO_ANSWERS.size) * 0.005);
		// none stands in a list that is well
		const wrongIds = new Set(wrong.map(({ recording }) => recording.id));
		const listed = recordings.filter(isKnown).map(({ id }) => id);
		expect(listed.filter((id) => !wrongIds.has(id))).toEqual([]);
	},
	3_600_000,
);
