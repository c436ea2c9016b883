import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readBody } from './read-body.ts';
import { RunningRequests } from './running-requests.ts';

const server = createServer();
afterEach(() => server.close());

it('a caller that left before it was listened to holds up nothing: neither its body nor its place is waited for', async () => {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
	socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc');
	const [request, response]: [IncomingMessage, ServerResponse] = await new Promise((resolve) => {
		server.once('request', (...http: [IncomingMessage, ServerResponse]) => resolve(http));
	});
	const closed = Promise.all([request, response].map((one) => new Promise((resolve) => one.on('close', resolve))));
	socket.destroy();
	await closed;
	const running = new RunningRequests();
	expect(running.signalOf(response).aborted).toBe(true);
	expect(running.size).toBe(0);
	await expect(readBody(request, 1000)).rejects.toThrow('closed before the body was complete');
});
