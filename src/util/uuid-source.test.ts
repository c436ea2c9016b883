import { expect, it } from 'vitest';
import { createUuidSource } from './time.ts';

it('gives ids that sort by time and never repeat, so rows keep their order', () => {
	let now = 1_790_000_000_000;
	const source = createUuidSource(() => now);
	const ids = Array.from({ length: 2000 }, () => {
		now += 1;
		return source.next();
	});
	expect([...ids].sort()).toEqual(ids);
	expect(new Set(ids).size).toBe(ids.length);
	expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
