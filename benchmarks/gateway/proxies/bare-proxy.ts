/**
 * The limit that any gateway on node:http and undici can reach: the body collected, since a gateway has to read it,
 * and everything passed on untouched. No key, no routing, no accounting.
 * node benchmarks/gateway/proxies/bare-proxy.ts PORT UPSTREAM
 */
import { createServer, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const PORT = Number(process.argv[2]);
const pool = new Pool(process.argv[3] ?? '', {
	connections: 512,
	keepAliveTimeout: 60_000,
	headersTimeout: 0,
	bodyTimeout: 0,
});
const NOT_SENT = new Set([
	'connection',
	'keep-alive',
	'transfer-encoding',
	'host',
	'content-length',
	'upgrade',
	'proxy-connection',
	'te',
	'trailer',
	'expect',
]);
const NOT_ANSWERED = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** The older of undici's two handler forms: the newer one parses the headers into an object first. */
class Forwarder implements Dispatcher.DispatchHandler {
	readonly #response: ServerResponse;
	#resume: () => void = () => undefined;
	#abort: (() => void) | null = null;

	constructor(response: ServerResponse) {
		this.#response = response;
	}

	cancel(): void {
		this.#abort?.();
	}

	onConnect(abort: () => void): void {
		this.#abort = abort;
	}

	onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
		if (status < 200) return true;
		const headers: string[] = [];
		for (let index = 0; index < raw.length; index += 2) {
			const name = raw[index]?.toString('latin1') ?? '';
			if (!NOT_ANSWERED.has(name.toLowerCase())) headers.push(name, raw[index + 1]?.toString('latin1') ?? '');
		}
		this.#response.writeHead(status, headers);
		this.#resume = resume;
		return true;
	}

	onData(chunk: Buffer): boolean {
		if (this.#response.write(chunk)) return true;
		this.#response.once('drain', this.#resume);
		return false;
	}

	onComplete(): void {
		this.#response.end();
	}

	onError(error: Error): void {
		if (this.#response.headersSent) {
			this.#response.destroy();
			return;
		}
		this.#response.writeHead(502, { 'content-type': 'application/json' });
		this.#response.end(JSON.stringify({ error: { message: error.message } }));
	}
}

const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
	const parts: Buffer[] = [];
	request.on('data', (part: Buffer) => parts.push(part));
	request.on('end', () => {
		const [only] = parts;
		const body = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
		const headers: string[] = [];
		const raw = request.rawHeaders;
		for (let index = 0; index < raw.length; index += 2) {
			const name = raw[index] ?? '';
			if (!NOT_SENT.has(name.toLowerCase())) headers.push(name, raw[index + 1] ?? '');
		}
		const forwarder = new Forwarder(response);
		pool.dispatch(
			{ path: request.url ?? '/', method: 'POST', headers, body: body.length > 0 ? body : null },
			forwarder,
		);
		response.on('close', () => {
			if (!response.writableEnded) forwarder.cancel();
		});
	});
});
server.keepAliveTimeout = 65_000;
server.listen(PORT, '127.0.0.1', 4096);
process.on('SIGTERM', () => process.exit(0));
