import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { Upstream, type UpstreamHandler } from './index.ts';

const servers: Server[] = [];
let upstream: Upstream | null = null;
afterEach(async () => {
	await upstream?.close();
	for (const server of servers.splice(0)) server.close();
});

/** A server that keeps what it receives, and answers when it is told to. */
async function listen() {
	let received = '';
	let waiting = { length: Number.POSITIVE_INFINITY, resolve: (_body: string) => {} };
	let current: Socket | undefined;
	const check = (): void => {
		const head = received.indexOf('\r\n\r\n');
		if (head === -1 || received.length < head + 4 + waiting.length) return;
		waiting.resolve(received.slice(head + 4));
		received = '';
	};
	const server = createServer((socket) => {
		current = socket;
		socket.on('error', () => {});
		socket.on('data', (chunk) => {
			current = socket;
			received += chunk.toString('latin1');
			check();
		});
	});
	servers.push(server);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const answer = () => current?.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
	/** The next body, of so many bytes. */
	const receive = (length: number) => {
		const { promise, resolve } = Promise.withResolvers<string>();
		waiting = { length, resolve };
		check();
		return promise;
	};
	return { origin: `http://127.0.0.1:${port}`, answer, receive };
}

/** Connects; what the first connection sends waits for `release`. */
function createSlowConnector() {
	const held: Array<() => void> = [];
	const { promise: isWriting, resolve } = Promise.withResolvers<void>();
	const hold = (write: () => void): void => {
		held.push(write);
		resolve();
	};
	let isFirst = true;
	const connector: buildConnector.connector = ({ hostname, port }, callback) => {
		const socket = connect(Number(port), hostname);
		if (isFirst) {
			const [writeAll, writeOne] = [socket._writev?.bind(socket), socket._write.bind(socket)];
			socket._writev = (chunks, done) => hold(() => writeAll?.(chunks, done));
			socket._write = (chunk, encoding, done) => hold(() => writeOne(chunk, encoding, done));
		}
		isFirst = false;
		socket.once('connect', () => callback(null, socket)).on('error', () => {});
	};
	const release = (): void => {
		for (const write of held.splice(0)) write();
	};
	return { connector, isWriting, release };
}

/** A call, and when it has ended. */
function call(to: { origin: string }, body: string): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const handler: UpstreamHandler = { onHead() {}, onData() {}, onEnd: resolve, onError: reject };
	void upstream?.send({ endpoint: { origin: to.origin, path: '/', headers: {} }, headers: {}, body }, handler);
	return promise;
}

it('a server that answers before it has read a body gets that body, and nothing of the next caller’s', async () => {
	const { connector, isWriting, release } = createSlowConnector();
	upstream = new Upstream({ connect: connector });
	const [hasty, other] = [await listen(), await listen()];
	const [first, second] = ['a'.repeat(100_000), 'b'.repeat(100_000)];
	const answered = call(hasty, first);
	await isWriting;
	hasty.answer();
	await answered;
	const next = call(other, second);
	expect(await other.receive(second.length)).toBe(second);
	other.answer();
	await next;
	release();
	expect((await hasty.receive(first.length)) === first).toBe(true);
});

it('bodies of any size arrive as they were sent, one after the other over the same connections', async () => {
	upstream = new Upstream({
		connect: ({ hostname, port }, callback) => {
			const socket = connect(Number(port), hostname);
			socket.once('connect', () => callback(null, socket)).on('error', () => {});
		},
	});
	const server = await listen();
	for (const length of [20, 16_384, 16_385, 100_000, 65_536, 99_999, 1_048_576, 1_048_577, 20_000]) {
		const body = `${'\u00e9\u00ff'.repeat(length)}.${length}`.slice(-length);
		const ended = call(server, body);
		expect((await server.receive(length)) === body).toBe(true);
		server.answer();
		await ended;
	}
});
