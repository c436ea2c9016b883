import { describe, expect, it } from 'vitest';
import { type ModelProfile, SPECIFICATION_MODELS } from '../contracts/index.ts';
import { BUILTIN_MODELS } from './builtin-models.ts';
import {
	createModelCatalog,
	resolveLatency,
	resolvePricing,
	resolveQuality,
	toSelectedModel,
} from './model-catalog.ts';
import { validateModelProfile } from './validate-model-profile.ts';

const catalog = createModelCatalog(BUILTIN_MODELS);
const sonnet = catalog.get('sonnet');
const own: ModelProfile = { ...sonnet, name: 'mine', id: 'mine', modelId: 'mine-1', aliases: [] };

describe('the built-in models', () => {
	it('begin with the specification’s seven, at the true prices and ids', () => {
		expect(BUILTIN_MODELS.slice(0, 7).map(({ name }) => name)).toEqual(SPECIFICATION_MODELS);
		// The earlier price list said $15/$75 for opus and named a haiku that never existed.
		expect(catalog.get('opus')).toMatchObject({
			modelId: 'claude-opus-4-5-20251101',
			costPer1kInputTokens: 0.005,
			costPer1kOutputTokens: 0.025,
		});
		expect(catalog.get('haiku').modelId).toBe('claude-haiku-4-5-20251001');
		expect(catalog.get('claude-haiku-4-20250130').name).toBe('haiku');
	});

	it('say where every figure comes from', () => {
		for (const profile of BUILTIN_MODELS) {
			expect(profile.qualitySource, profile.name).toBeTruthy();
			expect(profile.ttftMs?.source, profile.name).toBeTruthy();
			if (profile.kind !== 'embedding') expect(profile.outputTokensPerSecond?.source, profile.name).toBeTruthy();
			expect(resolvePricing(profile)?.source, profile.name).toMatch(/genai-prices|^https:/);
			for (const quality of Object.values(profile.qualityByTaskType ?? {})) expect(quality.source).toBeTruthy();
		}
	});

	it('name a known successor for every model that is about to go, and never call a served model retired', () => {
		const asOf = '2026-11-24';
		for (const { name, lifecycle } of BUILTIN_MODELS) {
			if (lifecycle?.replacedBy !== undefined) expect(catalog.find(lifecycle.replacedBy), name).toBeDefined();
			if (lifecycle?.retiresOn === undefined) continue;
			expect(lifecycle.retiresOn <= asOf, name).toBe(lifecycle.state === 'retired');
			expect(lifecycle.sources?.retires, name).toMatch(/^https:.*20\d\d-\d\d-\d\d\)$/);
		}
	});

	it('name a living replacement for every retired model', () => {
		for (const { name, lifecycle } of BUILTIN_MODELS) {
			if (lifecycle?.state !== 'retired') continue;
			expect(lifecycle.sources?.successor, name).toBeTruthy();
			expect(catalog.get(lifecycle.replacedBy ?? '').lifecycle?.state, name).toBe('active');
		}
	});
});

describe('finding a model', () => {
	it('knows names, ids and aliases in any case', () => {
		for (const name of ['opus', 'OPUS', 'claude-opus-4-5', 'claude-opus-4-5-20251101', 'Claude-Opus-4.5']) {
			expect(catalog.get(name).name).toBe('opus');
		}
		expect(catalog.get({ name: 'opus' }).name).toBe('opus');
	});

	it('never guesses by prefix: a wrong model would be billed at a wrong price', () => {
		expect(catalog.find('claude-opus-4-5-20990101')).toBeUndefined();
		expect(() => catalog.get('sonet')).toThrow(/Did you mean "sonnet"\?/);
	});

	it('refuses two models of one name', () => {
		expect(() => createModelCatalog([sonnet, { ...own, aliases: ['SONNET'] }])).toThrow(/already means sonnet/);
	});

	it('changes its version with a profile, and takes new costs for the new price', () => {
		const changing = createModelCatalog([own]);
		const before = changing.version;
		const next = changing.update('mine', { costPer1kInputTokens: 0.001, costPer1kOutputTokens: 0.002 });
		expect(changing.version).not.toBe(before);
		expect(resolvePricing(next)).toMatchObject({ input: 1_000_000, output: 2_000_000 });
		expect(() => changing.update('mine', { qualityScore: 101 })).toThrow(/qualityScore/);
		expect(changing.get('mine').qualityScore).toBe(own.qualityScore);
	});
});

