import { describe, expect, it } from 'vitest';
import { ratingToQuality } from './index.ts';

describe('stars as quality', () => {
	it('five stars are perfect, one is poor', () => {
		expect([1, 2, 3, 4, 5].map(ratingToQuality)).toEqual([20, 40, 60, 80, 100]);
	});

	it.each([0, 6, Number.NaN, -1])('%s stars are refused with the range', (rating) => {
		expect(() => ratingToQuality(rating)).toThrow(/from 1 to 5/);
	});
});
