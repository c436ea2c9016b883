import { InvalidInputError } from '../errors/index.ts';

/** A line of a CSV file and the number it has there, from 1. */
export interface CsvLine {
	line: number;
	cells: string[];
}

/** What separates the cells: whichever of comma, tab and semicolon the header has most of. */
function separatorOf(text: string): string {
	const header = text.slice(0, text.search(/[\r\n]|$/));
	const counts = [',', '\t', ';'].map((separator) => ({ separator, count: header.split(separator).length }));
	return counts.reduce((best, next) => (next.count > best.count ? next : best)).separator;
}

/** A quoted cell: its text, and where it ends. */
function quotedCell(text: string, start: number): { cell: string; end: number } {
	let at = start + 1;
	for (;;) {
		const quote = text.indexOf('"', at);
		if (quote === -1) {
			const line = text.slice(0, start).split('\n').length;
			throw new InvalidInputError(`Line ${line}: a quoted cell never ends. Export the file again, or close the quote.`);
		}
		if (text[quote + 1] !== '"') return { cell: text.slice(start + 1, quote).replaceAll('""', '"'), end: quote + 1 };
		at = quote + 2;
	}
}

/** Where a plain cell ends. */
function plainEnd(text: string, start: number, separator: string): number {
	let at = start;
	while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1;
	return at;
}

/** The lines of a CSV text (RFC 4180; commas, tabs or semicolons), without empty ones. @throws InvalidInputError */
export function splitCsv(given: string): CsvLine[] {
	const text = given.replace(/^\uFEFF/, '');
	const separator = separatorOf(text);
	const lines: CsvLine[] = [];
	let cells: string[] = [];
	let line = 1;
	let at = 0;
	const endLine = (): void => {
		if (cells.some((cell) => cell !== '')) lines.push({ line, cells });
		cells = [];
	};
	while (at < text.length) {
		const isQuoted = text[at] === '"';
		const { cell, end } = isQuoted ? quotedCell(text, at) : plainCell(text, at, separator);
		cells.push(cell);
		at = end;
		if (text[at] === separator) {
			at += 1;
			if (at === text.length) cells.push('');
			continue;
		}
		if (at < text.length && text[at] !== '\n' && text[at] !== '\r')
			throw new InvalidInputError(`Line ${line}: something follows a closing quote. Export the file again.`);
		endLine();
		line += cell.split('\n').length;
		at += text.startsWith('\r\n', at) ? 2 : 1;
	}
	endLine();
	return lines;
}

function plainCell(text: string, start: number, separator: string): { cell: string; end: number } {
	const end = plainEnd(text, start, separator);
	return { cell: text.slice(start, end).trim(), end };
}
