import { expect, it } from 'vitest';
import { chooseCacheLife } from './cache-break-even.ts';

// claude-sonnet-4-5, pico-dollars per token: input $3, read $0.30, writes $3.75 and $6 a million tokens
const SONNET = {
	input: 3_000_000,
	output: 15_000_000,
	cacheRead: 300_000,
	cacheWrite5m: 3_750_000,
	cacheWrite1h: 6_000_000,
};
const forecast = (within5m: number, within1h = within5m) => ({ within5m, within1h, cached: null });

it('five minutes pay from p = 0.75 / 3.45 = 0.2174 on', () => {
	// p·(3 - 0.30) > (1 - p)·(3.75 - 3): 2.7 p > 0.75 - 0.75 p
	expect(chooseCacheLife(SONNET, forecast(0.217))).toBeNull();
	expect(chooseCacheLife(SONNET, forecast(0.218))).toBe('5m');
});

it('an hour pays from p = 3 / 5.7 = 0.5263 on, and only where five minutes do not reach', () => {
	expect(chooseCacheLife(SONNET, forecast(0, 0.526))).toBeNull();
	expect(chooseCacheLife(SONNET, forecast(0, 0.527))).toBe('1h');
	// 5 min: 0.5·0.30 + 0.5·3.75 = 2.025; 1 h: 0.8·0.30 + 0.2·6 = 1.44
	expect(chooseCacheLife(SONNET, forecast(0.5, 0.8))).toBe('1h');
	// 5 min: 0.8·0.30 + 0.2·3.75 = 0.99; 1 h: 0.9·0.30 + 0.1·6 = 0.87
	expect(chooseCacheLife(SONNET, forecast(0.8, 0.9))).toBe('1h');
	// 5 min: 0.9·0.30 + 0.1·3.75 = 0.645; 1 h: 0.92·0.30 + 0.08·6 = 0.756
	expect(chooseCacheLife(SONNET, forecast(0.9, 0.92))).toBe('5m');
});

it('what is cached is read at its life, whatever is expected of it; without cache rates nothing is marked', () => {
	expect(chooseCacheLife(SONNET, { within5m: 0, within1h: 0, cached: '1h' })).toBe('1h');
	expect(chooseCacheLife({ input: 3, output: 15 }, forecast(1))).toBeNull();
	expect(chooseCacheLife({ input: 3, output: 15, cacheRead: 1 }, forecast(1))).toBeNull();
});
