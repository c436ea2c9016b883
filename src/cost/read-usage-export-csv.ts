import { InvalidInputError } from '../errors/index.ts';
import { type CsvLine, splitCsv } from './read-usage-export-cells.ts';
import { type ColumnMeaning, type ColumnPlaces, findColumns } from './read-usage-export-columns.ts';
import {
	type CountedTokens,
	precisionOf,
	readCount,
	readMoney,
	readTime,
	type UsageExport,
	type UsageExportRow,
	utcDay,
} from './read-usage-export-row.ts';

const DAY_MS = 86_400_000;

/** What a CSV file cannot say itself. */
export interface CsvExportOptions {
	/** Which column means what, as `date=Day,model=Engine`. @default by their names */
	columns?: string | undefined;
	/** @default by the model ids */
	provider?: string | undefined;
}

/** One line, read by the meaning of its cells. */
class LineReader {
	readonly #line: CsvLine;
	readonly #places: ColumnPlaces;

	constructor(line: CsvLine, places: ColumnPlaces) {
		this.#line = line;
		this.#places = places;
	}

	text(meaning: ColumnMeaning): string | null {
		const place = this.#places.get(meaning);
		const cell = place === undefined ? undefined : this.#line.cells[place];
		return cell === undefined || cell === '' ? null : cell;
	}

	where(meaning: ColumnMeaning): string {
		return `Line ${this.#line.line}, ${meaning}`;
	}

	/** A number as a spreadsheet writes it: `$1,234.50`. */
	#number(meaning: ColumnMeaning): string | null {
		const cell = this.text(meaning)?.replace(/^\$/, '') ?? null;
		return cell !== null && /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(cell) ? cell.replaceAll(',', '') : cell;
	}

	count(meaning: ColumnMeaning): number | null {
		const cell = this.#number(meaning);
		return cell === null ? null : readCount(cell, this.where(meaning));
	}

	day(): string {
		return utcDay(readTime(this.text('date'), this.where('date')));
	}

	/** Half of the last decimal that the line's amount shows. */
	precision(): number {
		return precisionOf(this.#number('cost') ?? '.000000000');
	}

	money(): number | null {
		const currency = this.text('currency');
		if (currency !== null && currency.toLowerCase() !== 'usd')
			throw new InvalidInputError(`${this.where('currency')} is "${currency.slice(0, 20)}". Only USD can be compared.`);
		const usd = this.#number('cost');
		if (usd !== null) return readMoney(usd, 'usd', this.where('cost'));
		const cents = this.#number('cents');
		return cents === null ? null : readMoney(cents, 'cents', this.where('cents'));
	}
}

/** Input without its cached part. Where only the whole is given, Anthropic leaves cached tokens out of it and the others do not. */
function uncachedInput(line: LineReader, cached: number, provider: string | null): number {
	const uncached = line.count('uncached');
	if (uncached !== null) return uncached;
	const whole = line.count('input') ?? 0;
	if (provider === 'anthropic') return whole;
	if (whole >= cached) return whole - cached;
	throw new InvalidInputError(
		`${line.where('input')} is ${whole}, less than the ${cached} cached tokens that it should hold. Say the provider (--provider), or which column holds uncached input (--columns uncached=…).`,
	);
}

function tokensOf(line: LineReader, provider: string | null): CountedTokens | null {
	const meanings = ['input', 'uncached', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;
	if (meanings.every((meaning) => line.text(meaning) === null)) return null;
	const cacheRead = line.count('cacheRead') ?? 0;
	const cacheWrite5m = line.count('cacheWrite5m') ?? 0;
	const cacheWrite1h = line.count('cacheWrite1h') ?? 0;
	const cached = cacheRead + cacheWrite5m + cacheWrite1h;
	// Gemini's candidates leave thoughts out
	const reasoning = provider === 'google' ? (line.count('reasoning') ?? 0) : 0;
	const input = uncachedInput(line, cached, provider);
	return { input, cacheRead, cacheWrite5m, cacheWrite1h, output: (line.count('output') ?? 0) + reasoning };
}

function modelOf(line: LineReader): string | null {
	return line.text('model') ?? line.text('lineItem')?.split(',')[0]?.trim() ?? null;
}

function tierOf(line: LineReader): string | null {
	return /^(true|1|yes)$/i.test(line.text('batch') ?? '') ? 'batch' : line.text('tier');
}

function providerOf(models: ReadonlyArray<string | null>): string | null {
	const names = models.filter((name) => name !== null).map((name) => name.toLowerCase());
	const is = (pattern: RegExp) => names.length > 0 && names.every((name) => pattern.test(name));
	if (is(/^(?:anthropic[/.])?claude/)) return 'anthropic';
	if (is(/^(?:openai\/)?(?:gpt|o\d|chatgpt|text-embedding|codex|ft:gpt)/)) return 'openai';
	return is(/^(?:models\/|google\/)?(?:gemini|gemma)/) ? 'google' : null;
}

/** Reads a CSV export. @throws InvalidInputError with the line of what cannot be read */
export function readUsageExportCsv(text: string, options: CsvExportOptions = {}): UsageExport {
	const [header, ...lines] = splitCsv(text);
	if (header === undefined) throw new InvalidInputError('The file is empty. Export a range with usage.');
	const places = findColumns(header.cells, options.columns);
	const readers = lines.map((line) => new LineReader(line, places));
	const provider = options.provider ?? providerOf(readers.map(modelOf));
	const rows = readers.map((line): UsageExportRow => {
		const tokens = tokensOf(line, provider);
		const costNanoUsd = line.money();
		const requests = line.count('requests');
		const precisionNanoUsd = costNanoUsd === null ? 0 : line.precision();
		const names = { day: line.day(), model: modelOf(line), serviceTier: tierOf(line) };
		return { ...names, requests, tokens, costNanoUsd, precisionNanoUsd };
	});
	const days = rows.map(({ day }) => Date.parse(`${day}T00:00:00Z`));
	if (days.length === 0)
		throw new InvalidInputError('The file has a header and no line below it. Export a range with usage.');
	const from = days.reduce((least, day) => Math.min(least, day));
	const to = days.reduce((most, day) => Math.max(most, day)) + DAY_MS;
	// a day without usage has a line without model and figures
	const filled = rows.filter(({ tokens, costNanoUsd }) => tokens !== null || costNanoUsd !== null);
	return { format: 'csv', provider, from, to, rows: filled, isIncomplete: false };
}
