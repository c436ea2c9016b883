import { describe, expect, it } from 'vitest';
import { createSyntheticLog, TRUE_VALUE } from '../../test/support/synthetic-log.ts';
import { evaluateOffPolicy, type LoggedChoice } from './off-policy.ts';

function makeChoice(index: number, changes: Partial<LoggedChoice> = {}): LoggedChoice {
	return {
		id: `choice-${index}`,
		cluster: `conversation-${index}`,
		model: index % 2 === 0 ? 'opus' : 'haiku',
		chances: { opus: 0.5, haiku: 0.5 },
		target: { opus: 1 },
		reward: index % 2 === 0 ? 80 : 60,
		cells: ['debugging'],
		at: index,
		...changes,
	};
}

const makeLog = (length: number, change: (index: number) => Partial<LoggedChoice> = () => ({})): LoggedChoice[] =>
	Array.from({ length }, (_, index) => makeChoice(index, change(index)));

describe('a policy that picks what the log gave no chance', () => {
	const log = makeLog(100, (index) => (index < 30 ? { model: 'haiku', chances: { haiku: 1 } } : {}));

	it('gets no figure, but the list of what no number of requests would tell', () => {
		const report = evaluateOffPolicy(log);
		expect(report.verdict).toBe('unidentifiable');
		expect(report.reasons).toEqual([
			'unidentifiable: the policy picks opus in 30 contexts where opus had probability 0',
		]);
		expect(report.unsupported.models[0]).toMatchObject({ model: 'opus', contexts: 30 });
		expect(report.unsupported.models[0]?.examples[0]).toBe('choice-0');
		expect(report.unsupported.models[0]?.examples).toHaveLength(20);
		expect(report.estimates).toBeNull();
	});

	it('is followed only where the log can tell, when that is asked for, and the other requests stay as they were', () => {
		const report = evaluateOffPolicy(
			makeLog(400, (index) => log[index] ?? {}),
			{ isSupportedOnly: true },
		);
		expect(report.unsupported.contexts).toBe(30);
		// 30 haiku as they were (even numbers were given 80, odd ones 60), opus at 80 for the other 370
		expect(report.estimates?.snips.value).toBeCloseTo((15 * 80 + 15 * 60 + 370 * 80) / 400, 0);
		const nothing = evaluateOffPolicy(
			makeLog(200, () => ({ model: 'haiku', chances: { haiku: 1 } })),
			{ isSupportedOnly: true },
		);
		expect(nothing.difference?.dr).toMatchObject({ value: 0, low: 0, high: 0 });
	});
});

describe('figures that are not to be relied on are not given, and called insufficient', () => {
	it('where few choices carry the weight', () => {
		const few = evaluateOffPolicy(makeLog(40));
		expect(few.verdict).toBe('insufficient');
		expect(few.reasons).toEqual(['the effective sample size is 20, 100 are needed']);
		expect(few).toMatchObject({ estimates: null, difference: null });
		// five rare matches among many certain ones
		const rare = evaluateOffPolicy(
			makeLog(1000, (index) =>
				index < 5
					? { model: 'opus', chances: { opus: 0.002, haiku: 0.998 } }
					: { model: 'opus', chances: { opus: 1 }, reward: index % 3 },
			),
		);
		expect(rare.reasons.join()).toContain('the largest 1 % of the weights have 72 % of all weight');
		expect(rare.weights.largest[0]).toEqual({ id: 'choice-0', weight: 500 });
	});

	it('where the logged probabilities are not those with which was chosen', () => {
		const honest = evaluateOffPolicy(createSyntheticLog({ seed: 1 }));
		expect(honest.reasons).toEqual([]);
		expect(honest.weights.mean.value).toBeCloseTo(1, 1);
		const wrong = evaluateOffPolicy(
			createSyntheticLog({ seed: 1 }).map((choice) => {
				const large = 0.4 * (choice.chances['large'] ?? 0);
				const others = (1 - large) / (1 - (choice.chances['large'] ?? 0));
				const chances = Object.entries(choice.chances).map(([model, chance]) => [model, others * chance]);
				return { ...choice, chances: { ...Object.fromEntries(chances), large } };
			}),
		);
		expect(wrong.verdict).toBe('insufficient');
		expect(wrong.reasons.join()).toContain('the logged probabilities are not those with which was chosen');
	});

	it('where nothing is known of the answers, or of none that the policy would take', () => {
		const unknown = evaluateOffPolicy(makeLog(300, () => ({ reward: null })));
		expect(unknown).toMatchObject({ verdict: 'insufficient', reasons: ['no reward is known'], logged: null });
		const other = evaluateOffPolicy(makeLog(300, (index) => (index % 2 === 0 ? { reward: null } : {})));
		expect(other.reasons).toEqual(['no reward of a choice that the policy would make is known']);
		expect(other.observedByModel).toEqual({
			opus: { choices: 150, observed: 0 },
			haiku: { choices: 150, observed: 150 },
		});
	});
});

