import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLimitHint, readResetWait } from './retry-delay.ts';

const now = Date.UTC(2026, 10, 24, 12, 0, 0);
const wait = (headers: Record<string, string>, message = '') =>
	readLimitHint(new Map(Object.entries(headers)), message, now).retryAfterMs;
const reset = (headers: Record<string, string>) => readResetWait(new Map(Object.entries(headers)), now);

describe('a wait a provider asks for', () => {
	it.each([
		['seconds', { 'retry-after': '20' }, 20_000],
		['fractions of a second', { 'retry-after': '1.5' }, 1500],
		['milliseconds, before seconds', { 'retry-after-ms': '250', 'retry-after': '1' }, 250],
		['an HTTP date', { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, 30_000],
		['a date without a comma', { 'retry-after': ' Tue 24 Nov 2026 12:00:30 GMT' }, 30_000],
		['a whole number with a long fraction', { 'retry-after': '2.25' }, 2250],
		['a date that is past', { 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }, 0],
		[
			"a date by the server's clock, which is an hour ahead of ours",
			{ 'retry-after': 'Tue, 24 Nov 2026 13:00:30 GMT', date: 'Tue, 24 Nov 2026 13:00:00 GMT' },
			30_000,
		],
		['more than a week, held to a week', { 'retry-after': '99999999999' }, 7 * 86_400_000],
	] as const)('is read: %s', (_what, headers, expected) => {
		expect(wait(headers)).toBe(expected);
	});

	it.each(['', 'soon', '-5', 'NaN', '1e999', '0x10', 'on Tue, 24 Nov 2026', '2026-11-24', '5x', '2026'.repeat(9)])(
		'is not made up from "%s"',
		(value) => {
			expect(wait({ 'retry-after': value, 'retry-after-ms': value })).toBeUndefined();
		},
	);

	it("is read from Google's RetryInfo and its sentence", () => {
		const body = '{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}';
		expect(wait({}, body)).toBe(34_000);
		expect(wait({}, 'Quota exceeded. Please retry in 34.074824224s.')).toBe(34_075);
		expect(wait({}, '{ "retryDelay" : "250ms" }')).toBe(250);
		expect(wait({}, "retryDelay: '9s'")).toBeUndefined();
		expect(wait({}, 'retryDelay:"9s"')).toBe(9000);
	});
});

it('the figures of a limit are read under each of the names that providers give them', () => {
	const figures = (headers: Record<string, string>) => {
		const { limit, remaining } = readLimitHint(new Map(Object.entries(headers)), '', now);
		return [limit, remaining];
	};
	expect(figures({ 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0' })).toEqual([60, 0]);
	expect(figures({ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '5' })).toEqual([60, 5]);
	expect(
		figures({ 'anthropic-ratelimit-requests-limit': '60', 'anthropic-ratelimit-requests-remaining': '7' }),
	).toEqual([60, 7]);
	expect(figures({})).toEqual([undefined, undefined]);
});

describe('the end of a limit in reset headers', () => {
	it.each([
		['OpenAI durations', { 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-remaining-requests': '0' }, 360_000],
		['milliseconds', { 'x-ratelimit-reset-tokens': '20ms', 'x-ratelimit-remaining-tokens': '0' }, 20],
		['Anthropic dates', { 'anthropic-ratelimit-input-tokens-reset': '2026-11-24T12:00:07Z' }, 7000],
		['epoch seconds', { 'x-ratelimit-reset': String(now / 1000 + 9) }, 9000],
		['epoch milliseconds', { 'x-ratelimit-reset': String(now + 900) }, 900],
		['seconds from now', { 'x-ratelimit-reset': '12' }, 12_000],
		['days, hours and parts of a second', { 'x-ratelimit-reset': ' 1d2h0.5s ' }, 93_600_500],
		['a number beside an unknown unit', { 'x-ratelimit-reset': '5y' }, undefined],
		['a duration with something behind it', { 'x-ratelimit-reset': '5s!' }, undefined],
		['a date that is past', { 'x-ratelimit-reset': '2026-11-24T11:00:00Z' }, 0],
		['epoch seconds that are past', { 'x-ratelimit-reset': String(now / 1000 - 9) }, 0],
		['epoch milliseconds that are past', { 'x-ratelimit-reset': String(now - 9) }, 0],
		['another header', { 'x-my-x-ratelimit-reset': '12', 'x-ratelimit-resets': '12' }, undefined],
		['nothing readable', { 'x-ratelimit-reset': 'later' }, undefined],
	] as const)('%s', (_what, headers, expected) => {
		expect(reset(headers)).toBe(expected);
	});

	it('is that of the limit which is used up, not of the one with room', () => {
		const headers = {
			'x-ratelimit-remaining-requests': '59',
			'x-ratelimit-reset-requests': '1s',
			'x-ratelimit-remaining-tokens': '0',
			'x-ratelimit-reset-tokens': '45s',
		};
		expect(reset(headers)).toBe(45_000);
	});

	it('is the last of those that are used up, and the first of those that are not', () => {
		const of = (remaining: string) => ({
			'x-ratelimit-remaining-requests': remaining,
			'x-ratelimit-reset-requests': '1s',
			'x-ratelimit-remaining-tokens': remaining,
			'x-ratelimit-reset-tokens': '45s',
			'x-ratelimit-reset-day': 'later',
		});
		expect([reset(of('0')), reset(of('3'))]).toEqual([45_000, 1000]);
	});
});

it('whatever a header holds, a wait is a finite number of milliseconds within a week, or none', () => {
	fc.assert(
		fc.property(fc.string(), fc.string(), (value, message) => {
			const headers = new Map(
				['retry-after', 'retry-after-ms', 'x-ratelimit-reset', 'date'].map((name) => [name, value]),
			);
			for (const ms of [readLimitHint(headers, message, now).retryAfterMs, readResetWait(headers, now)]) {
				// whether or not one of the runs meets a header that can be read
				expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0 && ms <= 7 * 86_400_000)).toBe(true);
			}
		}),
	);
});
