import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

it('a map that never fills holds no memory of what was added and removed again', () => {
	setFlagsFromString('--expose-gc');
	const collectGarbage: () => void = runInNewContext('gc');
	const map = new BoundedMap<number, number>(10_000);
	const churn = (times: number): number => {
		for (let at = 0; at < times; at += 1) {
			for (let key = 0; key < 8; key += 1) map.set(key, at);
			for (let key = 0; key < 8; key += 1) map.delete(key);
		}
		collectGarbage();
		return process.memoryUsage().heapUsed;
	};
	const before = churn(1000);
	expect(churn(20_000) - before).toBeLessThan(1_000_000);
});
