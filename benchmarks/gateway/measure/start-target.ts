import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Started, startServer, stop } from '../processes/child-processes.ts';
import { listensAt, post } from '../processes/http-calls.ts';
import { cpuNs, processTree, residentKib } from '../processes/proc-figures.ts';
import type { Call, Place, Target } from '../targets/target.ts';
import { TARGET_CPU } from './bench-settings.ts';
import { makeBody } from './request-bodies.ts';
import type { StartFigures } from './results.ts';

const START_LIMIT_MS = 30_000;

/** One answer through the target; its text where there is none yet. */
async function firstAnswer(target: Target, call: Call): Promise<string | null> {
	const [api = 'openai'] = target.apis;
	const body = makeBody({ api, model: call.model, bytes: 1024, isStream: false });
	const answer = await post(`http://127.0.0.1:${call.port}${call.path}`, { headers: call.headers, body });
	return answer.status === 200 ? null : `${answer.status} ${answer.text.slice(0, 200)}`;
}

/** Starts a target on its core and times it to the first answer that came from the mock. */
export async function startTarget(
	target: Target,
	place: Place,
): Promise<{ process: Started; figures: StartFigures } | null> {
	await target.prepare?.(place);
	const command = target.command(place);
	if (command === null) return null;
	if (await listensAt(place.port)) throw new Error(`port ${place.port} is taken. Choose another with --base-port`);
	const logFile = join(place.folder, 'output.log');
	const startedAt = performance.now();
	const process = startServer(TARGET_CPU, command, logFile);
	let listensMs: number | null = null;
	let reason = 'nothing listens';
	while (performance.now() - startedAt < START_LIMIT_MS && process.child.exitCode === null) {
		if (listensMs === null && !(await listensAt(place.port))) {
			await sleep(4);
			continue;
		}
		listensMs ??= performance.now() - startedAt;
		const [api = 'openai'] = target.apis;
		const failure = await firstAnswer(target, target.call(api, place));
		if (failure === null) {
			const pids = processTree(process.pid);
			const figures = {
				listensMs: Math.round(listensMs),
				firstAnswerMs: Math.round(performance.now() - startedAt),
				cpuMs: Math.round(cpuNs(pids) / 1e6),
				residentMib: Math.round(residentKib(pids).now / 1024),
			};
			return { process, figures };
		}
		reason = failure;
		await sleep(10);
	}
	await stop(process);
	throw new Error(`did not become ready: ${reason}; it printed: ${readFileSync(logFile, 'utf8').slice(-500)}`);
}
