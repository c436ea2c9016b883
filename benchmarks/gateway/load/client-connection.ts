import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';

/** One request and what came of it; times as `performance.now()` tells them. */
export interface Exchange {
	/** When the timetable wanted it sent. */
	intendedAt: number;
	sentAt: number;
	firstByteAt: number;
	endedAt: number;
	status: number;
	body: Buffer[];
	/** Milliseconds between the reads of its body. */
	gaps: number[];
	/** Why there is no answer. */
	error: string | null;
}

/** A keep-alive connection of the load generator: one request at a time. */
export class ClientConnection {
	isDead = false;
	readonly #socket: Socket;
	#reader: AnswerReader | null = null;
	#exchange: Exchange | null = null;
	#lastReadAt = 0;
	#onEnd: (exchange: Exchange, connection: ClientConnection) => void = () => undefined;

	constructor(port: number) {
		this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
		this.#socket.on('data', (data: Buffer) => this.#take(data));
		this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code ?? 'error'));
		this.#socket.on('close', () => this.#fail('closed'));
	}

	send(request: Buffer, intendedAt: number, onEnd: (exchange: Exchange, connection: ClientConnection) => void): void {
		const sentAt = performance.now();
		const exchange: Exchange = {
			intendedAt,
			sentAt,
			firstByteAt: 0,
			endedAt: 0,
			status: 0,
			body: [],
			gaps: [],
			error: null,
		};
		this.#exchange = exchange;
		this.#lastReadAt = 0;
		this.#onEnd = onEnd;
		this.#reader = new AnswerReader({ onBody: (data) => exchange.body.push(data) });
		this.#socket.write(request);
	}

	close(): void {
		this.isDead = true;
		this.#socket.destroy();
	}

	#take(data: Buffer): void {
		const exchange = this.#exchange;
		const reader = this.#reader;
		if (exchange === null || reader === null) return;
		const now = performance.now();
		const hadBody = exchange.body.length > 0;
		reader.feed(data);
		if (hadBody) exchange.gaps.push(now - this.#lastReadAt);
		else if (exchange.body.length > 0) exchange.firstByteAt = now;
		this.#lastReadAt = now;
		if (reader.isComplete) this.#finish(now);
	}

	#finish(now: number): void {
		const exchange = this.#exchange;
		if (exchange === null) return;
		exchange.endedAt = now;
		exchange.status = this.#reader?.status ?? 0;
		if (this.#reader?.mustClose === true || this.isDead) this.close();
		this.#exchange = null;
		this.#reader = null;
		this.#onEnd(exchange, this);
	}

	#fail(reason: string): void {
		this.isDead = true;
		if (this.#exchange === null) return;
		if (this.#reader?.endsWithConnection !== true) this.#exchange.error = reason;
		this.#finish(performance.now());
	}
}
