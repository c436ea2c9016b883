import type { Socket } from 'node:net';
import type { Behaviour } from './behaviour.ts';
import type { StreamFrames } from './stream-frames.ts';

const MAX_UNSENT_BYTES = 262_144;

/** Writes one stream at the pace of its behaviour, as fast as the reader takes it at most. */
export class StreamSender {
	readonly #socket: Socket;
	readonly #frames: StreamFrames;
	readonly #behaviour: Behaviour;
	readonly #onEnd: () => void;
	#timer: NodeJS.Timeout | null = null;
	#startedAt = 0;
	#sent = 0;
	#isOver = false;

	constructor(socket: Socket, answer: { frames: StreamFrames; behaviour: Behaviour; onEnd: () => void }) {
		this.#socket = socket;
		this.#frames = answer.frames;
		this.#behaviour = answer.behaviour;
		this.#onEnd = answer.onEnd;
	}

	start(head: string): void {
		const begin = (): void => {
			this.#startedAt = performance.now();
			this.#socket.write(head);
			this.#socket.write(this.#frames.opening);
			this.#step();
		};
		if (this.#behaviour.firstEventMs > 0) this.#timer = setTimeout(begin, this.#behaviour.firstEventMs);
		else begin();
	}

	/** The reader is gone. */
	cancel(): void {
		this.#isOver = true;
		if (this.#timer !== null) clearTimeout(this.#timer);
	}

	readonly #step = (): void => {
		if (this.#isOver) return;
		if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
			this.#socket.once('drain', this.#step);
			return;
		}
		if (this.#behaviour.gapMs > 0) this.#writeWhatIsDue();
		else this.#writeBatch();
		if (this.#sent >= this.#frames.content.length) this.#finish();
		else if (this.#behaviour.gapMs > 0) this.#timer = setTimeout(this.#step, this.#dueIn());
		else setImmediate(this.#step);
	};

	#dueIn(): number {
		return Math.max(0, this.#startedAt + this.#sent * this.#behaviour.gapMs - performance.now());
	}

	/** Each event its own write; more than one when the timer came late. */
	#writeWhatIsDue(): void {
		do this.#writeNext();
		while (this.#sent < this.#frames.content.length && this.#dueIn() === 0);
	}

	#writeNext(): void {
		const frame = this.#frames.content[this.#sent];
		if (frame !== undefined) this.#socket.write(frame);
		this.#sent += 1;
	}

	#writeBatch(): void {
		const batch = this.#frames.content.slice(this.#sent, this.#sent + this.#behaviour.eventsPerWrite);
		this.#socket.write(Buffer.concat(batch));
		this.#sent += batch.length;
	}

	#finish(): void {
		this.#isOver = true;
		this.#socket.write(this.#frames.closing);
		this.#onEnd();
	}
}
