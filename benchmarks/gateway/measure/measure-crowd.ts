import { CROWD_STREAM } from '../mock/behaviour.ts';
import { jobFor, type Subject } from './measure-scenario.ts';
import type { CrowdFigures } from './results.ts';
import type { Scenario } from './scenarios.ts';

const LIMIT_MS = 60_000;

/** So many streams opened at once, each read to its end with every frame counted. */
export async function measureCrowd(scenario: Scenario, subject: Subject, streams: number): Promise<CrowdFigures> {
	await subject.place.behave(CROWD_STREAM);
	const job = { ...jobFor(scenario, subject), connections: streams, maxRequests: streams, durationMs: LIMIT_MS };
	return { streams, ...(await subject.place.measure(job, subject.process)) };
}
