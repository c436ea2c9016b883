import { expect, it } from 'vitest';
import type { ModelProfile, VirtualKey } from '../../contracts/index.ts';
import { BudgetExceededError } from '../../errors/index.ts';
import { createMemoryStorage } from '../../storage/memory/index.ts';
import { canUseModel, createKey, parseLifetime, requireModelAccess, requireScope, rotateKey } from './index.ts';
import { hideOthersSpending } from './key-ring.ts';

const NOW = Date.UTC(2026, 2, 10);
const { keys } = createMemoryStorage();
const make = async (change: object): Promise<VirtualKey> => (await createKey(keys, { name: 'ci', ...change }, NOW)).key;
const invalid = expect.objectContaining({ code: 'ROUTER_INVALID_INPUT' });

it('a key is what was asked for: scope route without more, no limit, no end', async () => {
	expect(await make({})).toMatchObject({
		name: 'ci',
		scopes: ['route'],
		team: null,
		tags: [],
		limits: {},
		allowedModels: null,
		createdAt: NOW,
		expiresAt: null,
		revokedAt: null,
	});
	const whole = {
		scopes: ['admin', 'read', 'read'],
		tags: ['a', 'a', ' b '],
		limits: { maxParallel: 2 },
		lifetimeMs: 5,
	};
	expect(await make(whole)).toMatchObject({
		scopes: ['read', 'admin'],
		tags: ['a', 'b'],
		limits: { maxParallel: 2 },
		expiresAt: NOW + 5,
	});
});

it('a key that would not do what was meant is refused with the rule it breaks, and not made', async () => {
	const wrong: ReadonlyArray<[object, RegExp]> = [
		[{ name: ' ' }, /The name of a key needs 1 to 100 characters/],
		[{ name: 'x'.repeat(101) }, /given were 101/],
		[{ name: 'two\nlines' }, /name/],
		[{ team: '' }, /The team of a key/],
		[{ tags: [''] }, /The tag of a key/],
		[{ tags: Array.from({ length: 101 }, (_, index) => `t${index}`) }, /at most 100 values as tag; given were 101/],
		[{ scopes: [] }, /scopes among route, read, admin/],
		[{ scopes: ['route', 'root'] }, /scopes among/],
		[{ limits: { requestsPerMinute: 0 } }, /requestsPerMinute is 0\. Give a whole number/],
		[{ limits: { tokensPerMinute: -5 } }, /tokensPerMinute is -5/],
		[{ limits: { maxParallel: 1.5 } }, /maxParallel is 1\.5/],
		[{ limits: { maxParallel: Number.NaN } }, /maxParallel is NaN/],
		[{ lifetimeMs: 0 }, /lifetime of 0 ms is none\. Give a positive time/],
		[{ lifetimeMs: Number.POSITIVE_INFINITY }, /Infinity/],
		[{ allowedModels: [''] }, /The model of a key/],
	];
	const before = (await keys.list()).length;
	for (const [change, rule] of wrong) {
		const refusal = make(change);
		await expect(refusal, JSON.stringify(change)).rejects.toEqual(invalid);
		await expect(refusal).rejects.toThrow(rule);
	}
	expect(await keys.list()).toHaveLength(before);
});

it('the longest name and the most tags that are allowed are taken, and a limit left out is no limit', async () => {
	const tags = Array.from({ length: 100 }, (_, index) => `t${index}`);
	const key = await make({ name: 'x'.repeat(100), tags, limits: { maxParallel: undefined, tokensPerMinute: 1 } });
	expect([key.name.length, key.tags, key.limits]).toEqual([100, tags, { tokensPerMinute: 1 }]);
});

it('another secret is given to a key that exists, and to no other', async () => {
	expect(await rotateKey(keys, 'ffffffffffff')).toBeNull();
	const key = await make({});
	expect((await rotateKey(keys, key.id))?.key.id).toBe(key.id);
});

it('lifetimes are read as written, and what is none is refused', () => {
	expect(['90m', '12h', '30d', '4w'].map(parseLifetime)).toEqual([5_400_000, 43_200_000, 2_592_000_000, 2_419_200_000]);
	for (const text of ['', '30', 'd', '0d', '-1d', '1.5d', '30 d', '30D', '30dd', 'x30d', '36601d', '999999w'])
		expect(() => parseLifetime(text), text).toThrow(invalid);
	expect(parseLifetime('36600d')).toBe(36_600 * 86_400_000);
	expect(() => parseLifetime('9'.repeat(500))).toThrow(/^"9{40}" is not a lifetime\. Write a number and m, h, d or w/);
});

