import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILTIN_MODELS, priceUsage } from '../catalog/index.ts';
import { readPriceFile } from './read-price-file.ts';

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'switchyard-prices-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const RATES = { inputUsdPerMTok: 3, outputUsdPerMTok: 15, source: 'contract', asOf: '2026-11-01' };

function read(models: unknown, more: object = {}): ReturnType<typeof readPriceFile> {
	const path = join(folder, 'prices.json');
	writeFileSync(path, typeof models === 'string' ? models : JSON.stringify({ models, ...more }));
	return readPriceFile(path, BUILTIN_MODELS);
}

/** Issues without the folder. */
function problems(models: unknown, more: object = {}): string[] {
	const { issues, prices } = read(models, more);
	expect(prices.size).toBe(0);
	return issues.map(({ path, message }) => `${path.replace(`${folder}/`, '')} ${message}`);
}

describe('a price file', () => {
	it('gives a model rates from one day to the next, by any of its names', () => {
		const later = { ...RATES, from: '2027-01-01', inputUsdPerMTok: 2.5, perUseUsd: { webSearch: 0.01 } };
		const { issues, prices } = read({ 'claude-sonnet-4-5': [{ ...RATES, until: '2027-01-01' }, later] });
		expect(issues).toEqual([]);
		const pricing = prices.get('sonnet');
		if (pricing === undefined) throw new Error('sonnet has prices');
		const usage = { inputTokens: 1_000_000, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
		const cost = (day: string) =>
			priceUsage({ ...usage, outputTokens: 0, reasoningTokens: 0 }, pricing, Date.parse(day)).totalNanoUsd / 1e9;
		expect([cost('2026-12-31T23:59:59Z'), cost('2027-01-01T00:00:00Z')]).toEqual([3, 2.5]);
		expect(pricing.changes?.[0]?.perUse).toEqual({ webSearch: 10_000_000 });
	});

	it('that is not there changes nothing', () => {
		expect(readPriceFile(join(folder, 'none.json'), BUILTIN_MODELS)).toEqual({
			exists: false,
			prices: new Map(),
			issues: [],
		});
	});
});

describe('a price file with a mistake is refused whole, with the place and the reason', () => {
	it('a gap, an overlap and an end after which nothing holds', () => {
		const next = { ...RATES, from: '2027-01-01' };
		expect(problems({ sonnet: [{ ...RATES, until: '2026-12-01' }, next] })).toEqual([
			'prices.json: models.sonnet[0].until leaves a gap: nothing holds from 2026-12-01 to 2027-01-01',
		]);
		expect(problems({ sonnet: [{ ...RATES, until: '2027-02-01' }, next] })).toEqual([
			'prices.json: models.sonnet[1].from overlaps the prices before it: 2027-01-01 comes before 2027-02-01',
		]);
		expect(problems({ sonnet: [next, { ...RATES, from: '2026-06-01' }] })).toEqual([
			'prices.json: models.sonnet[1].from overlaps the prices before it: 2026-06-01 comes before 2027-01-01',
		]);
		expect(problems({ sonnet: [{ ...RATES, until: '2027-01-01' }] })[0]).toContain('leaves no price after it');
		expect(problems({ sonnet: [RATES, RATES] })[0]).toContain('only the first prices may hold since ever');
	});

	it.each([
		[{ inputUsdPerMTok: -1 }, 'models.sonnet[0].inputUsdPerMTok'],
		[{ inputUsdPerMTok: null }, 'models.sonnet[0].inputUsdPerMTok'],
		[{ inputUsdPerMTok: 0.000_000_1 }, 'finer than a micro-dollar'],
		[{ source: '' }, 'models.sonnet[0].source'],
		[{ asOf: 'yesterday' }, 'models.sonnet[0].asOf'],
		[{ inputUsdPerMtok: 3 }, 'Did you mean "inputUsdPerMTok"?'],
		[
			{
				tiers: [
					{ aboveInputTokens: 9, ...RATES, source: undefined, asOf: undefined },
					{ aboveInputTokens: 9, inputUsdPerMTok: 1, outputUsdPerMTok: 1 },
				],
			},
			'rising borders',
		],
	])('%o', (change, told) => {
		expect(problems({ sonnet: [{ ...RATES, ...change }], opus: [RATES] }).join('\n')).toContain(told);
	});

	it('a model nobody knows, two names of one model, and text that is not JSON', () => {
		expect(problems({ sonet: [RATES] })[0]).toContain('Did you mean "sonnet"?');
		expect(problems({ sonnet: [RATES], 'claude-sonnet-4-5': [RATES] })[0]).toContain(
			'means sonnet, which has prices already',
		);
		expect(problems('{ "models": NaN }')[0]).toContain('is not JSON: line 1');
	});
});
