import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDropOldest } from './drop-oldest.ts';

it('whatever is set, set anew, deleted or cleared between, the oldest entry is the one that goes', () => {
	const step = fc.oneof(
		fc.record({ do: fc.constantFrom('set', 'renew', 'delete'), key: fc.nat({ max: 8 }) }),
		fc.record({ do: fc.constantFrom('drop') }),
		fc.record({ do: fc.constantFrom('clear') }),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const map = new Map<number, number>();
			const dropOldest = createDropOldest(map);
			for (const [index, next] of steps.entries()) {
				if ('key' in next && next.do !== 'set') map.delete(next.key);
				if ('key' in next && next.do !== 'delete') map.set(next.key, index);
				if (next.do === 'clear') map.clear();
				if (next.do !== 'drop') continue;
				const [oldest] = [...map];
				expect(dropOldest()).toEqual(oldest);
				if (oldest !== undefined) expect(map.has(oldest[0])).toBe(false);
			}
		}),
		{ numRuns: 500 },
	);
});
