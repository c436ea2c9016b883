import { describe, expect, it } from 'vitest';
import { makeScored, makeTask } from '../../test/support/route-models.ts';
import { type FactorScores, formatAmount, type TaskType } from '../contracts/index.ts';
import { type Explanation, explainDecision, listAlternatives } from './explain-decision.ts';
import type { ScoredModel } from './score-model.ts';

const scored = (name: string, change: Partial<ScoredModel> = {}, scores: Partial<FactorScores> = {}): ScoredModel => {
	const model = makeScored(name, { total: 40, quality: 80, costNanoUsd: 2_000_000 });
	return { ...model, ...change, scores: { ...model.scores, ...scores } };
};
const explanation = (chosen: ScoredModel, others: readonly ScoredModel[], change: Partial<Explanation> = {}) => ({
	chosen,
	ranked: [chosen, ...others],
	exclusions: [],
	task: makeTask({ type: 'debugging' }),
	isGuess: false,
	modelForGuesses: null,
	isDefaultForGuess: false,
	prefix: null,
	standsFor: [],
	preferred: null,
	successors: [],
	policyNotes: [],
	...change,
});
const cheap = { nanoUsd: 1_000_000, lowNanoUsd: 0, highNanoUsd: 0, laterLossNanoUsd: 0 };
const rival = scored('rival', { completionMs: 1, cost: cheap });

describe('the reasons of a decision are those that its scores give', () => {
	const reasons = (chosen: ScoredModel, others: readonly ScoredModel[] = [rival]) =>
		explainDecision(explanation(chosen, others)).slice(0, -1);

	it.each([
		['nothing stands out', scored('a'), []],
		['capability from 75', scored('a', {}, { capabilityMatch: 75 }), ['Strong capability match for debugging tasks']],
		['capability below', scored('a', {}, { capabilityMatch: 74.9 }), []],
		['quality from 90', scored('a', { quality: 90 }), ['High quality score (90)']],
		['quality below', scored('a', { quality: 89.9 }), []],
		['a high cost score of a dear model', scored('a', {}, { costEfficiency: 99 }), []],
		['the cheapest', scored('a', { cost: cheap }), ['Cost-efficient option']],
		[
			'the fastest',
			scored('a', { completionMs: 1, firstTokenMs: 0.4 }),
			['Fast response (first token after 0 ms, complete after 1 ms)'],
		],
		[
			'history from 65',
			scored('a', {}, { historicalPerformance: 65 }),
			['Strong historical performance on similar tasks'],
		],
		['history below', scored('a', {}, { historicalPerformance: 64.9 }), []],
		['no price', scored('a', { cost: null }), ['Its price is unknown and was scored as the highest']],
	])('%s', (_what, chosen, expected) => expect(reasons(chosen)).toEqual(expected));

	it('"cost-efficient" is who costs no more than half of the eligible, so that no reason contradicts the figures', () => {
		const costing = (nanoUsd: number | null) => scored('x', { cost: nanoUsd === null ? null : { ...cheap, nanoUsd } });
		const isCalledCheap = (...costs: Array<number | null>) => {
			const [chosen, ...others] = costs.map(costing);
			return chosen !== undefined && reasons(chosen, others).includes('Cost-efficient option');
		};
		expect(isCalledCheap(2, 1, 3)).toBe(true);
		expect(isCalledCheap(3, 1, 2)).toBe(false);
		expect(isCalledCheap(2, 1, 3, 4)).toBe(true);
		expect(isCalledCheap(3, 1, 2, 4)).toBe(false);
		expect(isCalledCheap(3, 1, null, null)).toBe(true);
		expect(isCalledCheap(null, null)).toBe(false);
		expect(isCalledCheap(1)).toBe(false);
	});

	it('a guessed type is shown with its rivals, and who takes the task because of it', () => {
		const task = makeTask({
			type: 'debugging',
			typeProbabilities: { debugging: 0.21, factual: 0.128, analysis: 0.07, testing: 0.01 } as Record<TaskType, number>,
		});
		const say = (change: Partial<Explanation>) =>
			explainDecision(explanation(scored('a'), [rival], { task, ...change }))[0];
		expect(say({ isGuess: true })).toBe('The type of the task is a guess (debugging 21%, factual 13%, analysis 7%)');
		expect(say({ isGuess: true, isDefaultForGuess: true })).toMatch(/analysis 7%\), so the default model a takes it$/);
		const exclusions = [{ model: 'b', reason: 'unavailable', message: 'no key' }] as const;
		expect(say({ isGuess: true, modelForGuesses: 'b', exclusions })).toMatch(/; the default model b is not eligible$/);
		expect(say({ isGuess: true, modelForGuesses: 'c', exclusions })).not.toContain('default');
		expect(say({ isGuess: false })).not.toContain('guess');
		const strong = scored('a', {}, { capabilityMatch: 90 });
		expect(explainDecision(explanation(strong, [rival], { task, isGuess: true })).join()).not.toContain('capability');
	});

	it('a model without a rival is not called the cheapest or the fastest', () => {
		expect(reasons(scored('a'), [])).toEqual([]);
	});

	it.each([
		[50, [40], 'Total score 50.0, 10.0 ahead of m0, among 2 eligible models'],
		[50, [50, 10], 'Total score 50.0, 0.0 ahead of m0, among 3 eligible models'],
		[50, [55.25], 'Total score 50.0, 5.3 behind m0, among 2 eligible models'],
		[50, [], 'Total score 50.0; the only eligible model'],
	])('a total of %i beside %j is placed', (totalScore, others, sentence) => {
		const ranked = others.map((total, index) => scored(`m${index}`, { totalScore: total }));
		expect(explainDecision(explanation(scored('a', { totalScore }), ranked)).at(-1)).toBe(sentence);
	});

	it('what was not eligible is listed once for each model, and nothing where all were', () => {
		const exclusion = (model: string) => ({ model, reason: 'excluded' as const, message: 'm' });
		const exclusions = [exclusion('x'), exclusion('x'), exclusion('y')];
		expect(explainDecision(explanation(scored('a'), [rival], { exclusions })).at(-1)).toBe('Not eligible: x, y');
		expect(explainDecision(explanation(scored('a'), [rival])).join()).not.toContain('Not eligible');
	});

	it('the sentences of the policy stand among them', () => {
		const told = explainDecision(explanation(scored('a'), [rival], { policyNotes: ['By policy'] }));
		expect(told.slice(-2)[0]).toBe('By policy');
	});
});

