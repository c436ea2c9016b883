import { getEventListeners } from 'node:events';
import { expect, it, vi } from 'vitest';
import { Canceller, SYSTEM_CLOCK, startTimer, toAbortSignal } from './time.ts';

it('whoever listens hears of the end once, by whichever side it came, and the caller keeps no listener of a call', () => {
	const caller = new AbortController();
	const call = new Canceller(caller.signal);
	const [stays, leaves] = [vi.fn(), vi.fn()];
	call.addEventListener('abort', stays);
	call.addEventListener('abort', stays);
	call.addEventListener('abort', leaves);
	call.removeEventListener('abort', leaves);
	expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
	caller.abort('left');
	expect([call.aborted, call.reason]).toEqual([true, 'left']);
	call.abort('late');
	expect(call.reason).toBe('left');
	const late = vi.fn();
	call.addEventListener('abort', late);
	expect([stays, leaves, late].map(({ mock }) => mock.calls.length)).toEqual([1, 0, 0]);
});

it('a call that is cancelled by itself leaves its caller alone', () => {
	const caller = new AbortController();
	const call = new Canceller(caller.signal);
	const heard = vi.fn();
	call.addEventListener('abort', heard);
	call.abort('timeout');
	caller.abort('left');
	expect([heard.mock.calls.length, call.reason, getEventListeners(caller.signal, 'abort').length]).toEqual([
		1,
		'timeout',
		0,
	]);
});

it.each(['before', 'after'])(
	'a client library that is given an AbortSignal is stopped, asked for %s the end',
	(when) => {
		for (const end of ['own', 'parent', 'AbortSignal'] as const) {
			const controller = new AbortController();
			const parent = new Canceller();
			const call = new Canceller(end === 'AbortSignal' ? controller.signal : parent);
			const early = when === 'before' ? call.signal : null;
			expect(early?.aborted).not.toBe(true);
			if (end === 'own') call.abort(end);
			else if (end === 'parent') parent.abort(end);
			else controller.abort(end);
			const signal = early ?? toAbortSignal(call);
			expect([signal, signal.aborted, signal.reason]).toEqual([call.signal, true, end]);
		}
		const plain = new AbortController();
		expect(toAbortSignal(plain.signal)).toBe(plain.signal);
	},
);

it('timers of the machine’s clock end in their order, none early, and one that is stopped never', async () => {
	const ended: string[] = [];
	const startedAt = SYSTEM_CLOCK.monotonic();
	const { promise, resolve } = Promise.withResolvers<void>();
	const at = (name: string, ms: number) =>
		startTimer(SYSTEM_CLOCK, ms, () => {
			expect(SYSTEM_CLOCK.monotonic() - startedAt).toBeGreaterThanOrEqual(ms);
			ended.push(name);
			if (name === 'first') stopLast();
			if (name === 'second') resolve();
		});
	at('second', 30);
	const stopLast = at('stopped by the first', 25);
	const stop = at('stopped', 5);
	at('first', 10);
	stop();
	await promise;
	expect(ended).toEqual(['first', 'second']);
});

it('a stopped timer keeps no process alive', () => {
	const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
	const stops = [60_000, 1000, 90_000].map((ms) => startTimer(SYSTEM_CLOCK, ms, () => undefined));
	expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')).toHaveLength(before + 1);
	for (const stop of stops) stop();
	expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')).toHaveLength(before);
});

it('a listener or a timer that throws takes nothing from the others, and its error is not lost', async () => {
	const thrown: unknown[] = [];
	const queued = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
		try {
			task();
		} catch (error) {
			thrown.push(error);
		}
	});
	const heard: string[] = [];
	const canceller = new Canceller();
	canceller.addEventListener('abort', () => {
		throw new Error('listener');
	});
	canceller.addEventListener('abort', () => heard.push('listener'));
	canceller.abort(new Error('over'));
	SYSTEM_CLOCK.startTimer(1, () => {
		throw new Error('timer');
	});
	await new Promise<void>((resolve) => {
		SYSTEM_CLOCK.startTimer(1, () => heard.push('timer'));
		SYSTEM_CLOCK.startTimer(5, resolve);
	});
	queued.mockRestore();
	expect(heard).toEqual(['listener', 'timer']);
	expect(thrown).toEqual([new Error('listener'), new Error('timer')]);
});

it('a listener that another one takes away during the end is not called', () => {
	const canceller = new Canceller(new Canceller());
	const late = vi.fn();
	canceller.addEventListener('abort', () => canceller.removeEventListener('abort', late));
	canceller.addEventListener('abort', late);
	canceller.abort(new Error('over'));
	expect(late).not.toHaveBeenCalled();
});
