import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { failuresOf } from '../load/load-job.ts';
import { JSON_ANSWER } from '../mock/behaviour.ts';
import { type Started, stop } from '../processes/child-processes.ts';
import { processTree, residentKib } from '../processes/proc-figures.ts';
import type { Place, Target } from '../targets/target.ts';
import type { BenchPlace } from './bench-place.ts';
import type { BenchSettings } from './bench-settings.ts';
import { measureCrowd } from './measure-crowd.ts';
import { measureMemory } from './measure-memory.ts';
import { measureScenario } from './measure-scenario.ts';
import type { RoundFigures, Window } from './results.ts';
import type { Scenario } from './scenarios.ts';
import { startTarget } from './start-target.ts';

/** One target's turn in one round. */
export interface Turn {
	target: Target;
	round: number;
	port: number;
	place: BenchPlace;
	settings: BenchSettings;
	scenarios: readonly Scenario[];
	log: (line: string) => void;
}

function told({ latency, firstByte, cpuUsPerRequest, perSecond }: Window): string {
	const first = firstByte === null ? '' : `, first byte ${firstByte.p50.toFixed(2)} ms`;
	return `p50 ${latency?.p50.toFixed(2)} p99 ${latency?.p99.toFixed(2)} ms${first}, CPU ${cpuUsPerRequest ?? '–'} µs, ${perSecond}/s`;
}

/** Measures one part; what goes wrong in it is kept and the rest goes on. */
async function attempt(turn: Turn, figures: RoundFigures, part: string, work: () => Promise<string>): Promise<void> {
	const who = `round ${turn.round + 1} ${turn.target.name} ${part}`;
	try {
		turn.log(`${who}: ${await work()}`);
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		figures.errors.push(`${part}: ${message}`);
		turn.log(`${who}: FAILED: ${message}`);
	}
}

async function measureAll(
	turn: Turn,
	figures: RoundFigures,
	at: { spot: Place; process: Started | null },
): Promise<void> {
	const { target, settings, place } = turn;
	const subjectFor = (scenario: Scenario) => ({
		target,
		place,
		settings,
		call: target.call(scenario.api, at.spot),
		process: at.process,
	});
	const scenarios = turn.scenarios.filter(({ api }) => target.apis.includes(api));
	for (const [index, scenario] of scenarios.entries())
		await attempt(turn, figures, scenario.name, async () => {
			const windows = index === 0 ? settings.maxWarmWindows : Math.ceil(settings.maxWarmWindows / 2);
			const measured = await measureScenario(scenario, subjectFor(scenario), windows);
			figures.scenarios[scenario.name] = measured;
			return `${told(measured.open)} | saturated ${measured.saturated.perSecond}/s, CPU ${measured.saturated.cpuUsPerRequest ?? '–'} µs, failed ${failuresOf(measured.saturated)}`;
		});
	const stream = scenarios.find(({ isStream }) => isStream);
	for (const streams of stream === undefined ? [] : settings.crowds)
		await attempt(turn, figures, `${streams} streams`, async () => {
			if (stream === undefined) return 'no stream scenario';
			const crowd = await measureCrowd(stream, subjectFor(stream), streams);
			figures.crowds.push(crowd);
			return `${told(crowd)}, ${crowd.frames} frames, wrong ${crowd.wrongFrames}, failed ${failuresOf(crowd)}`;
		});
	const json = scenarios.find(({ isStream }) => !isStream);
	const { process } = at;
	if (process === null || json === undefined || !settings.memoryTargets.includes(target.name)) return;
	if (settings.memoryRequests === 0 || turn.round > 0) return;
	await attempt(turn, figures, 'memory', async () => {
		const memory = await measureMemory({ json, stream: stream ?? json }, { ...subjectFor(json), process });
		figures.memory = memory;
		return `${memory.bytesPerRequest} bytes a request, settled ${memory.settledBytesPerRequest}, peak ${memory.peakMib} MiB`;
	});
}

/** Starts the target, measures everything, ends it. */
export async function measureTarget(turn: Turn): Promise<RoundFigures> {
	const { target, place } = turn;
	const figures: RoundFigures = {
		round: turn.round,
		target: target.name,
		errors: [],
		start: null,
		scenarios: {},
		crowds: [],
		memory: null,
		residentMib: null,
	};
	const folder = join(place.folder, `${target.name}-${turn.round}`);
	mkdirSync(folder, { recursive: true });
	const spot = { port: turn.port, mockPort: place.mockPort, folder };
	await place.behave(JSON_ANSWER);
	await attempt(turn, figures, 'run', async () => {
		const started = await startTarget(target, spot);
		figures.start = started?.figures ?? null;
		if (started !== null) turn.log(`round ${turn.round + 1} ${target.name} start: ${JSON.stringify(started.figures)}`);
		const process = started?.process ?? null;
		try {
			await measureAll(turn, figures, { spot, process });
			if (process === null) return 'done';
			figures.residentMib = Math.round(residentKib(processTree(process.pid)).now / 1024);
			return `resident ${figures.residentMib} MiB`;
		} finally {
			if (process !== null) await stop(process);
		}
	});
	return figures;
}
