import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoToUsd, usdToNano } from '../contracts/index.ts';
import { BoundedMap } from './bounded-map.ts';
import { stableHash, stableStringify } from './value-checks.ts';

describe('money at the edge', () => {
	it('never turns a charge into nothing, and never adds a double’s noise', () => {
		expect(usdToNano(0.1)).toBe(100_000_000);
		expect(usdToNano(0.0189)).toBe(18_900_000);
		expect(usdToNano(1e-12)).toBe(1);
		expect(usdToNano(0)).toBe(0);
		for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e10])
			expect(() => usdToNano(wrong)).toThrow(RangeError);
	});

	it('comes back as it went', () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), (nano) => {
				expect(usdToNano(nanoToUsd(nano))).toBe(nano);
			}),
		);
	});
});

describe('BoundedMap', () => {
	it('never holds more than its capacity and drops what was used longest ago', () => {
		const cache = new BoundedMap<string, number>(2);
		cache.set('a', 1, 0);
		cache.set('b', 2, 0);
		cache.get('a', 0);
		cache.set('c', 3, 0);
		expect([cache.get('a', 0), cache.get('b', 0), cache.get('c', 0), cache.size]).toEqual([1, undefined, 3, 2]);
	});

	it('answers nothing that is older than its time', () => {
		const cache = new BoundedMap<string, number>(2, 1000);
		cache.set('a', 1, 0);
		expect(cache.get('a', 999)).toBe(1);
		expect(cache.get('a', 1000)).toBeUndefined();
	});
});

describe('stable hash', () => {
	it('is the same for equal data whatever the order of its keys', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
				const turned = Object.fromEntries(Object.entries(data).reverse());
				return stableHash(data) === stableHash(turned);
			}),
		);
		expect(stableStringify({ b: 1, a: undefined })).toBe('{"b":1}');
	});
});
