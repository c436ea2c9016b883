import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDay, formatDuration, formatMoney, formatName, formatShare } from './format.ts';

it('an amount never reads as nothing, and nothing never as an amount', () => {
	expect(
		[0, 1, 99_999, 100_000, 12_345_678, 999_960_000, 12_400_000_000, 1_234_567_890_123, null].map(formatMoney),
	).toEqual(['$0.00', '<$0.0001', '<$0.0001', '$0.0001', '$0.0123', '$1.00', '$12.40', '$1,234.57', 'unpriced']);
	expect(formatMoney(-420_000_000)).toBe('−$0.4200');
	fc.assert(
		fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (nano) => {
			const shown = formatMoney(nano);
			expect(shown).not.toMatch(/^\$0\.0+$/);
			if (shown.startsWith('<')) return;
			const error = Math.abs(Number(shown.replaceAll(/[$,]/g, '')) * 1e9 - nano);
			expect(error).toBeLessThanOrEqual(nano < 999_950_000 ? 50_001 : 5_000_001);
		}),
	);
});

it('a share that is not whole reads neither as 0 % nor as 100 %', () => {
	expect([
		formatShare(0, 10),
		formatShare(1, 100_000),
		formatShare(31, 100),
		formatShare(99_999, 100_000),
		formatShare(5, 5),
	]).toEqual(['0 %', '<0.1 %', '31 %', '>99.9 %', '100 %']);
	expect(formatShare(1, 0)).toBe('–');
});

it('a time is told with its unit', () => {
	expect([840, 1234, 12_345, 185_000, null].map(formatDuration)).toEqual(['840 ms', '1.2 s', '12 s', '3 min 5 s', '–']);
});

it('a name shows every character that would change what stands beside it', () => {
	expect(formatName('a\u202Eb\u001b[31m')).toBe('a\\u202eb\\u001b[31m');
	expect(formatName('')).toBe('(none)');
});

it('the day that is offered is that of the budget’s zone, not of the browser’s or of UTC', () => {
	const evening = Date.parse('2026-11-24T19:00:00Z');
	expect(['UTC', 'Asia/Kolkata', 'America/Los_Angeles'].map((zone) => formatDay(evening, zone))).toEqual([
		'2026-11-24',
		'2026-11-25',
		'2026-11-24',
	]);
});
