import { describe, expect, it } from 'vitest';
import { makeScored } from '../../test/support/route-models.ts';
import { planFallbacks } from './decide-route.ts';

const opus = makeScored('opus', { provider: 'anthropic' });
const sonnet = makeScored('sonnet', { provider: 'anthropic' });
const haiku = makeScored('haiku', { provider: 'anthropic' });
const gpt = makeScored('gpt-4', { provider: 'openai' });
const gemini = makeScored('gemini', { provider: 'google' });

describe('fallback plan', () => {
	it('survives the outage of a provider: the next model is of another one', () => {
		expect(planFallbacks(opus, [opus, sonnet, haiku, gpt], 3)).toEqual(['opus', 'gpt-4', 'sonnet']);
		expect(planFallbacks(opus, [opus, sonnet, gpt, gemini], 3)).toEqual(['opus', 'gpt-4', 'sonnet']);
	});

	it('still falls back within one provider when there is no other', () => {
		expect(planFallbacks(opus, [opus, sonnet, haiku], 3)).toEqual(['opus', 'sonnet', 'haiku']);
	});

	it('never names more models than may be tried, nor one twice', () => {
		expect(planFallbacks(sonnet, [opus, sonnet, haiku, gpt], 2)).toEqual(['sonnet', 'gpt-4']);
		expect(planFallbacks(sonnet, [sonnet], 9)).toEqual(['sonnet']);
	});
});
