import { describe, expect, it } from 'vitest';
import type { BudgetCheck, Pricing } from '../../contracts/index.ts';
import { BudgetExceededError, InvalidInputError } from '../../errors/index.ts';
import {
	DEFAULT_RESERVATION_LIFETIME_MS,
	type LimitBalance,
	planReservation,
	type ReservationRequest,
} from './plan-reservation.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
/** $1 per million tokens in, $10 per million out: 1,000 and 10,000 nano-dollars a token. */
const pricing: Pricing = { input: 1_000_000, output: 10_000_000, source: 'test', asOf: '2026-11-24' };

function funds(limitNanoUsd: number, changes: Partial<LimitBalance & BudgetCheck> = {}): LimitBalance {
	const { settledNanoUsd = 0, reservedNanoUsd = 0, period = 'day' } = changes;
	const [periodKey, hours] = period === 'day' ? ['2026-11-24', 12] : ['2026-11', 156];
	const resetsAt = NOW + hours * 3_600_000;
	return { check: { scope: 'all', period, periodKey, limitNanoUsd, resetsAt }, settledNanoUsd, reservedNanoUsd };
}

function request(changes: Partial<ReservationRequest> = {}): ReservationRequest {
	return {
		id: 'r1',
		model: 'sonnet',
		now: NOW,
		inputTokens: 1000,
		maxOutputTokens: 1000,
		pricing,
		balances: [funds(1_000_000_000), funds(9_000_000_000, { period: 'month' })],
		requestLimit: null,
		...changes,
	};
}

/** The refusal, or a failure when there is none. */
function refusal(changes: Partial<ReservationRequest>): BudgetExceededError {
	try {
		planReservation(request(changes));
	} catch (error) {
		if (error instanceof BudgetExceededError) return error;
		throw error;
	}
	throw new Error('nothing was refused');
}

describe('holding money for an attempt', () => {
	it('holds the worst case and keeps what was wanted when there is enough', () => {
		const plan = planReservation(request({ decisionId: 'd1' }));
		expect(plan).toEqual({
			reservation: {
				id: 'r1',
				amountNanoUsd: 11_000_000,
				checks: request().balances.map(({ check }) => check),
				createdAt: NOW,
				expiresAt: NOW + DEFAULT_RESERVATION_LIFETIME_MS,
				model: 'sonnet',
				decisionId: 'd1',
			},
			maxOutputTokens: 1000,
			isClamped: false,
		});
	});

	it('shortens the answer to what the day has left, holds of others included', () => {
		const day = funds(20_000_000, { settledNanoUsd: 8_000_000, reservedNanoUsd: 5_000_000 });
		const plan = planReservation(request({ balances: [day] }));
		expect(plan).toMatchObject({ maxOutputTokens: 600, isClamped: true });
		expect(plan.reservation.amountNanoUsd).toBe(7_000_000);
	});

	it('refuses with everything a person needs to know', () => {
		const day = funds(20_000_000, { settledNanoUsd: 16_000_000, reservedNanoUsd: 2_000_000 });
		const error = refusal({ balances: [day] });
		expect(error.refusal).toEqual({
			period: 'day',
			scope: 'all',
			limitUsd: 0.02,
			spentUsd: 0.016,
			reservedUsd: 0.002,
			neededUsd: 0.011,
			resetsAt: new Date(NOW + 12 * 3_600_000),
		});
	});

	it('earlier attempts of a request count against its limit', () => {
		const limit = { requestLimit: { scope: 'all', limitNanoUsd: 12_000_000 } };
		expect(planReservation(request(limit)).isClamped).toBe(false);
		expect(planReservation(request({ ...limit, requestSpentNanoUsd: 6_000_000 }))).toMatchObject({
			maxOutputTokens: 500,
		});
		expect(refusal({ ...limit, requestSpentNanoUsd: 10_000_000 }).refusal).toMatchObject({
			period: 'request',
			resetsAt: null,
		});
	});

	it('names the limit that waiting helps least', () => {
		const [day, month] = [funds(1), funds(1, { period: 'month' })];
		expect(refusal({ balances: [day, month] }).refusal.period).toBe('month');
		expect(refusal({ balances: [day, month], requestLimit: { scope: 'all', limitNanoUsd: 1 } }).refusal.period).toBe(
			'request',
		);
		expect(refusal({ balances: [day, funds(9e9, { period: 'month' })] }).refusal.period).toBe('day');
	});

	it('an answer too short to be of use is not paid for', () => {
		const day = funds(2_000_000);
		expect(refusal({ balances: [day] }).refusal.period).toBe('day');
		expect(planReservation(request({ balances: [day], minOutputTokens: 50 }))).toMatchObject({ maxOutputTokens: 100 });
		expect(planReservation(request({ balances: [day], maxOutputTokens: 100 }))).toMatchObject({ isClamped: false });
	});

	it('an unpriced model is refused under a budget unless the user allows it by name', () => {
		expect(() => planReservation(request({ pricing: null }))).toThrow(InvalidInputError);
		expect(() => planReservation(request({ pricing: null }))).toThrow(/"allowUnpriced"/);
		expect(planReservation(request({ pricing: null, isUnpricedAllowed: true })).reservation.amountNanoUsd).toBe(0);
		expect(planReservation(request({ pricing: null, balances: [] })).reservation.amountNanoUsd).toBe(0);
	});

	it.each([Number.NaN, -1, 1.5])('%s tokens are refused, not held for free', (tokens) => {
		expect(() => planReservation(request({ inputTokens: tokens }))).toThrow(InvalidInputError);
		expect(() => planReservation(request({ maxOutputTokens: tokens }))).toThrow(/maxOutputTokens/);
	});
});
