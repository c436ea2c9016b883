import measure from 'fast-string-truncated-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** The width of a stream in columns: 80 where it does not say, and never less than 40. */
export function getColumns(stream: { columns?: number } = process.stdout): number {
	return Math.max(40, stream.columns ?? 80);
}

/** The columns a text takes: two for a wide character (Chinese, emoji), none for colours and combining marks. */
export function measureText(text: string): number {
	return measure(text).width;
}

/** The beginning that fits into the columns, with `…` where something is cut off; no character is cut in two. */
export function truncateText(text: string, columns: number): string {
	const { index, ellipsed } = measure(text, { limit: columns, ellipsis: '…', ellipsisWidth: 1 });
	if (!ellipsed) return text;
	let beginning = text.slice(0, index);
	// behind a character such as `…` the package counts one too few
	while (measureText(beginning) >= columns && beginning !== '') beginning = Array.from(beginning).slice(0, -1).join('');
	return `${beginning}…`;
}

/** A text of the caller in quotes, as an error shows it: short, and no character cut in two. */
export function quoteArgument(text: string, columns = 40): string {
	return `"${truncateText(text, columns)}"`;
}

/** Lines of at most so many columns; a word that is longer than a line is broken. */
function wrapLines(text: string, columns: number): string[] {
	return text
		.split('\n')
		.flatMap((line) => (measureText(line) <= columns ? line : wrapAnsi(line, columns, { hard: true }).split('\n')));
}

/** The text with its long lines wrapped between words, each continued under the beginning of its text. */
export function wrapText(text: string, columns: number): string {
	return text
		.split('\n')
		.map((line) => {
			const marker = /^\s*(?:[-•] |\d+\. )?/.exec(line)?.[0] ?? '';
			const indent = ' '.repeat(marker.length);
			return marker + wrapLines(line.slice(marker.length), columns - marker.length).join(`\n${indent}`);
		})
		.join('\n');
}

/** The text as a stream may get it: long lines are wrapped on a terminal; other programs get them whole. */
export function wrapForStream(text: string, stream: { isTTY?: boolean; columns?: number }): string {
	return stream.isTTY === true ? wrapText(text, getColumns(stream)) : text;
}

/** The text filled up with blanks to so many columns. */
export function padText(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
	const blanks = ' '.repeat(Math.max(0, columns - measureText(text)));
	return side === 'left' ? blanks + text : text + blanks;
}

/** How wide a column of a table would like to be. */
interface Column {
	isNumber: boolean;
	width: number;
	longestWord: number;
}

/** The least a column is narrowed to where its words are broken, and where they are kept whole. */
const MIN_CELL_COLUMNS = 8;
const MAX_WHOLE_WORD_COLUMNS = 36;
const MIN_BROKEN_WORD_COLUMNS = 22;

/** Widths that fit the room. Columns of words give way first, the widest of them before the others, and down to their longest word. */
function fitWidths(columns: readonly Column[], room: number): number[] {
	const fitted = columns.map(({ width }) => width);
	let excess = fitted.reduce((sum, width) => sum + width, 0) - room;
	const floors: Array<(column: Column, index: number) => number> = [
		({ isNumber, width, longestWord }) => (isNumber ? width : Math.min(longestWord, MAX_WHOLE_WORD_COLUMNS)),
		// a word that no line holds is broken in any case: before the words of others are
		({ longestWord }) => (longestWord > MAX_WHOLE_WORD_COLUMNS ? MIN_BROKEN_WORD_COLUMNS : Number.POSITIVE_INFINITY),
		// the first column says what the row is about, often by an id to copy
		({ isNumber, width, longestWord }, index) => {
			if (index === 0) return Math.min(longestWord, MAX_WHOLE_WORD_COLUMNS);
			return isNumber ? width : MIN_CELL_COLUMNS;
		},
		() => MIN_CELL_COLUMNS,
	];
	for (const getFloor of floors) {
		while (excess > 0) {
			const shrinkable = columns.map((column, index) => {
				const width = fitted[index] ?? 0;
				return width > getFloor(column, index) ? width : 0;
			});
			const widest = Math.max(...shrinkable);
			if (widest === 0) break;
			fitted[shrinkable.indexOf(widest)] = widest - 1;
			excess -= 1;
		}
	}
	return fitted;
}

/**
 * Columns aligned by the widest cell, right-aligned where a header starts with `>`. Where the table is wider than `columns`,
 * cells are wrapped; a line break in a cell begins a new line of it.
 */
export function formatTable(
	headers: readonly string[],
	rows: ReadonlyArray<readonly string[]>,
	columns: number = getColumns(),
): string {
	const titles = headers.map((header) => header.replace(/^>/, ''));
	const layout = headers.map((header, column) => {
		const cells = [titles[column] ?? '', ...rows.map((row) => row[column] ?? '')];
		const measureParts = (separator: RegExp) =>
			Math.max(...cells.flatMap((cell) => cell.split(separator)).map(measureText));
		return { isNumber: header.startsWith('>'), width: measureParts(/\n/), longestWord: measureParts(/\s/) };
	});
	const widths = fitWidths(layout, columns - 2 * (headers.length - 1));
	const formatRow = (cells: readonly string[]): string[] => {
		const wrapped = widths.map((width, column) => wrapLines(cells[column] ?? '', width));
		const height = Math.max(...wrapped.map((lines) => lines.length));
		return Array.from({ length: height }, (_, line) =>
			widths
				.map((width, column) =>
					padText(wrapped[column]?.[line] ?? '', width, layout[column]?.isNumber ? 'left' : 'right'),
				)
				.join('  ')
				.trimEnd(),
		);
	};
	return [titles, widths.map((width) => '-'.repeat(width)), ...rows].flatMap(formatRow).join('\n');
}
