/** @module More than one process behind one address: the process that starts them, and the workers. */

import cluster, { type Worker } from 'node:cluster';
import type { Channel, Envelope } from './messages.ts';
import type { WorkerProcess } from './primary.ts';

export { Primary } from './primary.ts';
export { WorkerLink } from './worker-link.ts';

/** Starts this program once more, with the same arguments, as a worker. */
export function startWorkerProcess(): WorkerProcess {
	const worker = cluster.fork();
	return { ...createWorkerChannel(worker), kill: () => void worker.process.kill('SIGKILL') };
}

function createWorkerChannel(worker: Worker): Channel {
	return {
		send: (envelope) => {
			// gone in this moment: its end is told by `exit`
			if (worker.isConnected()) worker.send(envelope, () => {});
		},
		// both processes run this package
		onEnvelope: (listener) => void worker.on('message', (message) => listener(message as Envelope)),
		onEnd: (listener) => void worker.once('exit', listener),
		close: () => worker.disconnect(),
	};
}

/** The channel to the process that started this one; `null` in a process that nobody started as a worker. */
export function findPrimary(): Channel | null {
	const { worker } = cluster;
	if (worker === undefined) return null;
	// else a worker ends in the middle of its requests when the process that started it is gone
	worker.exitedAfterDisconnect = true;
	return {
		send: (envelope) => {
			if (process.connected) process.send?.(envelope, () => {});
		},
		// as above
		onEnvelope: (listener) => void process.on('message', (message) => listener(message as Envelope)),
		onEnd: (listener) => void process.once('disconnect', listener),
		close: () => process.disconnect(),
	};
}
