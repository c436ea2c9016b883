import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTable, measureText, quoteArgument, truncateText, wrapText } from './terminal-text.ts';

/** Latin, wide and combining characters, emoji of several code points, and blanks. */
const anyText = fc
	.array(fc.constantFrom('a', 'word', ' ', '修复', '🐛', '👩🏽‍💻', 'e\u0301', '-', '🇩🇪'), { maxLength: 40 })
	.map((parts) => parts.join(''));

it('cells of Chinese text and emoji keep their columns in line', () => {
	const table = formatTable(
		['team', '>cost'],
		[
			['修复登录', '$1.00'],
			['bugs 🐛', '$12.00'],
			['a', '$0.10'],
		],
		80,
	);
	expect(table.split('\n')).toEqual([
		'team        cost',
		'--------  ------',
		'修复登录   $1.00',
		'bugs 🐛   $12.00',
		'a          $0.10',
	]);
});

it('a table that is too wide wraps its words and keeps its numbers whole', () => {
	const table = formatTable(
		['what', 'why', '>cost'],
		[['opus', 'strong at debugging tasks of any size', '$12.3456']],
		32,
	);
	expect(table.split('\n')).toEqual([
		'what  why                   cost',
		'----  ----------------  --------',
		'opus  strong at         $12.3456',
		'      debugging tasks',
		'      of any size',
	]);
});

it('the id in the first column of a narrow table is whole, so that it can be copied', () => {
	const words = 'some words that would like more room than there is';
	const table = formatTable(['Id', 'a', 'b'], [['df5e7fdf1221', words, 'unbreakable-'.repeat(9)]], 40);
	expect(table).toMatch(/^df5e7fdf1221 /m);
	for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
});

it('no line of a table is wider than the terminal, whatever its cells hold', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(anyText, anyText, anyText), { maxLength: 6 }),
			fc.integer({ min: 40, max: 120 }),
			(rows, columns) => {
				for (const line of formatTable(['a', 'b', '>c'], rows, columns).split('\n'))
					expect(measureText(line)).toBeLessThanOrEqual(columns);
			},
		),
		{ numRuns: 300 },
	);
});

it('a text that is cut is no wider than asked and holds no half of a character', () => {
	fc.assert(
		fc.property(anyText, fc.integer({ min: 1, max: 30 }), (text, columns) => {
			const cut = truncateText(text, columns);
			expect(cut.isWellFormed()).toBe(true);
			expect(measureText(cut)).toBeLessThanOrEqual(columns);
			if (measureText(text) <= columns) expect(cut).toBe(text);
		}),
	);
	expect(quoteArgument(`${'x'.repeat(38)}🐛🐛`)).toBe(`"${'x'.repeat(38)}…"`);
});

it('a long line of a list goes on under its own text', () => {
	expect(wrapText('- opus: expected cost is over the limit\n  kept', 24)).toBe(
		'- opus: expected cost is\n  over the limit\n  kept',
	);
});

it('a text that was cut off once is no column too wide when it is cut again', () => {
	expect(truncateText('tag:nightly …   $8.50 of $10.00 90 %, $0.50 held', 40)).toBe(
		'tag:nightly …   $8.50 of $10.00 90 %, $…',
	);
});
