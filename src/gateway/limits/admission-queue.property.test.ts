import { getEventListeners } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Cancellation } from '../../contracts/index.ts';
import { ManualClock } from '../../testing/index.ts';
import { AdmissionQueue, InFlightRequests, type Permit } from './index.ts';

const LIMITS = { maxConcurrent: 2, maxQueued: 4, queueTimeoutMs: 10_000 };
const overloaded = expect.objectContaining({ code: 'ROUTER_OVERLOADED' });

function fill(queue: AdmissionQueue, count: number): Permit[] {
	return Array.from({ length: count }, () => {
		const permit = queue.tryAcquire();
		if (permit === null) throw new Error('There is no place.');
		return permit;
	});
}

function releaseTwice(permits: readonly Permit[]): void {
	for (const permit of [...permits, ...permits]) permit.release();
}

const steps = fc.array(
	fc.oneof(
		{ weight: 4, arbitrary: fc.record({ kind: fc.constant('enter'), priority: fc.integer({ min: 1, max: 5 }) }) },
		{ weight: 3, arbitrary: fc.record({ kind: fc.constant('release'), which: fc.nat() }) },
		{ weight: 1, arbitrary: fc.record({ kind: fc.constant('abort'), which: fc.nat() }) },
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 0, max: 6000 }) }) },
	),
	{ maxLength: 80 },
);

it('whatever comes, goes and gives up: never more inside or waiting than allowed, everyone is answered in time and once', async () => {
	await fc.assert(
		fc.asyncProperty(steps, async (sequence) => {
			const clock = new ManualClock();
			const queue = new AdmissionQueue(LIMITS, clock);
			const inside: Permit[] = [];
			const callers: Array<{ arrivedAt: number; answeredAt: number | null; stop: AbortController }> = [];
			const enter = (priority: number): void => {
				const caller = { arrivedAt: clock.monotonic(), answeredAt: null as number | null, stop: new AbortController() };
				callers.push(caller);
				const answered = () => {
					expect(caller.answeredAt).toBeNull();
					caller.answeredAt = clock.monotonic();
				};
				queue.acquire({ priority, signal: caller.stop.signal }).then((permit) => {
					answered();
					inside.push(permit);
				}, answered);
			};
			for (const step of sequence) {
				if ('priority' in step) enter(step.priority);
				else if ('ms' in step) await clock.advance(step.ms);
				else if (step.kind === 'abort')
					callers[step.which % Math.max(1, callers.length)]?.stop.abort(new Error('gone'));
				else releaseTwice(inside.splice(step.which % Math.max(1, inside.length), 1));
				await clock.advance(0);
				expect(queue.running).toBe(inside.length);
				expect(queue.running).toBeLessThanOrEqual(LIMITS.maxConcurrent);
				expect(queue.waiting).toBeLessThanOrEqual(LIMITS.maxQueued);
				// a free place is never kept from who waits
				expect(queue.waiting === 0 || queue.running === LIMITS.maxConcurrent).toBe(true);
			}
			await clock.advance(LIMITS.queueTimeoutMs);
			const waits = callers.map(({ arrivedAt, answeredAt }) => (answeredAt ?? Number.NaN) - arrivedAt);
			expect(waits.every((waitedMs) => waitedMs <= LIMITS.queueTimeoutMs)).toBe(true);
			for (const permit of inside) permit.release();
			expect([queue.running, queue.waiting, clock.sleeping]).toEqual([0, 0, 0]);
		}),
		{ numRuns: 100 },
	);
});

it('priority decides first, arrival next', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue({ ...LIMITS, maxConcurrent: 1, maxQueued: 100 }, clock);
	const [first] = fill(queue, 1);
	const order: string[] = [];
	const waits = [3, 1, 5, 3, 5].map(async (priority, index) => {
		const permit = await queue.acquire({ priority });
		order.push(`${priority}#${index}`);
		permit.release();
	});
	first?.release();
	await Promise.all(waits);
	expect(order).toEqual(['5#2', '5#4', '3#0', '3#3', '1#1']);
});

