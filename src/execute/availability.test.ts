import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../contracts/index.ts';
import { CircuitBreaker, type Cooldown, Cooldowns, isProviderLimit } from './availability.ts';

const cooldown = (until: number, isFromProvider: boolean, failure: FailureKind = 'rate-limit'): Cooldown => ({
	since: 0,
	until,
	failure,
	isFromProvider,
	limit: 0,
	remaining: 0,
});
const GUESS = false;
const TOLD = true;

describe('of two cooldowns the one that is known, else the longer, keeps a model from being called', () => {
	it.each([
		['a longer guess replaces a guess', cooldown(50, GUESS), cooldown(100, GUESS), 100],
		['a shorter guess changes nothing', cooldown(100, GUESS), cooldown(50, GUESS), 100],
		['what the provider tells replaces a longer guess', cooldown(100, GUESS), cooldown(50, TOLD), 50],
		['of two told the longer holds', cooldown(100, TOLD), cooldown(50, TOLD), 100],
		['a guess does not shorten what was told', cooldown(100, TOLD), cooldown(50, GUESS), 100],
	])('%s', (_what, first, second, until) => {
		const cooldowns = new Cooldowns();
		cooldowns.start('opus', first, 0);
		cooldowns.start('opus', second, 0);
		expect(cooldowns.get('opus', 1)?.until).toBe(until);
		expect([cooldowns.get('opus', until - 1)?.until, cooldowns.get('opus', until)]).toEqual([until, undefined]);
	});

	it('of two that end together the newer tells the cause', () => {
		const cooldowns = new Cooldowns();
		cooldowns.start('opus', cooldown(100, GUESS, 'rate-limit'), 0);
		cooldowns.start('opus', cooldown(100, GUESS, 'not-found'), 0);
		expect(cooldowns.get('opus', 1)?.failure).toBe('not-found');
	});

	it('a limit is a provider’s, a refused key and an unknown model are not', () => {
		const kinds = ['rate-limit', 'quota-exhausted', 'authentication', 'not-found'] as const;
		expect(kinds.map((kind) => isProviderLimit(cooldown(1, TOLD, kind)))).toEqual([true, true, false, false]);
	});
});

describe('a circuit opens after failures of the service in a row, and lets one probe through', () => {
	const setUp = (failures: number) => {
		const breaker = new CircuitBreaker({ breakerFailures: 3, breakerOpenMs: 100 });
		for (let count = 0; count < failures; count += 1) breaker.end('opus', 'overloaded', 0);
		return breaker;
	};

	it.each(['overloaded', 'server-error', 'connection', 'timeout', 'stream-interrupted'] as const)(
		'%s counts',
		(failure) => {
			const breaker = setUp(2);
			expect(breaker.availableAt('opus', 0)).toBe(0);
			breaker.end('opus', failure, 10);
			expect(breaker.availableAt('opus', 10)).toBe(110);
		},
	);

	it.each([null, 'authentication', 'rate-limit'] as const)('%s is an answer: the count starts again', (answer) => {
		const breaker = setUp(2);
		breaker.end('opus', answer, 0);
		breaker.end('opus', 'overloaded', 0);
		breaker.end('opus', 'overloaded', 0);
		expect(breaker.availableAt('opus', 0)).toBe(0);
	});

	it.each(['aborted', 'unknown', 'invalid-request', 'context-too-long', 'content-policy'] as const)(
		'%s tells nothing: the count goes on, the next call may probe',
		(failure) => {
			const closed = setUp(2);
			closed.end('opus', failure, 50);
			expect(closed.availableAt('opus', 50)).toBe(0);
			closed.end('opus', 'overloaded', 60);
			expect(closed.availableAt('opus', 60)).toBe(160);
			closed.end('opus', failure, 70);
			expect(closed.availableAt('opus', 70)).toBe(70);
		},
	);

	it('a call under way keeps others off an open circuit, and nobody off a closed one', () => {
		const closed = setUp(2);
		closed.begin('opus', 50);
		expect(closed.availableAt('opus', 50)).toBe(0);
		const open = setUp(3);
		open.begin('opus', 100);
		expect(open.availableAt('opus', 100)).toBe(200);
		open.clear('opus');
		expect(open.availableAt('opus', 100)).toBe(0);
	});

	it('forgets the circuits it is told to, and no other', () => {
		const breaker = setUp(3);
		for (let turn = 0; turn < 3; turn += 1) breaker.end('opus@east', 'overloaded', 0);
		breaker.forget((key) => key.endsWith('@east'));
		expect([breaker.availableAt('opus@east', 0), breaker.availableAt('opus', 0)]).toEqual([0, 100]);
	});
});
