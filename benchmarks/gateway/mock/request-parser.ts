/** A request as it came. */
export interface ParsedRequest {
	method: string;
	path: string;
	keepAlive: boolean;
	body: Buffer;
}

interface Head {
	method: string;
	path: string;
	version: string;
	headers: ReadonlyMap<string, string>;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 65_536;

function parseHead(text: string): Head {
	const [first = '', ...lines] = text.split('\r\n');
	const [method = '', path = '', version = ''] = first.split(' ');
	const headers = new Map<string, string>();
	for (const line of lines) {
		const colon = line.indexOf(':');
		if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
	}
	return { method, path, version, headers };
}

/** Reads HTTP/1.1 requests from the bytes of one connection: bodies with a length and chunked ones. */
export class RequestParser {
	#parts: Buffer[] = [];
	#bytes = 0;
	#head: Head | null = null;

	/** The requests that these bytes complete. */
	feed(data: Buffer): ParsedRequest[] {
		this.#parts.push(data);
		this.#bytes += data.length;
		const complete: ParsedRequest[] = [];
		for (let request = this.#next(); request !== null; request = this.#next()) complete.push(request);
		return complete;
	}

	#join(): Buffer {
		const [only] = this.#parts;
		const all = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
		this.#keep(all);
		return all;
	}

	#keep(rest: Buffer): void {
		this.#parts = rest.length === 0 ? [] : [rest];
		this.#bytes = rest.length;
	}

	#readHead(): Head | null {
		const all = this.#join();
		const end = all.indexOf(HEAD_END);
		if (end < 0) {
			if (all.length > MAX_HEAD_BYTES) throw new Error('request head too large');
			return null;
		}
		this.#keep(all.subarray(end + HEAD_END.length));
		return parseHead(all.toString('latin1', 0, end));
	}

	#next(): ParsedRequest | null {
		if (this.#bytes === 0 && this.#head === null) return null;
		this.#head ??= this.#readHead();
		const head = this.#head;
		if (head === null) return null;
		const isChunked = head.headers.get('transfer-encoding')?.includes('chunked') ?? false;
		const body = isChunked ? this.#chunkedBody() : this.#sizedBody(Number(head.headers.get('content-length') ?? 0));
		if (body === null) return null;
		this.#head = null;
		const keepAlive = head.version === 'HTTP/1.1' && !/close/i.test(head.headers.get('connection') ?? '');
		return { method: head.method, path: head.path, keepAlive, body };
	}

	#sizedBody(size: number): Buffer | null {
		if (this.#bytes < size) return null;
		if (size === 0) return Buffer.alloc(0);
		const all = this.#join();
		this.#keep(all.subarray(size));
		return all.subarray(0, size);
	}

	#chunkedBody(): Buffer | null {
		const all = this.#join();
		const chunks: Buffer[] = [];
		for (let at = 0; ; ) {
			const lineEnd = all.indexOf('\r\n', at);
			if (lineEnd < 0) return null;
			const size = Number.parseInt(all.toString('latin1', at, lineEnd), 16);
			if (!(size >= 0)) throw new Error('bad chunk size');
			const end = lineEnd + 2 + size;
			if (all.length < end + 2) return null;
			if (size === 0) {
				this.#keep(all.subarray(end + 2));
				return Buffer.concat(chunks);
			}
			chunks.push(all.subarray(lineEnd + 2, end));
			at = end + 2;
		}
	}
}
