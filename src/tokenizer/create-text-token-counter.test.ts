import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import { createTextTokenCounter } from './create-text-token-counter.ts';

const options = { disallowedSpecial: new Set<string>() };
const english = 'The quick brown fox jumps over the lazy dog. ';

it('a text is counted as its tokenizer counts it, control tokens as the text they are', async () => {
	const count = createTextTokenCounter();
	for (const text of ['', 'hello', english, '<|endoftext|> <|im_start|>', '字'.repeat(50), '\u0000\u0007']) {
		expect((await count([text])).tokens).toBe(countTokens(text, options));
	}
});

it('a count does not depend on what was counted before, nor with which other texts', async () => {
	const used = createTextTokenCounter();
	const text = fc.tuple(fc.constantFrom('a', 'é', '字', english, '\n'), fc.nat(40)).map(([part, n]) => part.repeat(n));
	await fc.assert(
		fc.asyncProperty(fc.array(text, { maxLength: 30 }), async (texts) => {
			const together = await used(texts);
			const fresh = createTextTokenCounter();
			const alone = await Promise.all(texts.map(async (one) => await fresh([one])));
			for (const name of ['tokens', 'asciiTokens', 'asciiCharacters', 'otherBytes'] as const)
				expect(together[name]).toBe(alone.reduce((sum, one) => sum + one[name], 0));
		}),
		{ numRuns: 40 },
	);
});

it('a long text is never counted at less than it takes, though it is counted in slices', async () => {
	const count = createTextTokenCounter();
	for (const text of [english.repeat(2000), 'const a = 1;\n'.repeat(3000), '字句'.repeat(9000), 'ab'.repeat(5000)]) {
		const { tokens } = await count([text]);
		const whole = text.includes(' ') ? countTokens(text) : 0;
		expect(tokens).toBeGreaterThanOrEqual(whole);
		if (whole > 0) expect(tokens).toBeLessThan(whole * 1.02);
	}
});

it('others get their turn while a long text is counted', async () => {
	const count = createTextTokenCounter();
	await count(['loads the tokenizer']);
	let turns = 0;
	let isOver = false;
	const take = () => {
		turns += 1;
		if (!isOver) setImmediate(take);
	};
	setImmediate(take);
	await count([english.repeat(4500)]);
	isOver = true;
	// 200 KB in slices of 8 KB
	expect(turns).toBeGreaterThan(15);
});

it('a run without white space takes time by its length, not by its square', async () => {
	const count = createTextTokenCounter();
	// as one run these take minutes
	const texts = ['a', '=', ' ', '\n', '字'].map((character) => character.repeat(100_000));
	expect((await count(texts)).tokens).toBeGreaterThan(10_000);
}, 20_000);

it('characters beyond ASCII are counted by their bytes beside the ASCII', async () => {
	const { asciiCharacters, asciiTokens, otherBytes } = await createTextTokenCounter()(['hello 字 world é']);
	expect(otherBytes).toBe(5);
	expect(asciiCharacters).toBe('hello   world  '.length);
	expect(asciiTokens).toBe(countTokens('hello   world  '));
});
