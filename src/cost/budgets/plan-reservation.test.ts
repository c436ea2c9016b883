import { describe, expect, it } from 'vitest';
import { worstCaseCost } from '../../catalog/index.ts';
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
		requestLimits: [],
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
		const limit = { requestLimits: [{ scope: 'all', limitNanoUsd: 12_000_000 }] };
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
		expect(refusal({ balances: [day, month], requestLimits: [{ scope: 'all', limitNanoUsd: 1 }] }).refusal.period).toBe(
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
		expect(() => planReservation(request({ inputTokens: tokens }))).toThrow(`No money held: inputTokens is ${tokens}`);
		expect(() => planReservation(request({ maxOutputTokens: tokens }))).toThrow(`No money held: maxOutputTokens is`);
	});

	it('money for exactly the least answer is enough, a nano-dollar less is not', () => {
		const least = 1000 * 1000 + 100 * 10_000;
		const plan = (money: number) => ({ balances: [funds(money)], minOutputTokens: 100 });
		expect(planReservation(request(plan(least)))).toMatchObject({ maxOutputTokens: 100, isClamped: true });
		expect(refusal(plan(least - 1)).refusal.period).toBe('day');
	});

	it('a soft limit is counted and refuses nothing', () => {
		const soft = funds(1);
		soft.check.isSoft = true;
		const plan = planReservation(request({ balances: [soft, funds(1e12, { period: 'month' })] }));
		expect(plan).toMatchObject({ isClamped: false, reservation: { checks: { length: 2 } } });
	});

	it('of two limits that end together the first is named, and one that never resets before all', () => {
		const named = (...limits: LimitBalance[]) => refusal({ balances: limits }).refusal.scope;
		const [first, second, total] = [funds(1), funds(1), funds(1)];
		second.check.scope = 'key:ci';
		total.check = { ...total.check, scope: 'team:core', resetsAt: null };
		expect([named(first, second), named(second, first)]).toEqual(['all', 'key:ci']);
		expect([named(first, total, second), named(total, first), named(first, total)]).toEqual(Array(3).fill('team:core'));
		const [other] = [funds(1)];
		other.check = { ...other.check, scope: 'all again', resetsAt: null };
		expect([named(total, other), named(other, total)]).toEqual(['team:core', 'all again']);
	});

	it('money is held until the attempt and its settlement must have ended, for a day at most', () => {
		const lasts = (maxDurationMs?: number) =>
			planReservation(request(maxDurationMs === undefined ? {} : { maxDurationMs })).reservation.expiresAt - NOW;
		expect([lasts(), lasts(1000), lasts(540_000)]).toEqual([600_000, 600_000, 600_000]);
		expect([lasts(540_001), lasts(Number.POSITIVE_INFINITY)]).toEqual([600_001, 86_460_000]);
	});
});

describe('tools that run at the provider read all again with every use', () => {
	const searching: Pricing = { ...pricing, perUse: { webSearch: 10_000_000 } };
	const worst = (serverToolUses: number) =>
		worstCaseCost(searching, { inputTokens: 1000, maxOutputTokens: 1000, serverToolUses }, NOW);
	const held = (serverToolUses: number, changes: Partial<ReservationRequest> = {}) =>
		planReservation(request({ charges: { serverToolUses }, pricing: searching, ...changes })).reservation.amountNanoUsd;
	const requestLimits = [{ scope: 'all', limitNanoUsd: 50_000_000 }];

	it('their uses are held for, up to what one request may cost', () => {
		expect(held(2)).toBe(worst(2));
		expect(worst(2)).toBeGreaterThan(worst(0));
		expect(held(2, { requestLimits })).toBe(worst(2));
		expect(held(1000, { requestLimits })).toBe(50_000_000);
		expect(held(1000, { requestLimits, requestSpentNanoUsd: 20_000_000 })).toBe(30_000_000);
	});

	it('without a number of uses all that the request may cost is held, and without that nothing is called', () => {
		const any = Number.POSITIVE_INFINITY;
		expect(held(any, { requestLimits })).toBe(50_000_000);
		expect(held(any, { requestLimits, requestSpentNanoUsd: 49_000_000 })).toBe(1_000_000);
		expect(() => held(any)).toThrow(/lets sonnet use its provider's tools any number of times.*"max_uses"/);
		expect(() => held(any)).toThrow(InvalidInputError);
	});

	it('where no limit holds, nothing is refused', () => {
		expect(held(2, { balances: [] })).toBe(worst(2));
	});
});