describe('a profile', () => {
	it('reads as its name in a string, and keeps its fields', () => {
		const model = toSelectedModel(sonnet);
		expect(`${model}`).toBe('sonnet');
		expect({ sonnet: 1 }[String(model)]).toBe(1);
		expect(model.name).toBe('sonnet');
		expect(JSON.parse(JSON.stringify(model))).toMatchObject({ name: 'sonnet', provider: 'anthropic' });
	});

	it('without a price is unpriced, never free', () => {
		expect(resolvePricing({ ...own, pricing: 'unpriced' })).toBeNull();
		const { pricing: _none, ...bare } = own;
		expect(resolvePricing({ ...bare, costPer1kInputTokens: Number.NaN })).toBeNull();
		expect(resolvePricing({ ...bare, costPer1kInputTokens: 0, costPer1kOutputTokens: 0 })).toMatchObject({
			input: 0,
			output: 0,
		});
	});

	it('falls back to overall figures where a sharper one is missing', () => {
		const { qualityByTaskType: _q, ttftMs: _t, outputTokensPerSecond: _o, ...bare } = own;
		expect(resolveQuality(bare, 'creative')).toBe(own.qualityScore);
		expect(resolveLatency({ ...bare, latencyMs: 1000 }).ttftMs).toBe(300);
	});
});

describe('a broken profile says which field and why', () => {
	it.each([
		[{ qualityScore: 120 }, /models\[0\]\.qualityScore.*from 0 to 100.*120/],
		[{ costPer1kInputTokens: -1 }, /costPer1kInputTokens.*0 or more/],
		[{ strengths: ['debuging'] }, /strengths.*did you mean "debugging"/],
		[{ maxOutputTokens: 999_999_999 }, /maxOutputTokens.*more than the context window/],
		[{ supportsVision: 'yes' }, /supportsVision.*true or false/],
		[{ name: ' ' }, /name.*not empty/],
		[{ latencyMs: Number.POSITIVE_INFINITY }, /latencyMs must be a number of 1 or more, not Infinity/],
		[{ aliases: 'opus' }, /aliases must be a list of names, not "opus"/],
		[{ pricing: null }, /pricing must be a record of rates or "unpriced", not null/],
		[{ pricing: { input: 1, output: -1, source: 'mine' } }, /pricing\.output must be a whole number from 0/],
		[{ pricing: { input: 1, output: 1, source: 'mine', tiers: {} } }, /pricing\.tiers must be a list of tiers/],
		[
			{ pricing: { input: 1, output: 1, source: 'mine', tiers: [{ input: 1, output: 1 }] } },
			/pricing\.tiers\[0\]\.aboveInputTokens must be a whole number/,
		],
		[{ qualityByTaskType: { debuging: { value: 1 } } }, /qualityByTaskType\.debuging has no task type/],
		[{ lifecycle: { state: 'gone' } }, /lifecycle\.state must be active, deprecated, retired/],
		[{ ttftMs: 300 }, /ttftMs must be a record, not 300/],
		[{ id: 7 }, /id must be a text that is not empty, not 7/],
	])('%j', (change, expected) => {
		const issues = validateModelProfile({ ...own, ...change }, 'models[0]');
		expect(issues.map(({ path, message }) => `${path} ${message}`).join('\n')).toMatch(expected);
	});
});
