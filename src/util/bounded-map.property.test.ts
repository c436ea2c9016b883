import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDropOldest } from './bounded-map.ts';

const step = fc.record({
	do: fc.constantFrom('set', 'renew', 'delete', 'drop', 'clear'),
	key: fc.nat({ max: 8 }),
});

it('whatever is set, set anew, deleted or cleared between, the oldest entry is the one that goes', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const map = new Map<number, number>();
			const dropOldest = createDropOldest(map);
			const doStep = {
				set: (key: number, value: number) => map.set(key, value),
				renew: (key: number, value: number) => map.delete(key) && map.set(key, value),
				delete: (key: number) => map.delete(key),
				clear: () => map.clear(),
				drop: () => {
					const [oldest] = [...map];
					expect(dropOldest()).toEqual(oldest);
					expect(map.has(oldest?.[0] ?? -1)).toBe(false);
				},
			};
			for (const [index, next] of steps.entries()) doStep[next.do](next.key, index);
		}),
		{ numRuns: 500 },
	);
});
