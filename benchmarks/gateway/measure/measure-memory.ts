import { FAST_STREAM, JSON_ANSWER } from '../mock/behaviour.ts';
import type { Started } from '../processes/child-processes.ts';
import { processTree, residentKib } from '../processes/proc-figures.ts';
import { jobFor, type Subject } from './measure-scenario.ts';
import type { MemoryFigures } from './results.ts';
import type { Scenario } from './scenarios.ts';

const STEPS = 50;
const STREAMS_EVERY = 10;
const STEP_LIMIT_MS = 60_000;

type Sample = MemoryFigures['samples'][number];

/** Slope of the least-squares line, bytes for each request. */
export function slope(samples: readonly Sample[]): number {
	const count = Math.max(1, samples.length);
	const meanX = samples.reduce((sum, { requests }) => sum + requests, 0) / count;
	const meanY = samples.reduce((sum, { residentKib: kib }) => sum + kib, 0) / count;
	let products = 0;
	let squares = 0;
	for (const { requests, residentKib: kib } of samples) {
		products += (requests - meanX) * (kib - meanY);
		squares += (requests - meanX) ** 2;
	}
	return squares === 0 ? 0 : Number(((products / squares) * 1024).toFixed(2));
}

/** Resident memory while requests go through, every tenth step as streams. */
export async function measureMemory(
	scenarios: { json: Scenario; stream: Scenario },
	subject: Subject & { process: Started },
): Promise<MemoryFigures> {
	const samples: Sample[] = [];
	const perStep = Math.ceil(subject.settings.memoryRequests / STEPS);
	let requests = 0;
	let peakKib = 0;
	for (let step = 1; step <= STEPS; step += 1) {
		const isStream = step % STREAMS_EVERY === 0;
		await subject.place.behave(isStream ? FAST_STREAM : JSON_ANSWER);
		const job = jobFor(isStream ? scenarios.stream : scenarios.json, subject);
		const window = await subject.place.measure(
			{ ...job, maxRequests: perStep, durationMs: STEP_LIMIT_MS },
			subject.process,
		);
		requests += window.measured;
		const resident = residentKib(processTree(subject.process.pid));
		peakKib = resident.peak;
		samples.push({ requests, residentKib: resident.now });
	}
	return {
		samples,
		bytesPerRequest: slope(samples),
		settledBytesPerRequest: slope(samples.slice(STEPS / 2)),
		peakMib: Math.round(peakKib / 1024),
	};
}
