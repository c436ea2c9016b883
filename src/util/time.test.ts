import { expect, it } from 'vitest';
import { SYSTEM_CLOCK } from './time.ts';

it('a sleep that is aborted ends at once with the reason, so no timer keeps a process alive', async () => {
	const controller = new AbortController();
	const sleeping = SYSTEM_CLOCK.sleep(3_000_000_000, controller.signal);
	const early = SYSTEM_CLOCK.sleep(3_000_000_000, AbortSignal.abort('before'));
	controller.abort('enough');
	await expect(sleeping).rejects.toBe('enough');
	await expect(early).rejects.toBe('before');
});

it('a sleep ends by itself, and durations only go forward', async () => {
	const before = SYSTEM_CLOCK.monotonic();
	await SYSTEM_CLOCK.sleep(0);
	expect(SYSTEM_CLOCK.monotonic()).toBeGreaterThanOrEqual(before);
	expect(Math.abs(SYSTEM_CLOCK.now() - Date.now())).toBeLessThan(1000);
});
