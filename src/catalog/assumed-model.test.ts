import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../contracts/index.ts';
import { assumeModel, findModelFamily } from './assumed-model.ts';
import { BUILTIN_MODELS, createModelCatalog, priceUsage, resolvePricing, worstCaseCost } from './index.ts';

const NOW = Date.UTC(2026, 10, 28);
const familyOf = (id: string) => findModelFamily(id, BUILTIN_MODELS).map(({ modelId }) => modelId);

describe('an id that no model has', () => {
	it.each([
		['gpt-6.2-sol', /^gpt-[\d.]+-sol/],
		['claude-sonnet-9-20290901', /^claude-(\d-\d-)?(\d-)?sonnet/],
		['anthropic/claude-opus-9[1m]', /^claude-(\d-\d-)?opus/],
		['fable', /^claude-fable/],
		['gemini-9-flash', /^gemini-[\d.]+-flash(?!-lite)/],
		['gpt-9-mini-2029-01-01', /^gpt-[\d.]+-mini/],
	])('%s belongs to the family that its words name', (id, member) => {
		const family = familyOf(id);
		expect(family.length).toBeGreaterThan(0);
		for (const modelId of family) expect(modelId).toMatch(member);
	});

	it.each([
		['gpt-9', 'gpt-5.5'],
		['gpt-7.1', 'gpt-5.5'],
		['gpt-5.9', 'gpt-5.5'],
		['gpt-9-mini', 'gpt-5.4-mini'],
		['gpt-6-mini', 'gpt-5.4-mini'],
		['gpt-9-mini-2029-01-01', 'gpt-5.4-mini'],
		['openai/gpt-9-mini', 'gpt-5.4-mini'],
		['gpt-9-mini-preview', 'gpt-5.4-mini'],
		['gpt-9-nano', 'gpt-5.4-nano'],
		['gpt-9-sol', 'gpt-6.1-sol'],
		['gpt-6.2-sol-20270101', 'gpt-6.1-sol'],
		['gpt-7-terra', 'gpt-6.1-terra'],
		['gpt-6.2-luna', 'gpt-6-luna'],
		['gpt-6.5-astra', 'gpt-6-astra'],
		['gpt-9o', 'gpt-4o'],
		['gpt-9o-mini', 'gpt-4o-mini'],
		['claude-opus-9', 'claude-opus-5-5'],
		['claude-opus-5-9[1m]', 'claude-opus-5-5'],
		['claude-9-opus-20290901', 'claude-opus-5-5'],
		['claude-sonnet-6', 'claude-sonnet-5-5'],
		['claude-sonnet-6-1-20270301', 'claude-sonnet-5-5'],
		['anthropic/claude-sonnet-7', 'claude-sonnet-5-5'],
		['claude-haiku-6', 'claude-haiku-5-5'],
		['claude-fable-6', 'claude-fable-5-1'],
		['gemini-9-pro', 'gemini-3.1-pro-preview'],
		['gemini-4-pro-preview', 'gemini-3.1-pro-preview'],
		['gemini-9-flash', 'gemini-3.8-flash'],
		['gemini-4.1-flash-exp', 'gemini-3.8-flash'],
		['gemini-9-flash-lite', 'gemini-3.5-flash-lite'],
		['gemini-4-flash-lite-preview-09-2027', 'gemini-3.5-flash-lite'],
	])('%s can do what the newest of its line can, %s', (id, newest) => {
		// the order in which a catalog lists its models decides nothing
		for (const profiles of [BUILTIN_MODELS, BUILTIN_MODELS.toReversed()])
			expect(assumeModel(id, profiles)).toMatchObject({ name: id, assumedFrom: newest });
	});

	const addresses = ['gemini-9-flash#', 'gemini-9-flash?x', 'gemini/../9-flash', 'gemini//9-flash', 'gpt-9-mini%2f'];
	it.each(['gpt-9-nebula', 'llama-9', '2029', '', 'o5-mini', 'text-embedding-9', 'flash', ...addresses])(
		'%j belongs to none and stays unknown',
		(id) => {
			expect(familyOf(id)).toEqual([]);
			expect(createModelCatalog(BUILTIN_MODELS, assumeModel).find(id)).toBeUndefined();
		},
	);

	it('is let through only where the rule says so, as one and the same profile', () => {
		expect(createModelCatalog(BUILTIN_MODELS).find('gpt-6.2-sol')).toBeUndefined();
		const catalog = createModelCatalog(BUILTIN_MODELS, assumeModel);
		const profile = catalog.get('gpt-6.2-sol');
		expect(profile).toMatchObject({ name: 'gpt-6.2-sol', modelId: 'gpt-6.2-sol', provider: 'openai' });
		expect(catalog.get('gpt-6.2-sol')).toBe(profile);
		expect(catalog.names()).not.toContain('gpt-6.2-sol');
		expect(catalog.find(`gpt-6-sol${'x'.repeat(300)}`)).toBeUndefined();
	});

	it.each([
		['claude-sonnet-5-5-20260901', 'claude-sonnet-5-5'],
		['anthropic/claude-opus-4-5-20260101[1m]', 'opus'],
		['gpt-6.1-sol-2026-11-01', 'gpt-6.1-sol'],
	])(
		'%s is another revision of %s: it costs and holds what that does, and its provider gets the id as written',
		(id, of) => {
			const catalog = createModelCatalog(BUILTIN_MODELS, assumeModel);
			const known = catalog.get(of);
			const written = id.replace('[1m]', '').replace('anthropic/', '');
			const { contextWindow, maxOutputTokens } = known;
			expect(catalog.get(id)).toMatchObject({ modelId: written, assumedFrom: of, contextWindow, maxOutputTokens });
			expect(resolvePricing(catalog.get(id))).toEqual(resolvePricing(known));
			expect(() => createModelCatalog(BUILTIN_MODELS).get(id)).toThrow(`"${known.id}"`);
		},
	);

	it.each([
		['claude-opus-5-5[1m]', 'claude-opus-5-5'],
		['sonnet[1m]', 'sonnet'],
	])('%s is %s, whatever the rule: the mark of a long window is no part of an id', (id, name) => {
		expect(createModelCatalog(BUILTIN_MODELS).get(id).name).toBe(name);
	});

	it.each([
		['anthropic/claude-opus-5-5', 'claude-opus-5-5'],
		['fable', 'claude-fable-5-1'],
		['claude-opus', 'claude-opus-5-5'],
	])('%s is the known model %s: no provider has the id as written', (id, name) => {
		expect(createModelCatalog(BUILTIN_MODELS, assumeModel).get(id)).toBe(
			createModelCatalog(BUILTIN_MODELS, assumeModel).get(name),
		);
	});

	it.each(['claude-sonet-5-5', 'claude-opuss-5-5', 'gpt-6.1-soul'])(
		'%s is a typing error and gets the name that was meant',
		(id) => {
			expect(() => createModelCatalog(BUILTIN_MODELS, assumeModel).get(id)).toThrow(/Did you mean/i);
		},
	);

	it('costs at least what any member of its family would, and holds no more than the smallest', () => {
		const count = fc.nat(500_000);
		const usage: fc.Arbitrary<Usage> = fc.record({
			inputTokens: count,
			cacheReadTokens: count,
			cacheWrite5mTokens: count,
			cacheWrite1hTokens: count,
			outputTokens: count,
			reasoningTokens: count,
			serviceTier: fc.constantFrom('standard' as const, 'priority' as const, 'flex' as const, 'batch' as const),
			region: fc.constantFrom('us', 'eu', 'global'),
			perUse: fc.constantFrom({}, { webSearch: 3 }),
		});
		const ids = fc.constantFrom('gpt-9-sol', 'claude-opus-9', 'claude-haiku-9-20290901', 'gemini-9-pro', 'gpt-9-mini');
		fc.assert(
			fc.property(ids, usage, (id, used) => {
				const profile = assumeModel(id, BUILTIN_MODELS);
				const pricing = profile === null ? null : resolvePricing(profile);
				if (profile === null || pricing === null) throw new Error(`${id} has no family with a price`);
				for (const member of findModelFamily(id, BUILTIN_MODELS)) {
					const price = resolvePricing(member);
					if (price === null) continue;
					const least = priceUsage(used, price, NOW).totalNanoUsd;
					expect(priceUsage(used, pricing, NOW).totalNanoUsd).toBeGreaterThanOrEqual(least);
					const tokens = { inputTokens: used.inputTokens, maxOutputTokens: used.outputTokens };
					expect(worstCaseCost(pricing, tokens, NOW)).toBeGreaterThanOrEqual(worstCaseCost(price, tokens, NOW));
					expect(profile.contextWindow).toBeLessThanOrEqual(member.contextWindow);
					expect(profile.maxOutputTokens).toBeLessThanOrEqual(member.maxOutputTokens);
				}
			}),
			{ numRuns: 60 },
		);
	});
});
