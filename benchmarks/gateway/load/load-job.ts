import type { Distribution } from './distribution.ts';

/** What one run of the load generator sends. Times in milliseconds. */
export interface LoadJob {
	/**
	 * `open`: arrivals follow a timetable and are never held back by slow answers; `closed`: a fixed number of
	 * connections, the next request right after the previous answer.
	 */
	mode: 'open' | 'closed';
	port: number;
	path: string;
	headers: Readonly<Record<string, string>>;
	/** Bodies that are sent in turn. */
	bodyFiles: readonly string[];
	/** What a whole stream holds; `null` for a JSON answer. */
	stream: { frames: number; endMark: string } | null;
	durationMs: number;
	/** Arrivals before it are sent but not measured. */
	warmupMs: number;
	/** Open: mean arrivals a second (Poisson). */
	ratePerSecond: number;
	/** Closed: connections. */
	connections: number;
	/** No more than so many are sent. */
	maxRequests: number;
	/** How long answers may still come after the end. */
	drainMs: number;
}

/** What came of it. Times in milliseconds. */
export interface LoadResult {
	sent: number;
	/** Answers that came whole, counted from the warm-up's end. */
	measured: number;
	wallMs: number;
	perSecond: number;
	status: Record<string, number>;
	errors: Record<string, number>;
	/** Content frames of all measured streams that came, in order. */
	frames: number;
	/** Content frames that are lost, doubled or out of order. */
	wrongFrames: number;
	/** Streams without their end mark. */
	unendedStreams: number;
	connectionsOpened: number;
	/** From the send to the last byte. */
	latency: Distribution | null;
	/** From the moment the timetable names to the last byte: safe against coordinated omission. */
	latencyFromTimetable: Distribution | null;
	/** From the send to the first byte of the body. */
	firstByte: Distribution | null;
	/** Between two reads of a stream. */
	gap: Distribution | null;
}

/** Answers other than 200, and requests without an answer. */
export function failuresOf({ status, errors }: Pick<LoadResult, 'status' | 'errors'>): number {
	const others = Object.entries(status).filter(([code]) => code !== '200');
	return [...others, ...Object.entries(errors)].reduce((sum, [, count]) => sum + count, 0);
}
