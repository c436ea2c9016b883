import type { LimitedKey, ReloadReport, SessionChange } from '../../gateway.ts';

/** What a worker asks the process that started it, by kind: what is sent, and what comes back. */
export type PrimaryCalls = {
	/** Counts a request of a key for all workers; `id` names it at its end. */
	admit: { ask: { key: LimitedKey; tokens: number }; answer: { id: number } };
	/** The metrics of all workers, in Prometheus' text format. */
	metrics: { ask: null; answer: string[] };
	/** Reads the configuration again, in every worker. */
	reload: { ask: null; answer: ReloadReport };
	/** Reads the limits of the store, in every worker. */
	refreshLimits: { ask: null; answer: null };
};

/** What the process that started them asks its workers. */
export type WorkerCalls = {
	metrics: { ask: null; answer: string };
	reload: { ask: null; answer: ReloadReport };
	refreshLimits: { ask: null; answer: null };
};

/** What a worker says of itself when it takes requests. */
export interface Listening {
	/** For the user to read. */
	report: string;
	/** Milliseconds that requests have to end when it has to stop. */
	drainTimeoutMs: number;
}

/** What is told without an answer. */
export type Notice =
	/** The worker takes requests. */
	| ({ kind: 'listening' } & Listening)
	/** The worker could not begin. */
	| { kind: 'failed'; error: WorkerError }
	| { kind: 'note'; message: string }
	/** A request of a key has ended. */
	| { kind: 'release'; id: number; usedTokens: number | null }
	/** A key was made, changed or revoked. */
	| { kind: 'key-changed'; id: string }
	/** Somebody has signed in to the dashboard, or out of it. */
	| { kind: 'session-changed'; change: SessionChange }
	/** Serve no further request, and end when those under way have. */
	| { kind: 'stop' };

/** An error as it is sent between processes. */
export interface WorkerError {
	message: string;
	code: string | null;
	retryAfterMs: number | null;
}

/** One message between two processes. */
export type Envelope =
	| { notice: Notice }
	| { call: number; kind: string; ask: unknown }
	| { reply: number; answer: unknown }
	| { reply: number; error: WorkerError };

/** Where envelopes go to and come from. */
export interface Channel {
	send(envelope: Envelope): void;
	onEnvelope(listener: (envelope: Envelope) => void): void;
	/** Called once, when the other process is gone. */
	onEnd(listener: () => void): void;
	/** Nothing more is to be said. */
	close(): void;
}
