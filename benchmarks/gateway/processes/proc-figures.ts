/** Figures of processes and cores from /proc: Linux only; elsewhere they are zero and the report leaves them out. */
import { readdirSync, readFileSync } from 'node:fs';

const TICK_NS = 1e7;

function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		// the process or thread has ended, or this is no Linux
		return '';
	}
}

function list(path: string): string[] {
	try {
		return readdirSync(path);
	} catch {
		// as above
		return [];
	}
}

function parentOf(pid: number): number {
	const stat = read(`/proc/${pid}/stat`);
	return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** A process and its descendants. */
export function processTree(root: number): number[] {
	const all = list('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number);
	const parents = new Map(all.map((pid) => [pid, parentOf(pid)]));
	const tree = [root];
	for (let index = 0; index < tree.length; index += 1)
		for (const [pid, parent] of parents) if (parent === tree[index]) tree.push(pid);
	return tree;
}

/** Nanoseconds on a core, all threads of these processes together. */
export function cpuNs(pids: readonly number[]): number {
	let sum = 0;
	for (const pid of pids)
		for (const thread of list(`/proc/${pid}/task`))
			sum += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]);
	return sum;
}

/** Resident memory of these processes, KiB. */
export function residentKib(pids: readonly number[]): { now: number; peak: number } {
	const sum = { now: 0, peak: 0 };
	for (const pid of pids) {
		const status = read(`/proc/${pid}/status`);
		sum.now += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
		sum.peak += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
	}
	return sum;
}

/** Nanoseconds that a core was busy since the machine started, whoever used it. */
export function coreBusyNs(cpu: number): number {
	const line = read('/proc/stat')
		.split('\n')
		.find((text) => text.startsWith(`cpu${cpu} `));
	const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line ?? '')
		.split(' ')
		.slice(1)
		.map(Number);
	return (user + nice + system + irq + softirq + steal) * TICK_NS;
}