it('nobody starves: under a steady flood of urgent requests the least urgent still gets his turn before his time is over', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue({ maxConcurrent: 1, maxQueued: 1000, queueTimeoutMs: 10_000 }, clock);
	const hold = async (permit: Permit) => {
		await clock.sleep(100);
		permit.release();
	};
	const [first] = fill(queue, 1);
	if (first !== undefined) void hold(first);
	let waitedMs: number | null = null;
	void queue.acquire({ priority: 1 }).then((permit) => {
		waitedMs = permit.waitedMs;
		return hold(permit);
	});
	for (let count = 0; count < 150; count += 1) {
		void queue.acquire({ priority: 5 }).then(hold, () => {});
		await clock.advance(99);
	}
	expect(waitedMs).not.toBeNull();
	expect(waitedMs).toBeLessThan(10_000);
	await clock.advance(30_000);
});

it('a full queue says so at once, with the time the requests before need', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue(LIMITS, clock);
	for (let round = 0; round < 100; round += 1) {
		const [permit] = fill(queue, 1);
		await clock.advance(4000);
		permit?.release();
	}
	const inside = fill(queue, 2);
	const waiting = Array.from({ length: 4 }, () => queue.acquire());
	const error = await queue.acquire().catch((thrown: unknown) => thrown);
	expect(error).toEqual(overloaded);
	// five turns of four seconds at two places
	expect(error).toMatchObject({ message: expect.stringMatching(/2 requests are served and 4 wait/) });
	expect(error).toHaveProperty('retryAfterMs', expect.closeTo(10_000, -2));
	for (const permit of inside) permit.release();
	for (const wait of waiting) (await wait).release();
	expect(queue.running).toBe(0);
});

it('who waited too long is refused, who went away leaves no place and no timer behind', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue(LIMITS, clock);
	fill(queue, 2);
	const patient = queue.acquire().catch((thrown: unknown) => thrown);
	const hurried = queue.acquire({ timeoutMs: 500 }).catch((thrown: unknown) => thrown);
	const stop = new AbortController();
	const gone = queue.acquire({ signal: stop.signal }).catch((thrown: unknown) => thrown);
	stop.abort(new Error('gone'));
	expect(await gone).toEqual(new Error('gone'));
	expect(queue.waiting).toBe(2);
	await clock.advance(500);
	expect(await hurried).toEqual(overloaded);
	expect(await hurried).toMatchObject({ message: expect.stringContaining('No place became free within 500 ms') });
	await clock.advance(9500);
	expect(await patient).toEqual(overloaded);
	expect([queue.waiting, clock.sleeping]).toEqual([0, 0]);
	await expect(queue.acquire({ signal: stop.signal })).rejects.toThrow('gone');
});

it('a gateway that stops refuses who waits and who comes, and lets who is inside finish', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue(LIMITS, clock);
	const [first, second] = fill(queue, 2);
	const waiting = queue.acquire();
	expect(queue.isClosed).toBe(false);
	queue.close();
	expect(queue.isClosed).toBe(true);
	await expect(waiting).rejects.toEqual(overloaded);
	await expect(waiting).rejects.toThrow('about to stop');
	first?.release();
	second?.release();
	// not full, but closed
	await expect(queue.acquire()).rejects.toThrow(/about to stop\. Ask again in 1 s/);
	expect(() => queue.rejectWhenFull()).toThrow('about to stop');
	expect([queue.tryAcquire(), queue.running, clock.sleeping]).toEqual([null, 0, 0]);
});

it('a higher limit lets waiting requests in at once', async () => {
	const queue = new AdmissionQueue(LIMITS, new ManualClock());
	fill(queue, 2);
	const waiting = queue.acquire();
	queue.configure({ ...LIMITS, maxConcurrent: 3 });
	expect((await waiting).waitedMs).toBe(0);
});

