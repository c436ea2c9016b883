import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LimitTracker, parseDuration, parseLimitHeaders } from './limits.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const lookup = (headers: Record<string, string>) => (name: string) => headers[name];
const target = { deployment: 'openai', model: 'gpt-4.1' };

it.each<[string, number | null]>([
	['1s', 1000],
	['6m0s', 360_000],
	['1m30.5s', 90_500],
	['20ms', 20],
	['8.64s', 8640],
	['1h2m3s', 3_723_000],
	['', null],
	['12', null],
	['1x', null],
	['s', null],
	['1s later', null],
])('the duration %j is %s ms', (text, expected) => {
	expect(parseDuration(text)).toBe(expected);
});

it('Anthropic tells limits by the name of what is limited, and times as dates', () => {
	const headers = {
		'anthropic-ratelimit-requests-limit': '4000',
		'anthropic-ratelimit-requests-remaining': '3999',
		'anthropic-ratelimit-requests-reset': '2026-03-10T12:00:01Z',
		'anthropic-ratelimit-input-tokens-limit': '2000000',
		'anthropic-ratelimit-input-tokens-remaining': '1999000',
		'anthropic-ratelimit-input-tokens-reset': '2026-03-10T12:00:03Z',
		'anthropic-ratelimit-tokens-limit': '400000',
		'anthropic-ratelimit-tokens-remaining': '100000',
		'anthropic-ratelimit-tokens-reset': '2026-03-10T12:00:45Z',
	};
	expect(parseLimitHeaders(lookup(headers), { now: NOW, status: 429 })).toEqual({
		requests: { limit: 4000, remaining: 3999, resetAt: NOW + 1000, isGradual: true },
		tokens: { limit: 400_000, remaining: 100_000, resetAt: NOW + 45_000, isGradual: true },
	});
});

it('OpenAI tells them the other way round, and times as durations', () => {
	const headers = {
		'x-ratelimit-limit-requests': '60',
		'x-ratelimit-remaining-requests': '59',
		'x-ratelimit-reset-requests': '1s',
		'x-ratelimit-limit-tokens': '150000',
		'x-ratelimit-remaining-tokens': '149984',
		'x-ratelimit-reset-tokens': '6m0s',
	};
	expect(parseLimitHeaders(lookup(headers), { now: NOW, status: 429 })).toEqual({
		requests: { limit: 60, remaining: 59, resetAt: NOW + 1000, isGradual: true },
		tokens: { limit: 150_000, remaining: 149_984, resetAt: NOW + 360_000, isGradual: true },
	});
});

it('others name requests only, end their window at once, or say nothing of a time', () => {
	const window = { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 5000) };
	expect(parseLimitHeaders(lookup(window), { now: NOW, status: 429 })).toEqual({
		requests: { limit: 20, remaining: 0, resetAt: NOW + 5000, isGradual: false },
	});
	expect(parseLimitHeaders(lookup({ 'x-ratelimit-remaining-tokens': '10' }), { now: NOW, status: 429 })).toEqual({
		tokens: { limit: 10, remaining: 10, resetAt: NOW + 60_000, isGradual: false },
	});
});

it.each<[Record<string, string>, number]>([
	[{ 'retry-after': '2' }, 2000],
	[{ 'retry-after': 'Tue, 10 Mar 2026 12:00:30 GMT' }, 30_000],
	[{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
	[{ 'retry-after': '-1 day' }, 0],
	[{ 'retry-after': '99999999' }, 86_400_000],
])('%j asks to wait %i ms', (headers, wait) => {
	expect(parseLimitHeaders(lookup(headers), { now: NOW, status: 429 }).retryAt ?? NOW).toBe(NOW + wait);
});

it('headers that are nonsense say nothing, and never throw', () => {
	const names = ['limit-requests', 'remaining-requests', 'reset-requests', 'remaining-tokens', 'reset-tokens'];
	fc.assert(
		fc.property(fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.nat().map(String))), (parts) => {
			const headers = Object.fromEntries(Object.entries(parts).map(([name, value]) => [`x-ratelimit-${name}`, value]));
			const { requests, tokens } = parseLimitHeaders(lookup(headers), { now: NOW, status: 429 });
			const said = [requests, tokens].filter((limit) => limit !== undefined);
			const isSane = ({ limit, remaining, resetAt }: (typeof said)[number]) =>
				remaining <= limit && resetAt >= NOW && resetAt <= NOW + 86_400_000;
			expect(said.filter((limit) => !isSane(limit))).toEqual([]);
		}),
	);
});

