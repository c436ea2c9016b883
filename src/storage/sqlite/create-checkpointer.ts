import { Worker } from 'node:worker_threads';

/** Copies a database's write-ahead log into its file beside the event loop: each copy is flushed to the disk, some tens of milliseconds. */
export interface Checkpointer {
	/** Copies what it can without waiting for anybody. False where there is no thread that could, or one is at it. */
	run(): Promise<boolean>;
	close(): Promise<void>;
}

/** Opens the file once: another one of its name is none of its business. */
const THREAD = `
process.removeAllListeners('warning');
const { parentPort, workerData } = require('node:worker_threads');
const sqlite = require('node:sqlite');
const database = new (sqlite.DatabaseSync ?? sqlite.Database)(workerData);
database.exec('PRAGMA busy_timeout = 0');
parentPort.on('message', () => {
	let isDone = true;
	try {
		database.prepare('PRAGMA wal_checkpoint(PASSIVE)').all();
	} catch {
		isDone = false;
	}
	parentPort.postMessage(isDone);
});`;

/** A thread for the file at `path`, started now. It keeps no program alive. */
export function createCheckpointer(path: string): Checkpointer {
	// a thread needs nothing of the environment, which may hold keys, nor of the flags of this process
	const thread = new Worker(THREAD, {
		eval: true,
		workerData: path,
		env: {},
		execArgv: [],
		resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
	});
	thread.unref();
	let answer: ((isDone: boolean) => void) | null = null;
	let hasEnded = false;
	const settle = (isDone: boolean): void => {
		answer?.(isDone);
		answer = null;
	};
	const end = (): void => {
		hasEnded = true;
		settle(false);
	};
	thread.on('message', settle).on('error', end).on('exit', end);
	return {
		run() {
			if (hasEnded || answer !== null) return Promise.resolve(false);
			const { promise, resolve } = Promise.withResolvers<boolean>();
			answer = resolve;
			thread.postMessage(null);
			return promise;
		},
		async close() {
			await thread.terminate();
		},
	};
}
