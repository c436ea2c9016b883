import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadJob, LoadResult } from '../load/load-job.ts';
import { type Behaviour, JSON_ANSWER } from '../mock/behaviour.ts';
import { runForJson, type Started, startServer } from '../processes/child-processes.ts';
import { listensAt, post } from '../processes/http-calls.ts';
import { coreBusyNs, cpuNs, processTree } from '../processes/proc-figures.ts';
import { HERE } from '../targets/target.ts';
import { LOAD_CPU, TARGET_CPU } from './bench-settings.ts';
import type { Window } from './results.ts';

/** The mock and the load generator of a run. */
export class BenchPlace {
	readonly mockPort: number;
	/** Scratch folder of the run. */
	readonly folder: string;

	constructor(mockPort: number, folder: string) {
		this.mockPort = mockPort;
		this.folder = folder;
	}

	async startMock(): Promise<void> {
		if (await listensAt(this.mockPort))
			throw new Error(`port ${this.mockPort} is taken. Choose another with --mock-port`);
		const command = { args: [join(HERE, 'mock', 'main.ts'), String(this.mockPort)] };
		startServer(LOAD_CPU, command, join(this.folder, 'mock.log'));
		for (let attempt = 0; attempt < 200 && !(await listensAt(this.mockPort)); attempt += 1) await sleep(25);
		await this.behave(JSON_ANSWER);
	}

	/** Changes how the mock answers from now on. */
	async behave(behaviour: Behaviour): Promise<void> {
		const answer = await post(`http://127.0.0.1:${this.mockPort}/__behaviour`, { body: JSON.stringify(behaviour) });
		if (answer.status !== 200) throw new Error(`the mock does not answer: ${answer.text}`);
	}

	/** Sends load to a target and reads what its processes took meanwhile. */
	async measure(job: LoadJob, target: Started | null): Promise<Window> {
		const pids = target === null ? [] : processTree(target.pid);
		const own = cpuNs(pids);
		const busy = coreBusyNs(TARGET_CPU);
		const startedAt = performance.now();
		const result = await runForJson<LoadResult>(LOAD_CPU, {
			args: [join(HERE, 'load', 'main.ts'), JSON.stringify(job)],
		});
		const wallNs = (performance.now() - startedAt) * 1e6;
		const usedNs = cpuNs(pids) - own;
		const foreign = Math.max(0, coreBusyNs(TARGET_CPU) - busy - usedNs) / wallNs;
		return {
			...result,
			cpuUsPerRequest: usedNs > 0 ? Number((usedNs / 1000 / Math.max(1, result.sent)).toFixed(1)) : null,
			foreignShare: Number(foreign.toFixed(3)),
		};
	}
}
