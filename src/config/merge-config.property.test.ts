import fc from 'fast-check';
import { expect, it } from 'vitest';
import { getConfigSchema } from './schema/index.ts';
import type { ConfigLayer } from './switchyard-config.ts';
import { mergeConfig } from './validate-config.ts';

const optional = <Shape extends Record<string, fc.Arbitrary<unknown>>>(shape: Shape) =>
	fc.record(shape, { requiredKeys: [] });
const number = fc.integer({ min: 0, max: 100 });
const name = fc.constantFrom('opus', 'sonnet', 'mine', '__proto__', 'constructor');
const price = { input: 1, output: 2, source: 'list', asOf: '2026-01-01' };

const model = fc
	.tuple(
		name,
		optional({
			qualityScore: number,
			costPer1kInputTokens: number,
			costPer1kOutputTokens: number,
			pricing: fc.constantFrom('unpriced' as const, price),
			strengths: fc.constantFrom([], ['debugging' as const]),
			qualityByTaskType: optional({
				debugging: fc.constantFrom({ value: 1, source: 'a' }, { value: 2, source: 'b' }),
				testing: fc.constant({ value: 3, source: 'c' }),
			}),
			lifecycle: fc.constantFrom({ state: 'active' as const }, { state: 'retired' as const, replacedBy: 'opus' }),
		}),
	)
	.map(([named, fields]) => ({ name: named, ...fields }));

const layer: fc.Arbitrary<ConfigLayer> = optional({
	defaultModel: name,
	enableCache: fc.boolean(),
	weights: optional({ cost: number, quality: number }),
	budget: optional({
		dailyLimit: number,
		perRequestLimit: fc.option(number),
		alerts: optional({ dailyWarning: number }),
	}),
	policy: fc.constantFrom(
		{ name: 'weighted' as const },
		{ name: 'fixed' as const, model: 'opus' },
		{ name: 'cheapest-good-enough' as const, targetQuality: 80 },
	),
	gateway: optional({
		port: number,
		limits: optional({ maxQueued: number }),
		allowedHosts: fc.array(name, { maxLength: 2 }),
	}),
	candidates: fc.array(name, { minLength: 1, maxLength: 3 }),
	fallbacks: fc.dictionary(name, fc.array(name, { maxLength: 2 }), { maxKeys: 3 }),
	models: fc.uniqueArray(model, { selector: (profile) => profile.name, maxLength: 3 }),
	// The generator's partial records are the layer's; fast-check types their values no closer.
}) as fc.Arbitrary<ConfigLayer>;

it('how sources are grouped does not change the configuration: merging is associative', () => {
	fc.assert(
		fc.property(layer, layer, layer, (a, b, c) => {
			expect(mergeConfig(mergeConfig(a, b), c)).toEqual(mergeConfig(a, mergeConfig(b, c)));
		}),
		{ numRuns: 500 },
	);
});

it('nothing said changes nothing, and saying it twice says nothing new', () => {
	fc.assert(
		fc.property(layer, (a) => {
			expect(mergeConfig(a, {})).toEqual(mergeConfig({}, a));
			expect(mergeConfig(a, a)).toEqual(mergeConfig({}, a));
		}),
	);
});

it('merging sound sources gives a sound one and changes neither', () => {
	fc.assert(
		fc.property(layer, layer, (a, b) => {
			const before = JSON.stringify([a, b]);
			const merged = mergeConfig(a, b);
			expect(JSON.stringify([a, b])).toBe(before);
			expect(getConfigSchema().safeParse(merged).success).toBe(
				getConfigSchema().safeParse(a).success && getConfigSchema().safeParse(b).success,
			);
		}),
	);
});