it('a key does only what its scopes say; admin reads, and spends nothing', async () => {
	const forbidden = expect.objectContaining({ code: 'ROUTER_FORBIDDEN' });
	const route = await make({});
	const admin = await make({ scopes: ['admin'] });
	requireScope(route, 'route');
	requireScope(admin, 'read');
	requireScope(null, 'admin');
	for (const scope of ['read', 'admin'] as const) expect(() => requireScope(route, scope)).toThrow(forbidden);
	expect(() => requireScope(admin, 'route')).toThrow(forbidden);
	// what it may not do, what it may, and how to make one that may
	const both = await make({ scopes: ['route', 'read'] });
	expect(() => requireScope(both, 'admin')).toThrow(/not manage the gateway: .* scopes route, read\. .*--scope admin/);
	expect(() => requireScope(route, 'read')).toThrow(/not read figures and settings/);
	expect(() => requireScope(admin, 'route')).toThrow(/not call models/);
});

it('a key uses the models it is allowed, by whichever name, and no other', async () => {
	// what permissions look at of a model
	const model = (name: string, aliases: string[] = []): ModelProfile =>
		({ name, id: `${name}-id`, modelId: `vendor-${name}-1`, aliases }) as unknown as ModelProfile;
	const key = await make({ allowedModels: ['opus', 'Vendor-Haiku-1', 'cheap'] });
	const used = [model('opus'), model('haiku'), model('mini', ['Cheap']), model('opus-2'), model('sonnet')];
	expect(used.map((profile) => canUseModel(key, profile))).toEqual([true, true, true, false, false]);
	const forbidden = expect.objectContaining({ code: 'ROUTER_FORBIDDEN' });
	expect(() => requireModelAccess(key, model('sonnet'))).toThrow(forbidden);
	expect(() => requireModelAccess(key, model('sonnet'))).toThrow(
		/model sonnet: it is allowed opus, Vendor-Haiku-1, cheap/,
	);
	requireModelAccess(key, model('opus'));
	const none = await make({ allowedModels: [] });
	expect(() => requireModelAccess(none, model('opus'))).toThrow(/allowed none/);
	// neither a key without a list nor a caller without a key is held to one
	for (const unlimited of [await make({}), null]) {
		expect(canUseModel(unlimited, model('sonnet'))).toBe(true);
		requireModelAccess(unlimited, model('sonnet'));
	}
});

it('what others spent of a shared budget is told to keys that may read figures, and to no other', async () => {
	const refusalOf = (scope: string | undefined) =>
		new BudgetExceededError({
			period: 'day',
			limitUsd: 10,
			spentUsd: 7.77,
			reservedUsd: 1,
			neededUsd: 3,
			resetsAt: null,
			...(scope === undefined ? {} : { scope }),
		});
	const key = { ...(await make({})), id: 'k:1' };
	const told = (of: VirtualKey | null, scope: string | undefined) => {
		const error = refusalOf(scope);
		const shown = hideOthersSpending(error, { owner: 'x', key: of });
		if (shown === error) return 'whole';
		expect(shown).toBeInstanceOf(BudgetExceededError);
		expect((shown as BudgetExceededError).refusal).toEqual({ ...error.refusal, hidesSpending: true });
		expect(String(shown)).not.toContain('7.77');
		return 'without spending';
	};
	for (const own of ['key:k:1', 'tag@k%3A1:nightly', 'session@k%3A1:s']) expect(told(key, own), own).toBe('whole');
	for (const shared of [undefined, 'all', 'key:other', 'team:k:1', 'tag:nightly', 'tag@k:nightly', 'session@other:s'])
		expect(told(key, shared), shared).toBe('without spending');
	expect([told({ ...key, scopes: ['read'] }, 'all'), told({ ...key, scopes: ['admin'] }, 'all')]).toEqual([
		'whole',
		'whole',
	]);
	expect(told(null, 'all')).toBe('whole');
	const other = new Error('7.77');
	expect(hideOthersSpending(other, { owner: 'x', key })).toBe(other);
});
