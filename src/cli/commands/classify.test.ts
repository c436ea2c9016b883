import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../program.ts';
import { measureText } from '../terminal-text.ts';

afterEach(() => vi.restoreAllMocks());

/** What the command writes where the terminal has 80 columns. */
async function classify(...args: string[]): Promise<string> {
	const written: string[] = [];
	vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
		written.push(String(text));
		return true;
	});
	await createProgram('0.0.0').parseAsync(['node', 'switchyard', 'classify', ...args]);
	return stripVTControlCharacters(written.join(''));
}

describe('who asks what kind of task it is sees how far to trust the answer', () => {
	it.each([[[]], [['--explain']]])(
		'%j: the confidence, whether it is a guess, and which classifier answered',
		async (flags) => {
			const sure = await classify(...flags, 'Write unit tests for the parser');
			expect(sure).toMatch(/^Type: testing$/m);
			expect(sure).toMatch(/^Confidence: 9\d\.\d% of the type$/m);
			expect(sure).toMatch(/^Classifier: types@\S+\+lexicon@\S+$/m);
			const guess = await classify(...flags, 'hm, the blue thing over there');
			expect(guess).toMatch(/^Confidence: [123]\d\.\d% of the type, a guess$/m);
			for (const text of [sure, guess])
				for (const line of text.split('\n')) expect(measureText(line), line).toBeLessThanOrEqual(80);
		},
	);
});
