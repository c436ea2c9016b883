import { describe, expect, it } from 'vitest';
import { createMeteredUsage } from '../protocol/index.ts';
import { isOverrun, resolveOutputLimit, UsageMeter } from './index.ts';

describe('the output limit that the money sets', () => {
	const own = { maxOutputTokens: 1000, modelLimit: 8000, answerCount: 1 };

	it('is set only where it is below the caller’s own, or the model’s where the caller sets none', () => {
		expect(resolveOutputLimit(undefined, own)).toBeUndefined();
		expect(resolveOutputLimit(1000, own)).toBeUndefined();
		expect(resolveOutputLimit(999, own)).toBe(999);
		expect(resolveOutputLimit(5000, { ...own, maxOutputTokens: null })).toBe(5000);
		expect(resolveOutputLimit(8000, { ...own, maxOutputTokens: null })).toBeUndefined();
	});

	it('is shared by all answers that are asked for', () => {
		expect(resolveOutputLimit(1000, { ...own, answerCount: 4 })).toBe(250);
		expect(resolveOutputLimit(1, { ...own, answerCount: 4 })).toBe(1);
		expect(resolveOutputLimit(4000, { ...own, answerCount: 4 })).toBeUndefined();
	});

	it('stops a provider that ignores it at one and a half times, not before', () => {
		expect([isOverrun(600, 100), isOverrun(601, 100), isOverrun(1e9, undefined)]).toEqual([false, true, false]);
	});
});

it('a meter is read once: an attempt that was never made is not charged for the one before it', () => {
	const meter = new UsageMeter();
	const usage = createMeteredUsage({ inputTokens: 1, outputTokens: 2 });
	expect(meter.take()).toBe('unknown');
	meter.set(() => usage);
	expect([meter.take(), meter.take()]).toEqual([usage, 'unknown']);
	meter.set(() => 'not-billed');
	meter.reset();
	expect(meter.take()).toBe('unknown');
});
