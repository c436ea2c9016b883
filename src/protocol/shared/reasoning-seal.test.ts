import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSealed, isSignature, sealMetadata, unsealMetadata } from './reasoning-seal.ts';

describe('signatures travel through a caller who cannot read them', () => {
	it('come out as they went in', () => {
		const signature = fc.string({ unit: 'grapheme', minLength: 1 });
		fc.assert(
			fc.property(signature, signature, (anthropic, google) => {
				const metadata = { anthropic: { signature: anthropic }, google: { thoughtSignature: google } };
				const sealed = sealMetadata(metadata);
				expect(isSealed(sealed) && isSignature(sealed)).toBe(true);
				expect(unsealMetadata(sealed)).toEqual(metadata);
			}),
		);
	});

	it('carry nothing else: a caller cannot set a provider option by writing a seal of his own', () => {
		const forged = { anthropic: { signature: 's', effort: 'max' }, openai: { store: true }, other: { signature: 's' } };
		const sealed = `switchyard.${Buffer.from(JSON.stringify(forged)).toString('base64url')}`;
		expect(unsealMetadata(sealed)).toEqual({ anthropic: { signature: 's' } });
	});

	it('mark what was translated even without a signature, and then bind to no model', () => {
		for (const unsigned of [undefined, { openai: { itemId: 'rs_1' } }, { anthropic: { cacheControl: 'x' } }]) {
			const sealed = sealMetadata(unsigned);
			expect(isSealed(sealed)).toBe(true);
			expect(isSignature(sealed)).toBe(false);
			expect(unsealMetadata(sealed)).toBeNull();
		}
	});

	it.each(['switchyard.%%%', 'switchyard.bm90IGpzb24', 'switchyard.W10', 'gAAAA', '', 7, null])(
		'does not open %j',
		(text) => {
			expect(unsealMetadata(text)).toBeNull();
		},
	);
});
