import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pricesBySource } from '../../scripts/generate-prices.ts';
import { GENERATED_PRICES } from '../../src/catalog/generated-prices.ts';

it('has the prices of the installed price list: a stale price is a wrong bill', () => {
	expect(GENERATED_PRICES).toEqual(pricesBySource());
	expect(readFileSync(new URL('../../src/catalog/generated-prices.ts', import.meta.url), 'utf8')).toContain(
		'Do not edit',
	);
});
