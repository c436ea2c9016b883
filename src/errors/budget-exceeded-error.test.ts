import { expect, it } from 'vitest';
import { BudgetExceededError } from './budget-exceeded-error.ts';

const money = { limitUsd: 10, spentUsd: 9.5, reservedUsd: 0.25, neededUsd: 1 };

it('a person reads whose limit it is, what is left, when it resets and what to do', () => {
	const daily = new BudgetExceededError({ ...money, period: 'day', resetsAt: new Date('2026-11-25T00:00:00Z') });
	expect(daily.message).toBe(
		'Daily budget exceeded ($10.00)\nSpent $9.5000, $0.2500 held by requests under way, $0.2500 left; this request needs up to $1.0000. It resets at 2026-11-25T00:00:00.000Z. Raise the limit with `switchyard budget --set-daily N`, or choose a cheaper model.',
	);
	const tagged = new BudgetExceededError({ ...money, period: 'week', scope: 'tag:night:ly', resetsAt: null });
	expect(tagged.message.split('\n')[0]).toBe('Weekly budget of tag night:ly exceeded ($10.00)');
	expect(tagged.message).toContain('"budget.rules"');
	expect(tagged.isRetryable).toBe(false);
});

it('beside the specification’s line of whole cents, no amount of a small budget reads as nothing', () => {
	const tiny = { limitUsd: 0.005, spentUsd: 0.000_012, reservedUsd: 0.000_000_3, neededUsd: 0.000_05 };
	const { message } = new BudgetExceededError({ ...tiny, period: 'total', resetsAt: null });
	expect(message).toContain('Total budget exceeded ($0.01)\nSpent $0.000012, $0.0000003 held');
	expect(message).toContain('this request needs up to $0.00005.');
});
