import { expect, it } from 'vitest';
import { mergeConfig } from './validate-config.ts';

it('a policy of another kind takes no leftovers of the earlier one', () => {
	const merged = mergeConfig(
		{ policy: { name: 'cheapest-good-enough', targetQuality: 80 } },
		{ policy: { name: 'fixed', model: 'opus' } },
	);
	expect(merged.policy).toEqual({ name: 'fixed', model: 'opus' });
});

it('a price of one’s own is not hidden by exact rates known before', () => {
	const exact = { input: 1, output: 2, source: 'list', asOf: '2026-01-01' };
	const known = { models: [{ name: 'opus', qualityScore: 95, costPer1kInputTokens: 1, pricing: exact }] };
	expect(mergeConfig(known, { models: [{ name: 'opus', costPer1kInputTokens: 3 }] }).models).toEqual([
		{ name: 'opus', qualityScore: 95, costPer1kInputTokens: 3 },
	]);
	expect(mergeConfig(known, { models: [{ name: 'opus', pricing: 'unpriced' }] }).models).toEqual([
		{ name: 'opus', qualityScore: 95, costPer1kInputTokens: 1, pricing: 'unpriced' },
	]);
});

it('a model of one’s own follows the known ones, which keep their order', () => {
	const merged = mergeConfig(
		{ models: [{ name: 'opus' }, { name: 'sonnet' }] },
		{ models: [{ name: 'mine' }, { name: 'opus', qualityScore: 1 }] },
	);
	expect(merged.models?.map((profile) => profile.name)).toEqual(['opus', 'sonnet', 'mine']);
});
