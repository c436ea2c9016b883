type Part = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'trailers' | 'until-close' | 'end';

/** What an answer's reader is told. */
export interface AnswerListener {
	onBody(data: Buffer): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = 10;

/** Reads one HTTP/1.1 answer from the bytes of a connection. */
export class AnswerReader {
	status = 0;
	mustClose = false;
	readonly #listener: AnswerListener;
	#part: Part = 'head';
	#kept: Buffer = Buffer.alloc(0);
	#left = 0;

	constructor(listener: AnswerListener) {
		this.#listener = listener;
	}

	get isComplete(): boolean {
		return this.#part === 'end';
	}

	/** An answer without a length is whole when its connection closes. */
	get endsWithConnection(): boolean {
		return this.#part === 'until-close';
	}

	get hasBegun(): boolean {
		return this.#part !== 'head';
	}

	feed(data: Buffer): void {
		let rest = data;
		while (rest.length > 0 && this.#part !== 'end') rest = this.#step(rest);
	}

	#step(data: Buffer): Buffer {
		switch (this.#part) {
			case 'head':
				return this.#readHead(data);
			case 'sized':
				return this.#readBody(data, 'end');
			case 'chunk-size':
				return this.#readLine(data, (line) => {
					this.#left = Number.parseInt(line, 16);
					this.#part = this.#left === 0 ? 'trailers' : 'chunk';
					if (this.#left > 0) this.#left += 2;
				});
			case 'chunk':
				return this.#readChunk(data);
			case 'trailers':
				return this.#readLine(data, (line) => {
					if (line.trim() === '') this.#part = 'end';
				});
			default:
				this.#listener.onBody(data);
				return data.subarray(data.length);
		}
	}

	#readHead(data: Buffer): Buffer {
		const all = this.#kept.length === 0 ? data : Buffer.concat([this.#kept, data]);
		const end = all.indexOf(HEAD_END);
		if (end < 0) {
			this.#kept = all;
			return data.subarray(data.length);
		}
		this.#kept = Buffer.alloc(0);
		const head = all.toString('latin1', 0, end);
		const rest = all.subarray(end + HEAD_END.length);
		this.status = Number(head.slice(9, 12));
		if (this.status < 200) return rest;
		this.mustClose = /\r\nconnection:\s*close/i.test(head);
		if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) this.#part = 'chunk-size';
		else {
			const length = /\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1];
			this.#left = Number(length ?? 0);
			this.#part = length === undefined ? 'until-close' : this.#left === 0 ? 'end' : 'sized';
		}
		return rest;
	}

	#readBody(data: Buffer, next: Part): Buffer {
		const size = Math.min(this.#left, data.length);
		this.#listener.onBody(data.subarray(0, size));
		this.#left -= size;
		if (this.#left === 0) this.#part = next;
		return data.subarray(size);
	}

	/** `#left` counts the line end after the chunk too. */
	#readChunk(data: Buffer): Buffer {
		const size = Math.min(this.#left, data.length);
		const body = Math.min(size, Math.max(0, this.#left - 2));
		if (body > 0) this.#listener.onBody(data.subarray(0, body));
		this.#left -= size;
		if (this.#left === 0) this.#part = 'chunk-size';
		return data.subarray(size);
	}

	#readLine(data: Buffer, take: (line: string) => void): Buffer {
		const end = data.indexOf(LINE_END);
		if (end < 0) {
			this.#kept = Buffer.concat([this.#kept, data]);
			return data.subarray(data.length);
		}
		const line = this.#kept.toString('latin1') + data.toString('latin1', 0, end);
		this.#kept = Buffer.alloc(0);
		take(line);
		return data.subarray(end + 1);
	}
}
