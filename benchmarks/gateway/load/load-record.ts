import type { Exchange } from './client-connection.ts';
import { distributionOf } from './distribution.ts';
import type { LoadJob, LoadResult } from './load-job.ts';

const CONTENT = /"(?:content|text)": ?" tok(\d+)"/g;
const MAX_GAPS = 400_000;

/** Content frames of a stream that came in their order, and how many are lost, doubled or misplaced. */
export function checkFrames(text: string, expected: number): { frames: number; wrong: number } {
	let all = 0;
	let frames = 0;
	let last = -1;
	for (const match of text.matchAll(CONTENT)) {
		const index = Number(match[1]);
		all += 1;
		if (index > last) frames += 1;
		last = Math.max(last, index);
	}
	return { frames, wrong: expected - frames + Math.max(0, all - expected) };
}

/** Collects what the exchanges of a job show. */
export class LoadRecord {
	sent = 0;
	connectionsOpened = 0;
	readonly #job: LoadJob;
	readonly #latencies: number[] = [];
	readonly #fromTimetable: number[] = [];
	readonly #firstBytes: number[] = [];
	readonly #gaps: number[] = [];
	readonly #status: Record<string, number> = {};
	readonly #errors: Record<string, number> = {};
	#frames = 0;
	#wrongFrames = 0;
	#unendedStreams = 0;

	constructor(job: LoadJob) {
		this.#job = job;
	}

	fail(reason: string, count = 1): void {
		this.#errors[reason] = (this.#errors[reason] ?? 0) + count;
	}

	take(exchange: Exchange): void {
		if (exchange.error !== null) {
			this.fail(exchange.error);
			return;
		}
		this.#status[exchange.status] = (this.#status[exchange.status] ?? 0) + 1;
		this.#latencies.push(exchange.endedAt - exchange.sentAt);
		this.#fromTimetable.push(exchange.endedAt - exchange.intendedAt);
		this.#firstBytes.push(exchange.firstByteAt - exchange.sentAt);
		if (this.#job.stream === null) return;
		if (this.#gaps.length < MAX_GAPS) this.#gaps.push(...exchange.gaps);
		const text = Buffer.concat(exchange.body).toString('latin1');
		const { frames, wrong } = checkFrames(text, this.#job.stream.frames);
		this.#frames += frames;
		this.#wrongFrames += wrong;
		if (!text.includes(this.#job.stream.endMark)) this.#unendedStreams += 1;
	}

	result(wallMs: number): LoadResult {
		const measured = this.#latencies.length;
		return {
			sent: this.sent,
			measured,
			wallMs: Number(wallMs.toFixed(1)),
			perSecond: Number(((measured * 1000) / wallMs).toFixed(1)),
			status: this.#status,
			errors: this.#errors,
			frames: this.#frames,
			wrongFrames: this.#wrongFrames,
			unendedStreams: this.#unendedStreams,
			connectionsOpened: this.connectionsOpened,
			latency: distributionOf(this.#latencies),
			latencyFromTimetable: this.#job.mode === 'open' ? distributionOf(this.#fromTimetable) : null,
			firstByte: this.#job.stream === null ? null : distributionOf(this.#firstBytes),
			gap: distributionOf(this.#gaps),
		};
	}
}