it('a gateway without a queue serves as many as it may at once, and refuses only the next', async () => {
	const queue = new AdmissionQueue({ ...LIMITS, maxQueued: 0 }, new ManualClock());
	const permits = [await queue.acquire(), await queue.acquire()];
	await expect(queue.acquire()).rejects.toThrow(/2 requests are served and 0 wait/);
	permits[0]?.release();
	expect((await queue.acquire()).waitedMs).toBe(0);
});

it.each([
	[7999, [5, 1]],
	[8001, [1, 5]],
])(
	'who has waited %i of 10,000 ms at the lowest priority is overtaken by the highest or not: %j',
	async (ms, served) => {
		const clock = new ManualClock();
		const queue = new AdmissionQueue({ ...LIMITS, maxConcurrent: 1 }, clock);
		await clock.advance(5000);
		const [first] = fill(queue, 1);
		const order: number[] = [];
		const waits: number[] = [];
		const enter = async (priority: number) => {
			const permit = await queue.acquire({ priority });
			order.push(priority);
			waits.push(permit.waitedMs);
			permit.release();
		};
		const low = enter(1);
		await clock.advance(ms);
		const high = enter(5);
		first?.release();
		await Promise.all([low, high]);
		expect(order).toEqual(served);
		expect(waits.toSorted()).toEqual([0, ms]);
	},
);

it('who is admitted leaves no timer and no listener behind', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue(LIMITS, clock);
	const [first] = fill(queue, 2);
	const { signal } = new AbortController();
	const waiting = queue.acquire({ signal });
	expect([clock.sleeping, getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
	first?.release();
	await waiting;
	expect([clock.sleeping, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
});

it('who is admitted in the moment his time is over takes no place from who waits behind him', async () => {
	const clock = new ManualClock();
	const queue = new AdmissionQueue({ ...LIMITS, maxConcurrent: 1 }, clock);
	const [first] = fill(queue, 1);
	void clock.sleep(LIMITS.queueTimeoutMs).then(() => first?.release());
	const admitted = queue.acquire();
	await clock.advance(5000);
	const behind = queue.acquire();
	await clock.advance(5000);
	const permit = await admitted;
	expect(queue.waiting).toBe(1);
	permit.release();
	expect((await behind).waitedMs).toBe(5000);
});

it('a call is stopped when its caller leaves or the gateway ends, and not when it was answered', async () => {
	const inFlight = new InFlightRequests();
	const seen: Array<{ signal: Cancellation; response: ServerResponse }> = [];
	const server = createServer((_, response) => {
		seen.push({ signal: inFlight.track(response), response });
		response.flushHeaders();
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const { port } = server.address() as AddressInfo;
	const call = () =>
		new Promise<{ leave: () => void }>((resolve) => {
			const sent = request({ port, host: '127.0.0.1', agent: false }, () => resolve({ leave: () => sent.destroy() }));
			sent.on('error', () => {});
			sent.end();
		});
	try {
		const leaving = await call();
		await call();
		await call();
		expect(inFlight.size).toBe(3);
		const [left, answered, drained] = seen;
		const closed = (response: ServerResponse | undefined) => new Promise((resolve) => response?.once('close', resolve));
		leaving.leave();
		await closed(left?.response);
		expect(left?.signal.reason).toEqual(new Error('The caller left.'));
		const sent = closed(answered?.response);
		answered?.response.end('fine');
		await sent;
		expect([answered?.signal.aborted, inFlight.size]).toEqual([false, 1]);
		const reason = new Error('drain timeout');
		inFlight.abortAll(reason);
		expect([drained?.signal.reason, answered?.signal.aborted]).toEqual([reason, false]);
		// a response that has closed before it was tracked
		if (left !== undefined) expect(inFlight.track(left.response).reason).toEqual(new Error('The caller left.'));
		expect(inFlight.size).toBe(1);
	} finally {
		server.closeAllConnections();
		server.close();
	}
});
