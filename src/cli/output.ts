import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import { InvalidInputError } from '../errors/index.ts';
import { escapeLines, toCsvText } from '../util/index.ts';
import { getColumns, measureText, padText, truncateText, wrapForStream, wrapText } from './terminal-text.ts';

type Style = Parameters<typeof styleText>[0];

const ESCAPE = '\u001b';
/** What `style` writes around a text: nothing else may steer a terminal. */
const STYLE_SEQUENCE = new RegExp(`(${ESCAPE}\\[(?:1|2|22|31|32|33|39)m)`);

/** The text as a terminal may get it: every control character in it is visible, but for line ends, tabs and our own styles. */
function toPlainOutput(text: string, useColor: boolean): string {
	if (!useColor) return escapeLines(text);
	const parts = text.split(STYLE_SEQUENCE);
	return parts.map((part, index) => (index % 2 === 1 ? part : escapeLines(part))).join('');
}

/** Whether a stream shows colours: a terminal does, unless NO_COLOR or TERM=dumb say no; FORCE_COLOR says it of any. */
function canColor(stream: NodeJS.WriteStream): boolean {
	return styleText('bold', 'x', { stream }) !== 'x';
}

/** A line for stderr behind a coloured label, wrapped on a terminal. */
export function labelLine(style: Style, label: string, text: string, useColor: boolean): string {
	const line = wrapForStream(`${label} ${escapeLines(text)}`, process.stderr);
	const shown = useColor ? styleText(style, label, { stream: process.stderr }) : label;
	return `${shown}${line.slice(label.length)}\n`;
}

/** Milliseconds after which a running command shows that it is alive. */
const PROGRESS_AFTER_MS = 1000;

/** Everything the command line says goes through here: results to stdout, the rest to stderr. */
export class Output {
	readonly isJson: boolean;
	readonly #useColor: boolean;
	readonly #isColorWanted: boolean;

	constructor(options: { isJson: boolean; useColor: boolean }) {
		this.isJson = options.isJson;
		this.#isColorWanted = options.useColor;
		this.#useColor = options.useColor && canColor(process.stdout);
	}

