import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { CALLER_FORMATS, JsonText } from '../../protocol/index.ts';
import type { UpstreamHandler } from '../../providers/upstream/index.ts';
import { ManualClock } from '../../testing/index.ts';
import { BodyMemoryLimiter } from '../request/index.ts';
import type { AttemptRequest } from './attempt.ts';
import { PassThroughStream } from './pass-through-stream.ts';
import { StreamSink } from './send-answer.ts';

const OVERLOADED = { code: 'ROUTER_OVERLOADED', isRetryable: true };

/** A streamed attempt of a gateway with memory for so many bytes; its provider does what the test says. */
async function openStream(memory: BodyMemoryLimiter) {
	// as much of a response as a stream needs before it is committed
	const response = new EventEmitter() as unknown as ServerResponse;
	const reserveBytes = memory.track(response);
	const sink = new StreamSink(response, { listener: null, rewriter: null, onCommit() {}, onEnding() {}, reserveBytes });
	const { promise, resolve } = Promise.withResolvers<UpstreamHandler>();
	// as much of an attempt as a stream reads that fails
	const attempt = {
		format: CALLER_FORMATS['openai-chat'],
		body: { model: 'm', messages: [] },
		text: JsonText.from('{"model":"m","messages":[]}'),
		wire: { wantsUsage: true, answerCount: 1 },
		forwardedHeaders: {},
		fitting: {},
		deployment: { formats: ['openai-chat'], isCompatible: true, endpoint: () => ({}) },
		modelId: 'm',
		modelName: 'm',
		target: { provider: 'local', model: 'm' },
		clock: new ManualClock(),
		signal: new AbortController().signal,
		timeouts: { firstOutputMs: 5000, idleMs: 1000 },
		meter: { set() {} },
		output: { add() {}, addTokens() {}, isPassed: false, isRough: false },
		isHeldWhole: true,
		reserveBytes,
		onHeaders() {},
		upstream: {
			send: async (_request: unknown, handler: UpstreamHandler) => {
				resolve(handler);
				return { pause() {}, resume() {}, abort() {} };
			},
		},
	} as unknown as AttemptRequest;
	const failure = new PassThroughStream(attempt, sink).run().catch((error: unknown) => error);
	const handler = await promise;
	handler.onHead(200, { 'content-type': 'text/event-stream' });
	/** Resolves when it has been read. */
	const push = async (text: string) => {
		handler.onData(Buffer.from(text));
		await setImmediate();
	};
	return { failure, response, sink, push };
}

it('events that providers never end take no more memory than is meant for all requests together', async () => {
	const memory = new BodyMemoryLimiter(1000);
	const [one, other] = [await openStream(memory), await openStream(memory)];
	await one.push(`data: ${'x'.repeat(594)}`);
	expect(memory.bytes).toBe(600);
	await other.push(`data: ${'x'.repeat(594)}`);
	expect(await other.failure).toMatchObject(OVERLOADED);
	expect(memory.bytes).toBe(600);
	one.response.emit('close');
	expect(memory.bytes).toBe(0);
});

it('streams that are held back take no more either; an attempt that failed gives its memory back', async () => {
	const memory = new BodyMemoryLimiter(1000);
	const [one, other] = [await openStream(memory), await openStream(memory)];
	const comment = `: ${'x'.repeat(596)}\n\n`;
	await one.push(comment);
	expect(memory.bytes).toBe(600);
	await other.push(comment);
	expect(await other.failure).toMatchObject(OVERLOADED);
	one.sink.discard();
	expect(memory.bytes).toBe(0);
});
