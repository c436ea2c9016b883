import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

const step = fc.record({
	do: fc.constantFrom('set', 'renew', 'delete', 'drop', 'clear'),
	key: fc.nat({ max: 8 }),
});

it('whatever is set, set anew, deleted or cleared between, the oldest entry is the one that goes', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const map = new BoundedMap<number, number>(Number.POSITIVE_INFINITY);
			const doStep = {
				set: (key: number, value: number) => map.set(key, value),
				renew: (key: number) => map.get(key),
				delete: (key: number) => map.delete(key),
				clear: () => map.clear(),
				drop: () => {
					const [oldest] = [...map];
					expect(map.evictOldest()).toEqual(oldest);
					expect(map.has(oldest?.[0] ?? -1)).toBe(false);
				},
			};
			for (const [index, next] of steps.entries()) doStep[next.do](next.key, index);
		}),
		{ numRuns: 500 },
	);
});
