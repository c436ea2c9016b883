import { describe, expect, it } from 'vitest';
import type { UpstreamHandler } from '../../providers/upstream/index.ts';
import { ManualClock } from '../../testing/index.ts';
import { fetchAnswer } from './whole-answer.ts';

/** Fetches an answer from a provider that does what `respond` says. */
function bench(
	respond: (handler: UpstreamHandler) => void,
	signal: AbortSignal = new AbortController().signal,
	reserveBytes = (_bytes: number) => true,
) {
	const clock = new ManualClock();
	const aborts: Error[] = [];
	const answer = fetchAnswer({
		clock,
		target: { provider: 'local', model: 'm' },
		modelName: 'test-model',
		signal,
		reserveBytes,
		timeouts: { firstOutputMs: 5000, idleMs: 1000 },
		send: async (handler) => {
			respond(handler);
			return { pause() {}, resume() {}, abort: (reason) => aborts.push(reason) };
		},
	});
	return { answer, aborts, clock };
}

const respondWith = (status: number, text: string) => (handler: UpstreamHandler) => {
	handler.onHead(status, { 'content-type': 'application/json', 'request-id': 'r1' });
	for (const piece of text.match(/.{1,7}/gs) ?? []) handler.onData(Buffer.from(piece));
	handler.onEnd();
};

describe('a whole answer', () => {
	it('is its bytes as they came, with the provider’s id of the request', async () => {
		const { answer } = bench(respondWith(200, '{"a":[1, 2]}'));
		expect(await answer).toMatchObject({ status: 200, requestId: 'r1', body: { a: [1, 2] } });
		expect((await answer).bytes.toString()).toBe('{"a":[1, 2]}');
	});

	it('that finds no memory left beside the others is refused as overload, and not read on', async () => {
		let room = 10;
		const takeRoom = (bytes: number) => {
			room -= bytes;
			return room >= 0;
		};
		const { answer, aborts } = bench(respondWith(200, '{"a":[1, 2]}'), undefined, takeRoom);
		await expect(answer).rejects.toMatchObject({ code: 'ROUTER_OVERLOADED', isRetryable: true });
		expect(aborts).toHaveLength(1);
	});

	it('that is an error under a good status fails as what it says it is', async () => {
		const body = '{"error":{"type":"overloaded_error","message":"Too busy"}}';
		await expect(bench(respondWith(200, body)).answer).rejects.toMatchObject({
			code: 'ROUTER_PROVIDER_CALL',
			message: expect.stringContaining('Too busy'),
			details: { status: 529, errorType: 'overloaded_error' },
		});
	});

	it.each([
		[429, '{"error":{"message":"slow down"}}', 'slow down'],
		[302, '', 'with a redirect, which is never followed'],
		[200, '', 'with nothing in it'],
		[200, '<html>', 'with something that is no JSON object (application/json)'],
		[200, '[1]', 'with something that is no JSON object (application/json)'],
	])('%s %s is none', async (status, text, message) => {
		await expect(bench(respondWith(status, text)).answer).rejects.toThrow(message);
	});

	it('that breaks off after it began is billed as interrupted; a connection that never was is not', async () => {
		const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
		const begun = bench((handler) => {
			handler.onHead(200, {});
			handler.onError(reset);
		});
		await expect(begun.answer).rejects.toMatchObject({ code: 'ROUTER_STREAM_INTERRUPTED' });
		await expect(bench((handler) => handler.onError(reset)).answer).rejects.toMatchObject({
			code: 'ROUTER_PROVIDER_CALL',
			details: { errorType: 'ECONNRESET' },
		});
	});
});

describe('the call to the provider ends', () => {
	it('when the caller leaves, before or after it was sent', async () => {
		const left = new AbortController();
		const { answer, aborts } = bench(() => {}, left.signal);
		await Promise.resolve();
		left.abort(new Error('left'));
		await expect(answer).rejects.toThrow('left');
		expect(aborts).toHaveLength(1);
		await expect(bench(() => {}, left.signal).answer).rejects.toThrow('left');
	});

	it('when it stays silent, and leaves no timer behind', async () => {
		const { answer, aborts, clock } = bench((handler) => handler.onHead(200, {}));
		const failed = expect(answer).rejects.toMatchObject({ code: 'ROUTER_ATTEMPT_TIMEOUT' });
		await clock.advance(5000);
		await failed;
		expect([aborts.length, clock.sleeping]).toEqual([1, 0]);
	});
});