	/** A text as standard output may get it: what is not ours steers no terminal. */
	toTerminalText(text: string): string {
		return toPlainOutput(text, this.#useColor);
	}

	/** A line (or lines) of the result. */
	print(text: string): void {
		process.stdout.write(`${this.toTerminalText(text)}\n`);
	}

	/** What a model answered: byte for byte for other programs; a terminal it must not steer. */
	printAnswer(text: string): void {
		if (process.stdout.isTTY === true) this.print(wrapForStream(text, process.stdout));
		else process.stdout.write(`${text}\n`);
	}

	/** The result as JSON; numbers that JSON cannot carry (NaN) become null. */
	json(value: unknown): void {
		process.stdout.write(`${escapeLines(JSON.stringify(value, null, 2))}\n`);
	}

	/** The result: JSON when asked for, else the text. */
	result(value: unknown, text: () => string): void {
		if (this.isJson) this.json(value);
		else this.print(wrapForStream(text(), process.stdout));
	}

	/** Something the person should know beside the result. */
	note(text: string): void {
		process.stderr.write(`${escapeLines(wrapForStream(text, process.stderr))}\n`);
	}

	/** Something that is not as it should be, and stops nothing. */
	warn(text: string): void {
		process.stderr.write(labelLine('yellow', 'Warning:', text, this.#isColorWanted));
	}

	/** What to try next, for a person at a terminal. */
	hint(text: string): void {
		if (this.isJson || process.stdout.isTTY !== true) return;
		process.stderr.write(`\n${this.style('dim', wrapForStream(text, process.stderr))}\n`);
	}

	/** Asks a person at a terminal yes or no; elsewhere, and with JSON, nobody can be asked: yes. */
	async confirm(question: string): Promise<boolean> {
		if (this.isJson || process.stdin.isTTY !== true || process.stdout.isTTY !== true) return true;
		const { createInterface } = await import('node:readline/promises');
		const prompt = createInterface({ input: process.stdin, output: process.stdout });
		try {
			return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
		} finally {
			prompt.close();
		}
	}

	/** A text of the result behind its label; where a terminal is too narrow, it is continued under its own beginning. */
	besideLabel(label: string, text: string): string {
		if (process.stdout.isTTY !== true) return label + text;
		const indent = measureText(label);
		return label + wrapText(text, getColumns() - indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
	}

	/** A heading underlined as the specification's reports are. */
	heading(text: string): string {
		return `${this.style('bold', text)}\n${'='.repeat(measureText(text))}`;
	}

	/** Colours on a terminal, plain text elsewhere. */
	style(style: Style, text: string): string {
		return this.#useColor ? styleText(style, text, { validateStream: false }) : text;
	}

	/** Runs work and, on a terminal, shows that it goes on once it takes over a second. */
	async progress<Result>(label: string, work: () => Promise<Result>): Promise<Result> {
		if (process.stderr.isTTY !== true) return await work();
		const startedAt = Date.now();
		const timer = setInterval(() => {
			process.stderr.write(`\r${label} ${Math.round((Date.now() - startedAt) / 1000)} s `);
		}, PROGRESS_AFTER_MS);
		try {
			return await work();
		} finally {
			clearInterval(timer);
			if (Date.now() - startedAt >= PROGRESS_AFTER_MS) process.stderr.write('\r\u001b[K');
		}
	}
}

/** Decimals of a nano-dollar, the ledger's smallest amount, and the share by which a shown amount may be rounded. */
const NANO_DIGITS = 9;
const MAX_ROUNDING = 0.06;

/**
 * $ with two decimals from a dollar up, four below, as the specification prints costs, and more where the amount would be
 * lost; `unpriced` for NaN.
 */
export function formatUsd(usd: number | null, digits?: number): string {
	if (usd === null || Number.isNaN(usd)) return 'unpriced';
	let shown = digits ?? (usd >= 1 || usd === 0 ? 2 : 4);
	while (shown < NANO_DIGITS && Math.abs(Number(usd.toFixed(shown)) - usd) > MAX_ROUNDING * Math.abs(usd)) shown += 1;
	return `$${usd.toFixed(shown)}`;
}

/** A cell of CSV text. */
export function formatCsvCell(value: unknown): string {
	if (typeof value === 'string') return toCsvText(value);
	return value === null || value === undefined ? '' : String(value);
}

/** Lines under a title with an empty line before it; nothing where there are no lines. */
export function formatSection(title: string, lines: readonly string[]): string[] {
	return lines.length === 0 ? [] : ['', title, ...lines];
}

/** One bar. */
interface Bar {
	label: string;
	value: number;
	/** The value as it is shown. */
	text: string;
}

/** Parts of a full block, from an eighth to seven. */
const EIGHTH_BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_LABEL_COLUMNS = 28;

function drawBar(share: number, width: number, isPlain: boolean): string {
	const eighths = Math.round(Math.max(0, share) * width * 8);
	// what is not nothing is seen
	const drawn = share > 0 ? Math.max(1, eighths) : 0;
	if (isPlain) return '#'.repeat(Math.ceil(drawn / 8));
	return '█'.repeat(Math.floor(drawn / 8)) + (EIGHTH_BLOCKS[drawn % 8] ?? '');
}

/** The width of standard output, and whether it is no terminal. */
const getTerminal = () => ({ width: getColumns(), isPlain: process.stdout.isTTY !== true });

/** Horizontal bars, none of the lines wider than asked; `isPlain` uses `#` for terminals without block characters. */
export function formatBarChart(
	bars: readonly Bar[],
	{ width, isPlain }: { width: number; isPlain: boolean } = getTerminal(),
): string {
	const labels = bars.map(({ label }) => truncateText(label === '' ? '(none)' : label, MAX_LABEL_COLUMNS));
	const labelWidth = Math.max(0, ...labels.map(measureText));
	const textWidth = Math.max(0, ...bars.map(({ text }) => text.length));
	const room = Math.max(1, width - labelWidth - textWidth - 2);
	const largest = Math.max(0, ...bars.map(({ value }) => value));
	return bars
		.map(({ value, text }, index) => {
			const drawn = drawBar(largest === 0 ? 0 : value / largest, room, isPlain);
			return `${padText(labels[index] ?? '', labelWidth)} ${text.padStart(textWidth)} ${drawn}`.trimEnd();
		})
		.join('\n');
}

/** Writes a file whole or not at all; a new one is its owner's alone, one that is there keeps its mode. @throws InvalidInputError that says why it could not. */
export async function writeWholeFile(path: string, text: string, option = '--output'): Promise<void> {
	const { default: writeFileAtomic } = await import('write-file-atomic');
	try {
		await writeFileAtomic(path, text, existsSync(path) ? {} : { mode: 0o600 });
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new InvalidInputError(`Could not write ${path}: ${reason}. Choose another file with ${option}.`, {
			cause: error,
		});
	}
}