describe('what a cached prefix, a preference and a successor did is said', () => {
	const first = (change: Partial<Explanation>) => explainDecision(explanation(scored('a'), [rival], change))[0];
	const prefix = { model: 'a', tokens: 5000, turns: 3, isBound: false, discountNanoUsd: 20_000_000 };

	it.each([
		[prefix, 'Staying on a saves $0.06 on 5000 cached tokens over 3 expected turns'],
		[{ ...prefix, turns: 1 }, 'Staying on a saves $0.02 on 5000 cached tokens over 1 expected turn'],
		[
			{ ...prefix, model: 'b' },
			'Worth leaving b, though that gives up $0.06 on 5000 cached tokens over 3 expected turns',
		],
	])('%j', (held, sentence) => expect(first({ prefix: held })).toBe(sentence));

	it('and a prefix that is worth nothing is no reason', () => {
		expect(first({ prefix: { ...prefix, discountNanoUsd: 0 } })).toMatch(/^Total score/);
	});

	it('a preferred model that is used, at which cost, and why one is not', () => {
		const better = scored('better', { totalScore: 60 });
		const say = (preferred: string, ranked: readonly ScoredModel[], exclusions: Explanation['exclusions'] = []) =>
			explainDecision(explanation(scored('a', { totalScore: 50 }), ranked, { preferred, exclusions }))[0];
		expect(say('a', [scored('equal', { totalScore: 50 })])).toBe('Preferred model a');
		expect(say('a', [scored('worse', { totalScore: 40 }), better])).toBe(
			'Preferred model a, though better scores 60.0',
		);
		const exclusion = (model: string, message: string) => ({ model, reason: 'max-cost' as const, message });
		const excluded = [exclusion('b', 'too dear'), exclusion('c', 'other'), exclusion('b', 'too slow')];
		expect(say('b', [], excluded)).toBe('Preferred model b not used: too dear; too slow');
		expect(say('b', [], [])).toBe('Preferred model b not used: the policy allows no other model');
	});

	it('successors by name', () => {
		expect(first({ successors: ['x', 'y'] })).toMatch(/in their place compete x, y$/);
		expect(first({ successors: [...'abcdefg'] })).toMatch(/compete a, b, c, d, e and 2 more$/);
	});
});

describe('a runner-up is named with what it does better', () => {
	const reasonOf = (other: ScoredModel) => listAlternatives(explanation(scored('a'), [other]))[0]?.reason;

	it.each([
		['quality', scored('b', { quality: 84.6 }, { quality: 41 }), 'High quality score (85)'],
		['capability', scored('b', {}, { capabilityMatch: 41 }), 'Stronger capability match for debugging tasks'],
		[
			'latency',
			scored('b', { completionMs: 7640, firstTokenMs: 400 }, { latency: 41 }),
			'Faster (first token after 400 ms, complete after 7.6 s)',
		],
		['history', scored('b', {}, { historicalPerformance: 41 }), 'Better historical performance on similar tasks'],
		['cost', scored('b', {}, { costEfficiency: 41 }), 'Cheaper ($0.002)'],
		[
			'the greatest lead counts',
			scored('b', {}, { latency: 45, costEfficiency: 44, quality: 43 }),
			'Faster (first token after 1.0 s, complete after 10.0 s)',
		],
		['of equal leads the first', scored('b', {}, { quality: 45, latency: 45 }), 'High quality score (80)'],
		['nothing', scored('b'), 'Behind a in every factor'],
		['nothing but good', scored('b', { quality: 90 }), 'High quality score (90)'],
		[
			'a price that nobody knows is no advantage',
			scored('b', { cost: null }, { costEfficiency: 99 }),
			'Behind a in every factor',
		],
	])('%s', (_what, other, reason) => expect(reasonOf(other)).toBe(reason));

	it('the three best behind the chosen one, with their scores', () => {
		const others = ['b', 'c', 'd', 'e'].map((name, index) => scored(name, { totalScore: 40 - index }));
		const told = listAlternatives(explanation(scored('a'), others));
		expect(told.map(({ model, score }) => [model.name, score])).toEqual([
			['b', 40],
			['c', 39],
			['d', 38],
		]);
	});
});

it.each([
	[0, '$0.00'],
	[0.00001234, '$0.000012'],
	[0.0000001, '$0.0000001'],
	[1.5e-10, '$0.00000000015'],
	[0.0001, '$0.0001'],
	[0.01, '$0.01'],
	[0.125, '$0.125'],
	[12.3456, '$12.3456'],
	[100, '$100.00'],
])('an amount of %d is read as %s', (usd, text) => expect(formatAmount(usd)).toBe(text));
