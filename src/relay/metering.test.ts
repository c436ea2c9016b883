import { expect, it } from 'vitest';
import { createMeteredUsage } from '../protocol/index.ts';
import { UsageMeter } from './index.ts';

it('a meter is read once: an attempt that was never made is not charged for the one before it', async () => {
	const meter = new UsageMeter();
	const usage = createMeteredUsage({ inputTokens: 1, outputTokens: 2 });
	expect(await meter.take()).toBe('unknown');
	meter.set(() => usage);
	expect([await meter.take(), await meter.take()]).toEqual([usage, 'unknown']);
	meter.set(() => 'not-billed');
	meter.reset();
	expect(await meter.take()).toBe('unknown');
});
