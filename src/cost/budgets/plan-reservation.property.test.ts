import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { worstCaseCost } from '../../catalog/index.ts';
import type { Pricing } from '../../contracts/index.ts';
import { isBudgetExceededError } from '../../errors/index.ts';
import { type LimitBalance, planReservation, type ReservationRequest } from './plan-reservation.ts';

const rate = fc.integer({ min: 0, max: 100_000_000 });
const pricing: fc.Arbitrary<Pricing> = fc
	.record({ input: rate, output: rate, tierInput: rate, tierOutput: rate })
	.map(({ input, output, tierInput, tierOutput }) => ({
		input,
		output,
		tiers: [{ aboveInputTokens: 200_000, input: Math.max(input, tierInput), output: Math.max(output, tierOutput) }],
		source: 'test',
		asOf: '2026-11-24',
	}));
const money = fc.integer({ min: 0, max: 20_000_000_000 });
const fund: fc.Arbitrary<LimitBalance> = fc
	.record({ limitNanoUsd: money, settledNanoUsd: money, reservedNanoUsd: money, month: fc.boolean() })
	.map(({ limitNanoUsd, settledNanoUsd, reservedNanoUsd, month }) => ({
		check: {
			scope: 'all',
			period: month ? 'month' : 'day',
			periodKey: month ? '2026-11' : '2026-11-24',
			limitNanoUsd,
			resetsAt: month ? 2 : 1,
		},
		settledNanoUsd,
		reservedNanoUsd,
	}));
const request: fc.Arbitrary<ReservationRequest> = fc.record({
	id: fc.constant('r'),
	model: fc.constant('m'),
	now: fc.constant(0),
	inputTokens: fc.integer({ min: 0, max: 1_000_000 }),
	maxOutputTokens: fc.integer({ min: 0, max: 200_000 }),
	pricing,
	balances: fc.array(fund, { maxLength: 3 }),
	requestLimits: fc.array(
		money.map((limitNanoUsd) => ({ scope: 'all', limitNanoUsd })),
		{ maxLength: 2 },
	),
});

/** What the tightest limit leaves. */
function left({ balances: funds, requestLimits }: ReservationRequest): number {
	const rest = funds.map((one) => one.check.limitNanoUsd - one.settledNanoUsd - one.reservedNanoUsd);
	return Math.min(Number.POSITIVE_INFINITY, ...requestLimits.map(({ limitNanoUsd }) => limitNanoUsd), ...rest);
}

describe('laws of holding money', () => {
	it('no hold ever breaks a limit, covers its worst case, and gives as much output as the money allows', () => {
		fc.assert(
			fc.property(request, (asked) => {
				const costOf = (outputTokens: number): number =>
					worstCaseCost(
						asked.pricing ?? { input: 0, output: 0, source: '', asOf: '' },
						{ inputTokens: asked.inputTokens, maxOutputTokens: outputTokens },
						asked.now,
					);
				try {
					const { reservation, maxOutputTokens } = planReservation(asked);
					expect(reservation.amountNanoUsd).toBe(costOf(maxOutputTokens));
					expect(reservation.amountNanoUsd).toBeLessThanOrEqual(left(asked));
					if (maxOutputTokens < asked.maxOutputTokens) expect(costOf(maxOutputTokens + 1)).toBeGreaterThan(left(asked));
				} catch (error) {
					if (!isBudgetExceededError(error)) throw error;
					expect(costOf(Math.min(256, asked.maxOutputTokens))).toBeGreaterThan(left(asked));
				}
			}),
			{ numRuns: 300 },
		);
	});
});
