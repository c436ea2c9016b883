import { expect, it } from 'vitest';
import { makeProfile } from '../../../test/support/route-models.ts';
import { DEFAULT_MODEL_PROFILES } from '../../catalog/index.ts';
import { ZERO_USAGE } from '../../contracts/index.ts';
import { type ChoiceSample, measureChoice, tossCoin } from './compare-choices.ts';
import { TYPICAL_MIX } from './typical-mix.ts';

const cheap = makeProfile('cheap', { qualityScore: 80, costPer1kInputTokens: 0.001, costPer1kOutputTokens: 0.001 });
const dear = makeProfile('dear', {
	qualityScore: 90,
	qualityByTaskType: { debugging: { value: 98, source: 'test' } },
	costPer1kInputTokens: 0.005,
	costPer1kOutputTokens: 0.005,
});
const small = makeProfile('small', { contextWindow: 1500 });
const profiles = new Map([cheap, dear, small].map((profile) => [profile.name, profile]));

const samples: ChoiceSample[] = [
	{ type: 'debugging', usage: { ...ZERO_USAGE, inputTokens: 1000 }, requests: 3, choices: { split: 'dear' } },
	{
		type: 'factual',
		usage: { ...ZERO_USAGE, inputTokens: 1000, outputTokens: 1000 },
		requests: 1,
		choices: { split: 'cheap' },
	},
];
const measure = (name: string) =>
	measureChoice(name, samples, { choose: ({ choices }) => choices[name] ?? name, profiles, at: 0 });

it('a policy costs what its models charge and delivers their quality for the kind of task, request by request', () => {
	expect(measure('dear')).toEqual({
		name: 'dear',
		costPer1000: (1000 * (3 * 0.005 + 0.01)) / 4,
		quality: (3 * 98 + 90) / 4,
		leftOut: 0,
		models: [{ model: 'dear', share: 1 }],
	});
	const split = measure('split');
	expect(split.costPer1000).toBeCloseTo((1000 * (3 * 0.005 + 0.002)) / 4, 9);
	expect(split.quality).toBeCloseTo((3 * 98 + 80) / 4, 9);
	expect(split.models).toEqual([
		{ model: 'dear', share: 0.75 },
		{ model: 'cheap', share: 0.25 },
	]);
});

it('requests that a model cannot serve are counted and in no sum', () => {
	expect(measure('small')).toMatchObject({ leftOut: 1, quality: 90, models: [{ model: 'small', share: 1 }] });
	expect(measure('nobody')).toMatchObject({ leftOut: 4, costPer1000: Number.NaN, models: [] });
});

it('the coin is the best mix that costs as much, so that no policy is praised for spending more', () => {
	const singles = ['cheap', 'dear', 'small'].map(measure);
	const [low, high] = [measure('cheap'), measure('dear')];
	const half = tossCoin(singles, (low.costPer1000 + high.costPer1000) / 2);
	expect(half?.quality).toBeCloseTo((low.quality + high.quality) / 2, 9);
	expect(half?.models.map(({ model, share }) => [model, share.toFixed(6)])).toEqual([
		['dear', '0.500000'],
		['cheap', '0.500000'],
	]);
	expect(tossCoin(singles, 2 * high.costPer1000)).toEqual({ quality: high.quality, models: high.models });
	expect(tossCoin(singles, low.costPer1000 / 2)).toBeNull();
	const worse = { ...high, name: 'worse', quality: 10, costPer1000: 1.5 * low.costPer1000 };
	expect(tossCoin([...singles, worse], 1.5 * low.costPer1000)?.models[0]?.model).toBe('dear');
});

it('the shipped mix is 500 requests that cost $450 per 1,000 on opus, in the shares that its sources state', () => {
	const sumOf = (test: (part: (typeof TYPICAL_MIX)[number]) => boolean): number =>
		TYPICAL_MIX.filter(test).reduce((total, { requests }) => total + requests, 0);
	expect(TYPICAL_MIX).toHaveLength(13 * 4);
	expect(sumOf(() => true)).toBeCloseTo(500, 9);
	expect(sumOf(({ type }) => type === 'debugging')).toBeCloseTo(5 * 13.3, 9);
	expect(sumOf(({ complexity }) => complexity === 'simple')).toBeCloseTo(194, 9);
	const asked = TYPICAL_MIX.map(({ type, inputTokens, outputTokens, requests }) => {
		return { type, requests, usage: { ...ZERO_USAGE, inputTokens, outputTokens }, choices: {} };
	});
	const opus = measureChoice('opus', asked, {
		choose: () => 'opus',
		profiles: new Map(DEFAULT_MODEL_PROFILES.map((profile) => [profile.name, profile])),
		at: Date.UTC(2026, 10, 29),
	});
	expect(opus.costPer1000.toFixed(2)).toBe('450.00');
	const tokens = (field: 'inputTokens' | 'outputTokens'): number =>
		TYPICAL_MIX.reduce((total, part) => total + part.requests * part[field], 0);
	expect(tokens('inputTokens') / tokens('outputTokens')).toBeCloseTo(15, 2);
});
