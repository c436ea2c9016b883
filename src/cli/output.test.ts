import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { formatBarChart, formatUsd, Output } from './output.ts';
import { createProgram } from './program.ts';
import { reportError } from './run-command-line.ts';

afterEach(() => vi.restoreAllMocks());

/** What is written to a stream while it is a terminal of 40 columns. */
function writeToTerminal(name: 'stdout' | 'stderr', work: () => void): string {
	const stream = process[name];
	const { columns, isTTY } = stream;
	const written: string[] = [];
	vi.spyOn(stream, 'write').mockImplementation((text) => {
		written.push(String(text));
		return true;
	});
	try {
		Object.assign(stream, { columns: 40, isTTY: true });
		work();
	} finally {
		Object.assign(stream, { columns, isTTY });
	}
	return written.join('');
}

it('an error and wrong usage are wrapped between words on a terminal', () => {
	const error = new Error('No decision "x" is remembered here. "switchyard export" lists them.');
	const said = writeToTerminal('stderr', () => reportError(error, { isJson: false, isDebug: false }));
	expect(stripVTControlCharacters(said)).toBe(
		'Error: No decision "x" is remembered\nhere. "switchyard export" lists them.\n',
	);
	const usage = writeToTerminal('stderr', () => {
		expect(() => createProgram('0.0.0').parse(['node', 'switchyard', 'budget', '--set-daily', 'x'])).toThrow();
	});
	expect(usage.replaceAll('\n', ' ')).toContain('"x" is not an amount');
	for (const line of usage.split('\n').filter((one) => !one.startsWith('(add --help')))
		expect(line.length).toBeLessThanOrEqual(40);
});

it('what a check found is continued beside its label on a narrow terminal', () => {
	const output = new Output({ isJson: false, useColor: false });
	const text = () => output.besideLabel('database  ok  ', 'sqlite, in a folder of this project');
	const shown = writeToTerminal('stdout', () => output.result({}, text));
	expect(shown).toBe('database  ok  sqlite, in a folder of\n              this project\n');
});

it('bars are as long as their share, and what is not nothing is seen', () => {
	const bars = [
		{ label: 'opus', value: 8, text: '$8.00' },
		{ label: 'haiku', value: 2, text: '$2.00' },
		{ label: '', value: 0.001, text: '$0.00' },
		{ label: 'free', value: 0, text: '$0.00' },
	];
	expect(formatBarChart(bars, { width: 21, isPlain: false })).toBe(
		['opus   $8.00 ████████', 'haiku  $2.00 ██', '(none) $0.00 ▏', 'free   $0.00'].join('\n'),
	);
	expect(formatBarChart(bars, { width: 21, isPlain: true }).split('\n')[0]).toBe('opus   $8.00 ########');
});

it('an amount that was spent is never shown as nothing', () => {
	const shown = [0, 0.0008, 0.000_376, 0.000_000_004, 1.005, 12.5, Number.NaN].map((usd) => formatUsd(usd));
	expect(shown).toEqual(['$0.00', '$0.0008', '$0.00038', '$0.000000004', '$1.00', '$12.50', 'unpriced']);
	expect(formatUsd(0.004, 2)).toBe('$0.004');
});

it('no line is wider than asked, where label and number leave any room', () => {
	const bar = fc.record({
		label: fc.string({ maxLength: 40 }),
		value: fc.double({ min: -5, max: 1e6, noNaN: true }),
		text: fc.constant('$1.00'),
	});
	fc.assert(
		fc.property(fc.array(bar, { maxLength: 8 }), fc.integer({ min: 45, max: 200 }), (bars, width) => {
			for (const line of formatBarChart(bars, { width, isPlain: false }).split('\n'))
				expect(line.length).toBeLessThanOrEqual(width);
		}),
		{ numRuns: 200 },
	);
});
