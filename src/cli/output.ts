import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Milliseconds after which a running command shows that it is alive. */
const PROGRESS_AFTER_MS = 1000;

/** Everything the command line says goes through here: results to stdout, the rest to stderr. */
export class Output {
	readonly isJson: boolean;
	readonly #useColor: boolean;

	constructor(options: { isJson: boolean; useColor: boolean }) {
		this.isJson = options.isJson;
		this.#useColor = options.useColor && process.stdout.isTTY === true;
	}

	/** A line (or lines) of the result. */
	print(text: string): void {
		process.stdout.write(`${text}\n`);
	}

	/** The result as JSON; numbers that JSON cannot carry (NaN) become null. */
	json(value: unknown): void {
		process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
	}

	/** The result: JSON when asked for, else the text. */
	result(value: unknown, text: () => string): void {
		if (this.isJson) this.json(value);
		else this.print(text());
	}

	/** Something the person should know beside the result. */
	note(text: string): void {
		process.stderr.write(`${text}\n`);
	}

	/** A heading underlined as the specification's reports are. */
	heading(text: string): string {
		return `${this.style('bold', text)}\n${'='.repeat(text.length)}`;
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

/** $ with two decimals from a dollar up, four below, as the specification prints costs; `unpriced` for NaN. */
export function formatUsd(usd: number | null, digits?: number): string {
	if (usd === null || Number.isNaN(usd)) return 'unpriced';
	return `$${usd.toFixed(digits ?? (usd >= 1 || usd === 0 ? 2 : 4))}`;
}

/** Columns aligned by the widest cell; right-aligned where a header starts with `>`. */
export function formatTable(headers: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
	const titles = headers.map((header) => header.replace(/^>/, ''));
	const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, column) =>
				headers[column]?.startsWith('>') ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
			)
			.join('  ')
			.trimEnd();
	return [
		line(titles),
		widths
			.map((width) => '-'.repeat(width))
			.join('  ')
			.trimEnd(),
		...rows.map(line),
	].join('\n');
}
