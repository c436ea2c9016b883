import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundedMap, LiveSet } from './bounded-map.ts';

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

const WINDOW = 8;
const map = new BoundedMap<number, object>(Number.POSITIVE_INFINITY);
const live = new LiveSet<object>();
const places: Array<readonly [item: object, place: number]> = [];

it.each([
	{
		of: 'a map',
		pass: (item: object, at: number) => {
			map.set(at, item);
			map.delete(at - WINDOW);
		},
	},
	{
		of: 'a set',
		pass: (item: object) => {
			places.push([item, live.add(item)]);
			const [oldest] = places.length > WINDOW ? places.splice(0, 1) : [];
			if (oldest !== undefined) live.delete(...oldest);
		},
	},
])('requests that pass through $of need no full collection to leave memory', ({ pass }) => {
	setFlagsFromString('--expose-gc');
	const collectGarbage: () => void = runInNewContext('gc');
	const getOldBytes = (): number =>
		getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
	let at = 0;
	const passMany = (count: number): void => {
		for (const until = at + count; at < until; at += 1)
			pass(
				Array.from({ length: 200 }, (_, index) => ({ index, text: `request ${at}` })),
				at,
			);
	};
	passMany(100);
	// moves the tables of that moment to the old generation
	collectGarbage();
	const before = getOldBytes();
	let most = before;
	for (let round = 0; round < 40; round += 1) {
		passMany(200);
		most = Math.max(most, getOldBytes());
	}
	expect(most - before).toBeLessThan(8_000_000);
});

it('an item of a set that is removed twice takes no other one with it', () => {
	const set = new LiveSet<object>();
	const [one, other] = [{}, {}];
	const place = set.add(one);
	expect(set.delete(one, place)).toBe(true);
	expect(set.add(other)).toBe(place);
	expect(set.delete(one, place)).toBe(false);
	expect(set.values()).toEqual([other]);
	expect(set.size).toBe(1);
});
