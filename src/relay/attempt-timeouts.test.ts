import { describe, expect, it } from 'vitest';
import { DEFAULT_MODEL_PROFILES, resolveLatency } from '../catalog/index.ts';
import type { ModelProfile } from '../contracts/index.ts';
import { ManualClock } from '../testing/index.ts';
import { InactivityTimer, resolveStreamTimeouts, resolveWholeTimeouts } from './index.ts';

const [profile] = DEFAULT_MODEL_PROFILES as unknown as [ModelProfile];
const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);

describe('how long a model may stay silent', () => {
	it('is what is configured, and longer for a model that is slow or was asked to think', () => {
		const configured = { firstOutputTimeoutMs: 30_000, idleTimeoutMs: 20_000 };
		const hurried = { effort: 'off', inputTokens: 10 } as const;
		expect(resolveStreamTimeouts(profile, configured, hurried)).toEqual({ firstOutputMs: 30_000, idleMs: 20_000 });
		expect(resolveStreamTimeouts(profile, configured, { ...hurried, effort: 'high' }).firstOutputMs).toBe(120_000);
		const impatient = { firstOutputTimeoutMs: 1, idleTimeoutMs: 1 };
		expect(resolveStreamTimeouts(profile, impatient, hurried)).toEqual({ firstOutputMs: 3 * ttftMs, idleMs: 1 });
	});

	it('is three times the writing of the expected tokens where the answer comes in one piece', () => {
		const limits = { attemptTimeoutMs: 10_000, idleTimeoutMs: 5000 };
		const outputTokens = 100 * outputTokensPerSecond;
		expect(resolveWholeTimeouts(profile, { outputTokens, effort: 'off' }, limits)).toEqual({
			firstOutputMs: 3 * (ttftMs + 100_000),
			idleMs: 10_000,
		});
		const short = { outputTokens: 1, effort: 'high' } as const;
		expect(resolveWholeTimeouts(profile, short, limits).firstOutputMs).toBe(120_000);
	});
});

describe('an inactivity timer', () => {
	function watch() {
		const clock = new ManualClock();
		const fired: unknown[] = [];
		const timeouts = { firstOutputMs: 5000, idleMs: 1000 };
		const timer = new InactivityTimer(clock, timeouts, (kind, waitedMs) => fired.push([kind, waitedMs]));
		return { clock, fired, timer };
	}

	it('does not take what is no output for a beginning', async () => {
		const { clock, fired, timer } = watch();
		await clock.advance(4000);
		timer.touch(false);
		await clock.advance(1000);
		expect(fired).toEqual([['first-output', 5000]]);
	});

	it('counts the idle time from the last event, however long the wait for the first output would have been', async () => {
		const { clock, fired, timer } = watch();
		timer.touch(true);
		await clock.advance(600);
		timer.touch(false);
		await clock.advance(999);
		expect(fired).toEqual([]);
		await clock.advance(1);
		expect(fired).toEqual([['idle', 1000]]);
	});

	it('waits for the last events of a complete answer no longer than for any other, and stops for good', async () => {
		const { clock, fired, timer } = watch();
		timer.startGracePeriod();
		await clock.advance(2000);
		expect(fired).toEqual([['idle', 1000]]);
		const { clock: other, fired: none, timer: stopped } = watch();
		stopped.touch(true);
		stopped.stop();
		await other.advance(10_000);
		expect([none, other.sleeping]).toEqual([[], 0]);
	});
});
