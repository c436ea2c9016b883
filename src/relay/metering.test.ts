import { describe, expect, it } from 'vitest';
import { createMeteredUsage, getTokenRates, IN_FLIGHT_TOKENS, type TextCount } from '../protocol/index.ts';
import { OutputMeter, planOutput, toHeldTokens, UsageMeter } from './metering.ts';

const CLAUDE = { provider: 'anthropic', modelId: 'm' } as const;
const claude = { isMetered: true, rates: getTokenRates(CLAUDE) };
const own = { maxOutputTokens: 1000, modelLimit: 64_000, answerCount: 1 };

describe('the output of an answer is kept within the money', () => {
	it('by metering alone, where the money is ample: the caller’s limit goes to the provider as it came', () => {
		const plan = planOutput(toHeldTokens(1000, CLAUDE), own, claude);
		expect(plan).toMatchObject({ maxOutputTokens: undefined, loweredTo: undefined });
		expect(plan.allowedTokens + IN_FLIGHT_TOKENS).toBe(toHeldTokens(1000, CLAUDE));
	});

	it('by metering alone where it is short, and the length that is sure to pass is told', () => {
		const plan = planOutput(10_000, { ...own, maxOutputTokens: 128_000 }, claude);
		expect(plan).toEqual({ maxOutputTokens: undefined, loweredTo: 5910, allowedTokens: 9488, limitTokens: 128_000 });
	});

	it.each([
		['metering sees too little', 10_000, false],
		['too little is held to end it in time', 700, true],
	])('by a limit in the request where %s', (_, held, isMetered) => {
		const plan = planOutput(held, { ...own, maxOutputTokens: 128_000 }, { ...claude, isMetered });
		expect(plan).toMatchObject({ maxOutputTokens: held, loweredTo: held });
	});

	it('shared by all answers that are asked for', () => {
		const limits = { ...own, maxOutputTokens: 128_000, answerCount: 4 };
		expect(planOutput(10_000, limits, { ...claude, isMetered: false })).toMatchObject({ maxOutputTokens: 2500 });
		expect(planOutput(10_000, limits, claude)).toMatchObject({ maxOutputTokens: undefined, loweredTo: 1477 });
	});

	it('leaves a limit alone that the money pays for, and one of the model’s own', () => {
		const clamped = { ...claude, isMetered: false };
		expect(planOutput(1000, own, clamped).maxOutputTokens).toBeUndefined();
		expect(planOutput(64_000, { ...own, maxOutputTokens: null }, clamped).maxOutputTokens).toBeUndefined();
		expect(planOutput(63_999, { ...own, maxOutputTokens: null }, clamped).maxOutputTokens).toBe(63_999);
		expect(planOutput(undefined, own, clamped).maxOutputTokens).toBeUndefined();
	});
});

/** A tokenizer of words. */
async function countWords(texts: readonly string[]): Promise<TextCount> {
	const tokens = texts.join('').trim().split(/\s+/).length;
	return { tokens, asciiTokens: tokens, asciiCharacters: texts.join('').length, otherBytes: 0 };
}

describe('a meter', () => {
	const openAi = getTokenRates({ provider: 'openai', modelId: 'm' });

	it('takes each byte for a token until it counts, and never ends what is within its limit', async () => {
		const meter = new OutputMeter({ allowedTokens: 500, limitTokens: 222 }, openAi, countWords);
		meter.add('word '.repeat(100));
		expect([meter.tokens, meter.isPassed, meter.isRough]).toEqual([532, true, true]);
		await meter.count();
		expect([meter.tokens, meter.isPassed, meter.isRough]).toEqual([137, false, false]);
	});

	it('goes on counting what is written while it counts', async () => {
		const meter = new OutputMeter({ allowedTokens: 120, limitTokens: 50 }, openAi, countWords);
		meter.add('word '.repeat(50));
		const counted = meter.count();
		meter.add('word '.repeat(50));
		await counted;
		expect(meter.isRough).toBe(true);
		await meter.count();
		expect([meter.tokens, meter.isPassed, meter.isRough]).toEqual([137, true, false]);
	});

	it('counts what is no text: a long silence of encrypted reasoning is not free', () => {
		const meter = new OutputMeter({ allowedTokens: 100, limitTokens: 40 }, openAi, countWords);
		expect(meter.tokens).toBe(0);
		meter.addTokens(200);
		expect([meter.isPassed, meter.isRough]).toEqual([true, false]);
	});

	it('never counts less than a token for every few bytes where another tokenizer may', async () => {
		const meter = new OutputMeter({ allowedTokens: 100, limitTokens: 40 }, claude.rates, async () =>
			countWords(['one']),
		);
		meter.add(' '.repeat(4000));
		await meter.count();
		expect(meter.tokens).toBeGreaterThanOrEqual(1000);
	});
});

describe('what is charged where the provider does not say', () => {
	const plan = { allowedTokens: 2000, limitTokens: 1000 };
	async function charge(words: number, isInterrupted: boolean, unseen = 0): Promise<number> {
		const meter = new OutputMeter(
			{ ...plan, getUnseenTokens: () => unseen },
			getTokenRates({ provider: 'openai', modelId: 'm' }),
			countWords,
		);
		meter.add('word '.repeat(words));
		await meter.count();
		return meter.toCharge(isInterrupted);
	}

	it('is what was written, and what may have been under way when it was cut', async () => {
		expect(await charge(100, false)).toBe(137);
		expect(await charge(100, true)).toBe(137 + IN_FLIGHT_TOKENS);
	});

	it('is no more than the limit of the request, which the provider kept to', async () => {
		expect(await charge(980, true)).toBe(1000);
		expect(await charge(10, true, Number.POSITIVE_INFINITY)).toBe(1000);
	});

	it('is all that was held where the provider did not keep to its limit', async () => {
		expect(await charge(1900, true)).toBe(2000 + IN_FLIGHT_TOKENS);
	});
});

it('a meter is read once: an attempt that was never made is not charged for the one before it', async () => {
	const meter = new UsageMeter();
	const usage = createMeteredUsage({ inputTokens: 1, outputTokens: 2 });
	expect(await meter.take()).toBe('unknown');
	meter.set(() => usage);
	expect([await meter.take(), await meter.take()]).toEqual([usage, 'unknown']);
	meter.set(() => 'not-billed');
	meter.reset();
	expect(await meter.take()).toBe('unknown');
});
