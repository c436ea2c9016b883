import { describe, expect, it } from 'vitest';
import type { JudgedOrder, ShadowComparison } from '../contracts/index.ts';
import { summarizeShadow } from './summarize-shadow.ts';

const says = (first: 'A' | 'B' | 'tie', second: 'A' | 'B' | 'tie'): JudgedOrder[] => [
	{ isSwapped: false, label: first },
	{ isSwapped: true, label: second },
];
/** The second answer is called A where they are swapped. */
const ORDERS = { first: says('A', 'B'), second: says('B', 'A'), tie: says('tie', 'tie'), abstain: says('A', 'A') };

function makeRow(
	index: number,
	verdict: keyof typeof ORDERS,
	changes: Partial<ShadowComparison> = {},
): ShadowComparison {
	return {
		id: `d${index}`,
		at: index,
		session: `s${index >> 1}`,
		taskType: index % 3 === 0 ? 'debugging' : 'testing',
		workload: null,
		model: 'opus',
		shadowModel: 'haiku',
		judge: 'sonnet',
		cause: null,
		detail: null,
		verdict,
		orders: ORDERS[verdict],
		planted: index % 8 === 0 ? { expected: 'first', verdict: 'first', orders: ORDERS.first } : null,
		lengths: { first: 100, second: 100 },
		usedCostNanoUsd: 4000,
		costNanoUsd: 1000,
		judgeCostNanoUsd: 500,
		latencyMs: 10,
		...changes,
	};
}

const many = (length: number, verdictOf: (index: number) => keyof typeof ORDERS, change?: Partial<ShadowComparison>) =>
	Array.from({ length }, (_, index) => makeRow(index, verdictOf(index), change));

describe('the comparisons of shadow evaluation', () => {
	it('say how often the shadow is better, over conversations, a tie as half a win and a contradiction as none', () => {
		const rows = many(100, (index) =>
			index % 10 < 6 ? 'second' : index % 10 < 8 ? 'first' : index % 10 === 8 ? 'tie' : 'abstain',
		);
		const { compared, drawn, judge, pairs, spentNanoUsd } = summarizeShadow(rows);
		expect({ compared, drawn, isWithheld: judge.isWithheld }).toEqual({ compared: 100, drawn: 100, isWithheld: false });
		const [all, ...byType] = pairs;
		expect(all).toMatchObject({
			model: 'opus',
			shadowModel: 'haiku',
			taskType: null,
			judged: 90,
			ties: 10,
			abstained: 10,
		});
		expect(all?.shadowWins.value).toBeCloseTo(65 / 90, 10);
		expect(all?.shadowWins).toMatchObject({ clusters: 50 });
		expect(all?.shadowWins.low).toBeGreaterThan(0.5);
		expect(byType.map(({ taskType }) => taskType)).toEqual(['testing', 'debugging']);
		expect(all).toMatchObject({ usedCostNanoUsd: 4000, shadowCostNanoUsd: 1000 });
		expect(spentNanoUsd).toBe(150_000);
	});

	it('count every request that was dropped by its cause, and what it had cost by then', () => {
		const dropped = { verdict: null, orders: null, planted: null, lengths: null } as const;
		const rows = [
			...many(3, () => 'tie', { ...dropped, cause: 'budget', judgeCostNanoUsd: 0 }),
			makeRow(9, 'tie', { ...dropped, cause: 'opted-out', costNanoUsd: 0, judgeCostNanoUsd: 0 }),
			makeRow(10, 'tie', { ...dropped, cause: 'judge-failed', judgeCostNanoUsd: null }),
		];
		expect(summarizeShadow(rows)).toMatchObject({
			drawn: 5,
			compared: 0,
			dropped: [
				{ cause: 'budget', requests: 3 },
				{ cause: 'opted-out', requests: 1 },
				{ cause: 'judge-failed', requests: 1 },
			],
			spentNanoUsd: 4000,
			unpriced: 1,
		});
	});

	it('say nothing of the models where the judge always names the answer shown first, is wrong where the truth is known, or was not checked', () => {
		const first = summarizeShadow(many(100, () => 'abstain'));
		expect(first.judge.findings.join()).toContain('It goes by the place');
		expect(first.pairs).toEqual([]);
		const wrong = summarizeShadow(
			many(100, () => 'second').map((row) => ({
				...row,
				planted: row.planted && { ...row.planted, verdict: 'second' as const, orders: ORDERS.second },
			})),
		);
		expect(wrong.judge.findings.join()).toContain('often wrong where the truth is known');
		expect(wrong.pairs).toEqual([]);
		const few = summarizeShadow(many(20, () => 'second'));
		expect(few.judge.findings.join()).toContain('could not be checked: 3 pairs');
		expect(few.pairs).toEqual([]);
	});
});
