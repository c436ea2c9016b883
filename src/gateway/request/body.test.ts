import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { InFlightRequests } from '../limits/admission-queue.ts';
import { BodyMemoryLimiter, omitBodyField, parseJsonBody, readBody } from './body.ts';

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

describe('a body that readers would read in different ways', () => {
	it.each([
		['two models, of which the cheap one is priced', '{"model":"gpt-5-nano","model":"gpt-5"}'],
		['two models, one written with an escape', '{"mod\\u0065l":"gpt-5-nano","model":"gpt-5"}'],
		['two numbers of answers', '{"n":1,"messages":[{"content":"a:b"}],"n":100}'],
		['two limits in a member', '{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":65536}}'],
		['two streams', '{"stream":false , "stream" : true}'],
		['two prototypes', '{"__proto__":1,"__proto__":2}'],
	])('is refused, for what is priced could be another than what is called: %s', (_name, text) => {
		expect(() => parseJsonBody(text)).toThrow(/same name twice/);
	});

	it('is none that says everything once, whatever its texts hold', () => {
		const values = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
		fc.assert(
			fc.property(values, fc.constantFrom(0, 2, '\t'), (value, space) => {
				const text = JSON.stringify(value, null, space);
				expect(parseJsonBody(text)).toEqual(JSON.parse(text));
			}),
		);
	});

	it('is none either that repeats names where they are the caller’s own words, deeper down', () => {
		const text = '{"messages":[{"content":{"a":1}},{"content":{"a":1}}],"tools":[{"a":{"b":1}},{"a":{"b":1}}]}';
		expect(parseJsonBody(text)).toEqual(JSON.parse(text));
	});
});

describe('what is meant for the gateway never reaches a provider', () => {
	it.each([
		['{"switchyard":{"maxCost":1},"model":"a"}', '{"model":"a"}'],
		['{ "model" : "a" , "switchyard" : {"tags":["}"]} }', '{ "model" : "a" }'],
		['{"a":1.0,"switch\\u0079ard":1,"b":[1e2],"switchyard":2}', '{"a":1.0,"b":[1e2]}'],
		['{"switchyard":1}', '{}'],
		['{\n  "switchyard": 1,\n  "switchyard": 2,\n  "a": 1\n}', '{\n  "a": 1\n}'],
	])('%s', (text, expected) => {
		const [left, body] = omitBodyField(text, JSON.parse(text), 'switchyard');
		expect(left).toBe(expected);
		expect(body).toEqual(JSON.parse(left));
	});

	it('and a body without it is not touched', () => {
		const text = '{"model" :"a", "x":{"switchyard":1}}';
		expect(omitBodyField(text, JSON.parse(text), 'switchyard')[0]).toBe(text);
	});
});