it('weights are cut only where that is asked for, and the share that was is told', () => {
	const log = makeLog(400, (index) => (index < 20 ? { model: 'opus', chances: { opus: 0.05, haiku: 0.95 } } : {}));
	expect(evaluateOffPolicy(log).weights).toMatchObject({ clippedAt: null, clippedShare: 0 });
	const cut = evaluateOffPolicy(log, { clipAt: 10 }).weights;
	// 20 of the 210 choices of opus
	expect(cut).toMatchObject({ clippedAt: 10, clippedShare: 20 / 210 });
	expect(cut.largest[0]?.weight).toBe(10);
});

it('a conversation is one piece of evidence, however long it is: ten copies of each request narrow no interval', () => {
	const log = createSyntheticLog({ seed: 3 });
	const copies = log.flatMap((choice) => Array.from({ length: 10 }, () => choice));
	const [once, tenTimes] = [log, copies].map((each) => evaluateOffPolicy(each).estimates?.snips);
	expect(tenTimes?.value).toBeCloseTo(once?.value ?? 0, 6);
	expect(tenTimes?.standardError).toBeCloseTo(once?.standardError ?? 0, 6);
});

it('choices that were kept more rarely count for those that were not', () => {
	// every second conversation of the worse half was thrown away
	const log = makeLog(800, (index) => {
		const isBad = index < 400;
		return { reward: isBad ? 20 : 90, ...(isBad && { keepProbability: 0.5 }) };
	}).filter((_, index) => index >= 400 || index % 4 < 2);
	expect(evaluateOffPolicy(log).estimates?.dr.value).toBeCloseTo(55, 0);
});

it('a reward model that is wrong for a model is corrected by what was logged of it', () => {
	const report = evaluateOffPolicy(createSyntheticLog({ seed: 5, conversations: 3000 }));
	for (const name of ['ips', 'snips', 'dr'] as const) {
		const estimate = report.estimates?.[name];
		expect(Math.abs((estimate?.value ?? 0) - TRUE_VALUE), name).toBeLessThan(3 * (estimate?.standardError ?? 0));
	}
	// the interval of IPS is the widest: it does not know how much weight there is
	expect(report.estimates?.ips.standardError).toBeGreaterThan(report.estimates?.snips.standardError ?? 0);
});

it.each([
	[{ chances: { opus: 0, haiku: 1 } }, 'gives opus a probability of 0'],
	[{ chances: { opus: 1.2 } }, 'gives opus a probability of 1.2'],
	[{ keepProbability: 0 }, 'was kept with probability 0'],
	[{ target: { opus: 0.5 } }, "the policy's probabilities sum to 0.5"],
] as const)('probabilities that cannot be are refused with the choice that has them (%#)', (changes, message) => {
	expect(() => evaluateOffPolicy([makeChoice(0, changes)])).toThrow(message);
});

it('an empty log and a cut at 0 are refused', () => {
	expect(() => evaluateOffPolicy([])).toThrow('There are no logged choices');
	expect(() => evaluateOffPolicy(makeLog(2), { clipAt: 0 })).toThrow('Give a number above 0');
});
