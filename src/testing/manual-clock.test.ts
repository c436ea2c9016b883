import { expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';

it('wakes sleepers by their time, then by arrival, so a test sees one order only', async () => {
	const clock = new ManualClock(1000);
	const woken: string[] = [];
	const note = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(`${name}@${clock.now()}`));
	const all = [note('late', 30), note('first', 10), note('second', 10)];
	await clock.advance(9);
	expect(woken).toEqual([]);
	await clock.advance(21);
	await Promise.all(all);
	expect(woken).toEqual(['first@1010', 'second@1010', 'late@1030']);
	expect(clock.now()).toBe(1030);
});

it('a sleeper that sleeps again within the time passed wakes again', async () => {
	const clock = new ManualClock(0);
	const times: number[] = [];
	const loop = (async () => {
		for (let turn = 0; turn < 3; turn += 1) {
			await clock.sleep(10);
			times.push(clock.now());
		}
	})();
	await clock.advance(100);
	await loop;
	expect(times).toEqual([10, 20, 30]);
	expect(clock.now()).toBe(100);
});

it('an aborted sleep rejects with the reason and leaves nothing behind', async () => {
	const clock = new ManualClock();
	const controller = new AbortController();
	const sleeping = clock.sleep(1000, controller.signal);
	const early = clock.sleep(1000, AbortSignal.abort('before'));
	controller.abort('enough');
	await expect(sleeping).rejects.toBe('enough');
	await expect(early).rejects.toBe('before');
	expect(clock.sleeping).toBe(0);
});

it('a corrected wall clock does not make time pass', () => {
	const clock = new ManualClock(5000);
	clock.setNow(1000);
	expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
});

it('settle passes the time a promise needs, and tells when it waits for something else', async () => {
	const clock = new ManualClock(0);
	expect(await clock.settle(clock.sleep(250).then(() => clock.now()))).toBe(250);
	await expect(clock.settle(new Promise(() => undefined))).rejects.toThrow('nobody sleeps');
	await expect(clock.advance(-1)).rejects.toThrow(RangeError);
});
