import { describe, expect, it } from 'vitest';
import { PrefixReuse } from './prefix-reuse.ts';

const MINUTE = 60_000;
const BREAK_EVEN_5M = 0.2174;
const BREAK_EVEN_1H = 0.5263;

function turn(hash: string, earlier: string[] = [], expectedTurns?: number) {
	return {
		prefixes: [{ hash, section: 'messages' as const }],
		earlier,
		...(expectedTurns !== undefined && { expectedTurns }),
	};
}
function system(hash: string) {
	return { prefixes: [{ hash, section: 'system' as const }], earlier: [] };
}

describe('what is expected', () => {
	it('of what was never seen: too little to pay for, for five minutes and for an hour', () => {
		const reuse = new PrefixReuse();
		reuse.observe(turn('a'), 0);
		for (const prefix of [
			{ hash: 'a', section: 'messages' },
			{ hash: 'x', section: 'system' },
		] as const) {
			const { within5m, within1h, cached } = reuse.forecast(prefix, 0);
			expect([within5m < BREAK_EVEN_5M, within1h < BREAK_EVEN_1H, cached]).toEqual([true, true, null]);
		}
	});

	it('of a conversation that goes on: enough, from its second request on; of one with announced turns, from the first', () => {
		const reuse = new PrefixReuse();
		reuse.observe(turn('one'), 0);
		reuse.observe(turn('two', ['one', 'answer']), MINUTE);
		expect(reuse.forecast({ hash: 'two', section: 'messages' }, MINUTE).within5m).toBeGreaterThan(BREAK_EVEN_5M);
		reuse.observe(turn('planned', [], 10), MINUTE);
		expect(reuse.forecast({ hash: 'planned', section: 'messages' }, MINUTE).within5m).toBeCloseTo(0.9);
	});

	it('of a prompt that comes every ten minutes: an hour pays, five minutes do not', () => {
		const reuse = new PrefixReuse();
		for (let count = 0; count < 12; count += 1) reuse.observe(system('s'), count * 10 * MINUTE);
		const { within5m, within1h } = reuse.forecast({ hash: 's', section: 'system' }, 110 * MINUTE);
		expect([within5m < BREAK_EVEN_5M, within1h > 0.9]).toEqual([true, true]);
	});

	it('of a prompt that comes again within five minutes: no hour is paid for, until one came later than that', () => {
		const reuse = new PrefixReuse();
		const forecast = (at: number) => reuse.forecast({ hash: 's', section: 'system' }, at);
		for (let count = 0; count < 3; count += 1) reuse.observe(system('s'), count * MINUTE);
		expect(forecast(2 * MINUTE).within1h).toBe(forecast(2 * MINUTE).within5m);
		reuse.observe(system('s'), 22 * MINUTE);
		expect(forecast(22 * MINUTE).within1h).toBeGreaterThan(forecast(22 * MINUTE).within5m);
	});

	it('of work that never repeats: less and less, and no early success makes up for failures that are still awaited', () => {
		const reuse = new PrefixReuse();
		reuse.observe(turn('one'), 0);
		reuse.observe(turn('two', ['one']), 1000);
		reuse.observe(turn('fresh'), 2000);
		expect(reuse.forecast({ hash: 'fresh', section: 'messages' }, 2000).within5m).toBeLessThan(BREAK_EVEN_5M);
		for (let count = 0; count < 200; count += 1) reuse.observe(turn(`single ${count}`), count * MINUTE);
		expect(reuse.forecast({ hash: 'next', section: 'messages' }, 200 * MINUTE).within5m).toBeLessThan(0.02);
	});

	it('changes with the work: after many single tasks, conversations are noticed', () => {
		const reuse = new PrefixReuse();
		let at = 0;
		const observe = (seen: Parameters<typeof reuse.observe>[0]): void => {
			at += MINUTE;
			reuse.observe(seen, at);
		};
		for (let count = 0; count < 2000; count += 1) observe(turn(`single ${count}`));
		for (let count = 0; count < 2000; count += 1) {
			observe(turn(`first ${count}`));
			observe(turn(`second ${count}`, [`first ${count}`]));
		}
		expect(reuse.forecast({ hash: 'first of another', section: 'messages' }, at).within5m).toBeGreaterThan(0.8);
	});
});

describe('what is cached', () => {
	it('lives for its life from its last use, and no longer', () => {
		const reuse = new PrefixReuse();
		const cached = (now: number) => reuse.forecast({ hash: 's', section: 'system' }, now).cached;
		reuse.observe(system('s'), 0);
		reuse.markCached('s', '5m', 0);
		expect([cached(5 * MINUTE - 1), cached(5 * MINUTE)]).toEqual(['5m', null]);
		reuse.observe(system('s'), 4 * MINUTE);
		expect(cached(8 * MINUTE)).toBe('5m');
		reuse.markCached('s', '1h', 8 * MINUTE);
		expect([cached(60 * MINUTE), cached(68 * MINUTE)]).toEqual(['1h', null]);
	});
});

it('never holds more than its capacity, nor what nobody awaits any more, so a server does not grow', () => {
	const reuse = new PrefixReuse({ capacity: 100 });
	for (let count = 0; count < 5000; count += 1) reuse.observe(turn(`t${count}`), count);
	expect(reuse.size).toBe(100);
	reuse.observe(turn('late'), 10 * 60 * MINUTE);
	expect(reuse.size).toBe(1);
});
