import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadJob } from '../load/load-job.ts';
import { checkFrames } from '../load/load-record.ts';
import type { Started } from '../processes/child-processes.ts';
import { post } from '../processes/http-calls.ts';
import type { Call, Target } from '../targets/target.ts';
import type { BenchPlace } from './bench-place.ts';
import type { BenchSettings } from './bench-settings.ts';
import { growBody, makeBody } from './request-bodies.ts';
import type { ScenarioFigures } from './results.ts';
import { END_MARKS, type Scenario } from './scenarios.ts';

/** What is measured where. */
export interface Subject {
	target: Target;
	place: BenchPlace;
	settings: BenchSettings;
	call: Call;
	process: Started | null;
}

const WARM_CONNECTIONS = 32;
/** V8 needs thousands of requests to settle: warming goes on while it gains this much. */
const STILL_WARMING = 0.93;

/** A job for a scenario, its body in a file. */
export function jobFor(scenario: Scenario, { place, call }: Subject): LoadJob {
	const { api, bodyBytes: bytes, isStream, turns = 1 } = scenario;
	const body = makeBody({ api, model: call.model, bytes, isStream });
	const bodyFiles = Array.from({ length: turns }, (_, turn) => {
		const file = join(place.folder, `body-${scenario.name}-${turn}.json`);
		writeFileSync(file, growBody(body, turn));
		return file;
	});
	return {
		mode: 'closed',
		port: call.port,
		path: call.path,
		headers: call.headers,
		bodyFiles,
		stream: isStream ? { frames: scenario.fast.outputTokens, endMark: END_MARKS[api] } : null,
		durationMs: 0,
		warmupMs: 0,
		ratePerSecond: 1,
		connections: WARM_CONNECTIONS,
		maxRequests: 1_000_000,
		drainMs: 10_000,
	};
}

/** One answer, looked at: what is wrong with it, or `null`. */
async function lookAtAnswer(scenario: Scenario, { call }: Subject): Promise<string | null> {
	const { api, bodyBytes: bytes, isStream } = scenario;
	const body = makeBody({ api, model: call.model, bytes, isStream });
	const { status, text } = await post(`http://127.0.0.1:${call.port}${call.path}`, { headers: call.headers, body });
	if (status !== 200) return `answers ${status}: ${text.slice(0, 300)}`;
	if (!/"(?:completion|output)_tokens"/.test(text)) return 'the answer has no usage';
	if (!isStream) return text.includes(' tok tok tok') ? null : 'the answer lacks its text';
	const { frames, wrong } = checkFrames(text, scenario.fast.outputTokens);
	if (wrong > 0) return `${frames} frames of ${scenario.fast.outputTokens} came in order, ${wrong} are wrong`;
	return text.includes(END_MARKS[api]) ? null : 'the stream has no end mark';
}

/** Arrivals a second while latencies are measured. */
function rateOf({ kind }: Scenario, { settings, target }: Subject): number {
	if (kind === 'small') return settings.ratePerSecond;
	if (kind === 'stream') return settings.streamRatePerSecond;
	return Math.min(settings.largeRatePerSecond, target.maxLargePerSecond ?? Number.POSITIVE_INFINITY);
}

async function warmUp(job: LoadJob, subject: Subject, windows: number): Promise<number[]> {
	const { place, settings, process } = subject;
	const figures: number[] = [];
	for (let index = 0; index < windows; index += 1) {
		const window = await place.measure({ ...job, durationMs: settings.warmMs }, process);
		const previous = figures.at(-1) ?? Number.POSITIVE_INFINITY;
		const figure = window.cpuUsPerRequest ?? 0;
		figures.push(figure);
		if (figure > previous * STILL_WARMING && index >= 2) break;
		if (process === null) break;
	}
	return figures;
}

/** One look, warm-up, latencies at a fixed rate, saturation. */
export async function measureScenario(
	scenario: Scenario,
	subject: Subject,
	warmWindows: number,
): Promise<ScenarioFigures> {
	const { place, settings, process } = subject;
	await place.behave(scenario.fast);
	const wrong = await lookAtAnswer(scenario, subject);
	if (wrong !== null) throw new Error(wrong);
	const job = jobFor(scenario, subject);
	const warmUpUs = await warmUp(job, subject, warmWindows);
	await place.behave(scenario.paced);
	await sleep(200);
	const open = await place.measure(
		{
			...job,
			mode: 'open',
			ratePerSecond: rateOf(scenario, subject),
			durationMs: settings.openMs,
			warmupMs: 500,
		},
		process,
	);
	await place.behave(scenario.fast);
	const saturated = await place.measure(
		{ ...job, connections: settings.connections, durationMs: settings.saturatedMs },
		process,
	);
	return { warmUpUs, open, saturated };
}
