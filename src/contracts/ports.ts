/** Time comes in through this port; tests never sleep. */
export interface Clock {
	/** Epoch milliseconds. */
	now(): number;
	/** Milliseconds that only go forward, for durations. */
	monotonic(): number;
	/** Resolves after `ms`; rejects with the signal's reason when aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
	/** Calls back once after `ms`, unless the returned function is called before. @default made of `sleep` */
	startTimer?(ms: number, onEnd: () => void): () => void;
}

/** What ends a call early: an `AbortSignal`, or what is listened to like one and costs less to make. */
export interface Cancellation {
	readonly aborted: boolean;
	/** Why it was ended. */
	readonly reason: unknown;
	addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
	removeEventListener(type: 'abort', listener: () => void): void;
}

/** Ids come in through this port. */
export interface IdSource {
	/** Unique, sortable by time, e.g. a UUID v7. */
	next(): string;
}

/** A number in [0, 1). */
export type RandomSource = () => number;

/** The port for log lines; `console` and pino fit as they are. */
export interface Logger {
	error(message: string, details?: unknown): void;
	warn(message: string, details?: unknown): void;
	info(message: string, details?: unknown): void;
	debug(message: string, details?: unknown): void;
}

/** How much is logged, from nothing to everything. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
/** Lines of this level and of the levels before it are logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];