const observed = (tokens: { limit: number; remaining: number; resetMs: number }, requests = 10) => {
	const watch = new LimitTracker();
	const headers = {
		'x-ratelimit-limit-requests': '10',
		'x-ratelimit-remaining-requests': String(requests),
		'x-ratelimit-reset-requests': '10s',
		'x-ratelimit-limit-tokens': String(tokens.limit),
		'x-ratelimit-remaining-tokens': String(tokens.remaining),
		'x-ratelimit-reset-tokens': `${tokens.resetMs}ms`,
	};
	watch.observe(target, lookup(headers), { now: NOW, status: 200 });
	return watch;
};

it('a request waits as long as what it lacks takes to fill up, not for the whole window', () => {
	const watch = observed({ limit: 1000, remaining: 0, resetMs: 60_000 });
	expect(watch.availableAt(target, { tokens: 100 }, NOW)).toBe(NOW + 6000);
	expect(watch.availableAt(target, { tokens: 100 }, NOW + 6000)).toBe(0);
	expect(watch.availableAt(target, { tokens: 5000 }, NOW)).toBe(NOW + 60_000);
	expect(watch.availableAt({ ...target, model: 'other' }, { tokens: 100 }, NOW)).toBe(0);
});

it('requests sent at once count before any answer tells of them: the limit is not run into together', () => {
	const watch = observed({ limit: 1000, remaining: 900, resetMs: 6000 });
	expect(watch.availableAt(target, { tokens: 500 }, NOW)).toBe(0);
	watch.countRequest(target, { tokens: 500 });
	expect(watch.availableAt(target, { tokens: 500 }, NOW)).toBe(NOW + 6000);
	const few = observed({ limit: 1000, remaining: 900, resetMs: 6000 }, 1);
	few.countRequest(target, { tokens: 1 });
	expect(few.availableAt(target, { tokens: 1 }, NOW)).toBeGreaterThan(NOW);
});

it('a refusal with a time is waited for, and what is remembered is bounded', () => {
	const watch = new LimitTracker({ maxTargets: 2 });
	const refused = { now: NOW, status: 429 };
	for (const model of ['a', 'b', 'c'])
		watch.observe({ deployment: 'd', model }, lookup({ 'retry-after': '5' }), refused);
	expect(watch.availableAt({ deployment: 'd', model: 'a' }, { tokens: 1 }, NOW)).toBe(0);
	expect(watch.availableAt({ deployment: 'd', model: 'c' }, { tokens: 1 }, NOW)).toBe(NOW + 5000);
});

it('an answer with a retry-after is no limit: the next request is not held back by a provider that has room', () => {
	const watch = new LimitTracker();
	const headers = {
		'retry-after': '20',
		'x-ratelimit-limit-requests': '4000',
		'x-ratelimit-remaining-requests': '3999',
	};
	watch.observe(target, lookup(headers), { now: NOW, status: 200 });
	expect(watch.availableAt(target, { tokens: 1 }, NOW)).toBe(0);
	const usedUp = { ...headers, 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '3s' };
	watch.observe(target, lookup(usedUp), { now: NOW, status: 200 });
	expect(watch.availableAt(target, { tokens: 1 }, NOW)).toBeGreaterThan(NOW);
});

it('more is never available sooner, nothing waits once its time has come, and nobody waits for ever', () => {
	const figure = fc.integer({ min: 0, max: 100_000 });
	fc.assert(
		fc.property(figure, figure, figure, figure, fc.integer({ min: 0, max: 300_000 }), (a, b, x, sent, resetMs) => {
			const watch = observed({ limit: Math.max(a, b), remaining: Math.min(a, b), resetMs });
			watch.countRequest(target, { tokens: sent });
			const one = watch.availableAt(target, { tokens: x }, NOW);
			const more = watch.availableAt(target, { tokens: x + 1 }, NOW);
			expect(more).toBeGreaterThanOrEqual(one);
			expect(one).toBeLessThanOrEqual(NOW + Math.max(resetMs, 60_000));
			expect(watch.availableAt(target, { tokens: x }, Math.max(one, NOW))).toBe(0);
		}),
	);
});
