import { expect, it } from 'vitest';
import type { ModelProfile, VirtualKey } from '../../contracts/index.ts';
import { createMemoryStorage } from '../../storage/memory/index.ts';
import { canUseModel, createKey, parseLifetime, requireModelAccess, requireScope } from './index.ts';

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

it('a key that would not do what was meant is refused, not made', async () => {
	const wrong = [
		{ name: ' ' },
		{ name: 'x'.repeat(101) },
		{ name: 'two\nlines' },
		{ team: '' },
		{ tags: Array.from({ length: 101 }, (_, index) => `t${index}`) },
		{ scopes: [] },
		{ scopes: ['root'] },
		{ limits: { requestsPerMinute: 0 } },
		{ limits: { tokensPerMinute: -5 } },
		{ limits: { maxParallel: 1.5 } },
		{ limits: { maxParallel: Number.NaN } },
		{ lifetimeMs: 0 },
		{ lifetimeMs: Number.POSITIVE_INFINITY },
		{ allowedModels: [''] },
	];
	const before = (await keys.list()).length;
	for (const change of wrong) await expect(make(change), JSON.stringify(change)).rejects.toEqual(invalid);
	expect(await keys.list()).toHaveLength(before);
});

it('lifetimes are read as written, and what is none is refused', () => {
	expect(['90m', '12h', '30d', '4w'].map(parseLifetime)).toEqual([5_400_000, 43_200_000, 2_592_000_000, 2_419_200_000]);
	for (const text of ['', '30', 'd', '0d', '-1d', '1.5d', '30 d', '30D', '999999w'])
		expect(() => parseLifetime(text), text).toThrow(invalid);
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
	expect(() => requireScope(route, 'admin')).toThrow(/--scope admin/);
});

it('a key uses the models it is allowed, by whichever name, and no other', async () => {
	// what permissions look at of a model
	const model = (name: string, aliases: string[] = []): ModelProfile =>
		({ name, id: `${name}-id`, modelId: `vendor-${name}-1`, aliases }) as unknown as ModelProfile;
	const key = await make({ allowedModels: ['opus', 'Vendor-Haiku-1', 'cheap'] });
	const used = [model('opus'), model('haiku'), model('mini', ['Cheap']), model('opus-2'), model('sonnet')];
	expect(used.map((profile) => canUseModel(key, profile))).toEqual([true, true, true, false, false]);
	expect(canUseModel(null, model('sonnet'))).toBe(true);
	expect(() => requireModelAccess(key, model('sonnet'))).toThrow(expect.objectContaining({ code: 'ROUTER_FORBIDDEN' }));
});
