import { expect, it } from 'vitest';
import { ManualClock } from '../../testing/index.ts';
import { createGraceSignal } from './create-grace-signal.ts';

it('an answer whose caller left is worked on a while longer, then given up: nobody pays for ever', async () => {
	const clock = new ManualClock();
	const caller = new AbortController();
	const { signal } = createGraceSignal(caller.signal, { clock, gracePeriodMs: 1000 });
	await clock.advance(50_000);
	caller.abort(new Error('gone'));
	await clock.advance(999);
	expect(signal.aborted).toBe(false);
	await clock.advance(1);
	expect(signal.reason).toEqual(new Error('gone'));
});

it('one that is complete leaves no timer behind, whether its caller stayed or left', async () => {
	const clock = new ManualClock();
	for (const leavesFirst of [true, false]) {
		const caller = new AbortController();
		const { signal, dispose } = createGraceSignal(caller.signal, { clock, gracePeriodMs: 1000 });
		if (leavesFirst) caller.abort();
		dispose();
		caller.abort();
		await clock.advance(2000);
		expect([signal.aborted, clock.sleeping]).toEqual([false, 0]);
	}
});
