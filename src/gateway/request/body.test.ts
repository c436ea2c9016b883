import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { InFlightRequests } from '../limits/admission-queue.ts';
import { BodyMemoryLimiter, readBody } from './body.ts';

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
	const running = new InFlightRequests();
	expect(running.track(response).aborted).toBe(true);
	expect(running.size).toBe(0);
	await expect(readBody(request, 1000)).rejects.toThrow('closed before the body was complete');
});

/** As much of a response as is listened to. */
const response = () => new EventEmitter() as unknown as ServerResponse;

it('bodies of requests under way never take more memory than is meant for them', () => {
	const bodies = new BodyMemoryLimiter(100);
	const [one, other] = [response(), response()];
	const [takeOne, takeOther] = [bodies.track(one), bodies.track(other)];
	expect([takeOne(60), takeOther(40), takeOther(1)]).toEqual([true, true, false]);
	one.emit('close');
	expect(bodies.bytes).toBe(40);
	expect([takeOther(60), takeOther(1)]).toEqual([true, false]);
	other.emit('close');
	expect(bodies.bytes).toBe(0);
});

it('bytes that come after their caller has left are counted for nobody', () => {
	const bodies = new BodyMemoryLimiter(100);
	const gone = response();
	const take = bodies.track(gone);
	gone.emit('close');
	take(50);
	expect(bodies.bytes).toBe(0);
});
