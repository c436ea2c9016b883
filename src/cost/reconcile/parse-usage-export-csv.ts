import { CsvError, parse } from 'csv-parse/sync';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, nearestName, toIsoDay } from '../../util/index.ts';
import {
	type ExportRecord,
	findKeys,
	getModel,
	MEANINGS,
	type Meaning,
	parseTime,
	readExportRow,
	toColumnKey,
} from './read-export-row.ts';
import type { UsageExport } from './usage-export.ts';

/** What a CSV file does not say itself. */
export interface CsvExportOptions {
	/** Which column means what, as `date=Day,model=Engine`. @default by their names */
	columns?: string | undefined;
	/** @default by the model ids */
	provider?: string | undefined;
}

/** Parses a CSV export (commas, tabs or semicolons). @throws InvalidInputError with the line of what cannot be read */
export function parseUsageExportCsv(text: string, options: CsvExportOptions): UsageExport {
	const [header, ...lines] = parseCsv(text);
	if (header === undefined) throw new InvalidInputError('The file is empty. Export a range with usage.');
	const columns = findColumns(header.cells, options.columns ?? '');
	const records = lines.map(
		({ cells, line }): ExportRecord => ({
			get: (meaning) => cells[columns.get(meaning) ?? -1],
			where: (meaning) => `Line ${line}, ${meaning}`,
			advice: 'Say the provider (--provider), or which column holds uncached input (--columns uncached=…).',
		}),
	);
	const provider = options.provider ?? detectProvider(records.map(getModel));
	const all = records.map((record) =>
		readExportRow(record, toIsoDay(parseTime(record.get('date'), record.where('date'))), provider),
	);
	const days = all.map(({ day }) => day).sort();
	const [first = '', last = ''] = [days[0], days.at(-1)];
	if (first === '')
		throw new InvalidInputError('The file has a header and no line below it. Export a range with usage.');
	// a day without usage has a line without model and figures
	const rows = all.filter(({ tokens, costNanoUsd }) => tokens !== null || costNanoUsd !== null);
	return { format: 'csv', provider, from: Date.parse(first), to: Date.parse(last) + DAY_MS, rows, isIncomplete: false };
}

const CSV_FAULTS: Readonly<Partial<Record<CsvError['code'], string>>> = {
	CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'something follows a closing quote. Export the file again.',
	CSV_QUOTE_NOT_CLOSED: 'a quoted cell never ends. Export the file again, or close the quote.',
};

/** The lines with something in them, each with its number. @throws InvalidInputError */
function parseCsv(text: string): Array<{ cells: string[]; line: number }> {
	const header = text.slice(0, text.search(/[\r\n]|$/));
	const count = (separator: string) => header.split(separator).length;
	const delimiter = [',', '\t', ';'].reduce((best, next) => (count(next) > count(best) ? next : best));
	const style = { bom: true, delimiter, relax_column_count: true, relax_quotes: true, trim: true };
	try {
		// its types leave out what the option `info` makes of a line: `lines` is how many were read when it ended
		const records = parse(text, { ...style, info: true, skip_empty_lines: true }) as unknown as Array<{
			record: string[];
			info: { lines: number };
		}>;
		return records
			.filter(({ record }) => record.some((cell) => cell !== ''))
			.map(({ record, info }) => ({ cells: record, line: info.lines - record.join('').split('\n').length + 1 }));
	} catch (cause) {
		if (!(cause instanceof CsvError)) throw cause;
		throw new InvalidInputError(`Line ${cause['lines']}: ${CSV_FAULTS[cause.code] ?? cause.message}`, { cause });
	}
}

/** Where each meaning stands: as the option says, else by its name. @throws InvalidInputError when no column has a date, or none tokens or money */
function findColumns(headers: readonly string[], option: string): Map<Meaning, number> {
	const keys = headers.map(toColumnKey);
	const listed = headers.join(', ').slice(0, 400);
	const columns = new Map([...findKeys(keys)].map(([meaning, key]) => [meaning, keys.indexOf(key)]));
	for (const pair of option === '' ? [] : option.split(',')) {
		const [name = '', header = ''] = pair.split('=').map((part) => part.trim());
		const meaning = MEANINGS.find((known) => known === name);
		if (meaning === undefined) {
			const nearest = nearestName(name, MEANINGS);
			throw new InvalidInputError(
				`--columns: "${name.slice(0, 40)}" is no meaning of a column.${nearest === null ? '' : ` Did you mean "${nearest}"?`} Use ${MEANINGS.join(', ')}.`,
			);
		}
		const place = headers.findIndex((known, index) => known === header || keys[index] === toColumnKey(header));
		if (place === -1)
			throw new InvalidInputError(`--columns: the file has no column "${header.slice(0, 60)}". It has ${listed}.`);
		columns.set(meaning, place);
	}
	const hasFigures = (['input', 'uncached', 'output', 'cost', 'cents'] as const).some((name) => columns.has(name));
	const missing = [columns.has('date') ? [] : 'date', hasFigures ? [] : 'input, output or cost'].flat();
	if (missing.length === 0) return columns;
	throw new InvalidInputError(
		`Line 1: no column is known to be ${missing.join(' or ')}. The file has ${listed}. Say which is which: --columns date=…,model=…,cost=…`,
	);
}

const MODEL_PATTERNS = {
	anthropic: /^(?:anthropic[/.])?claude/i,
	openai: /^(?:openai\/)?(?:gpt|o\d|chatgpt|text-embedding|codex|ft:gpt)/i,
	google: /^(?:models\/|google\/)?(?:gemini|gemma)/i,
};

/** Whose models all of these are. */
function detectProvider(models: ReadonlyArray<string | null>): string | null {
	const names = models.filter((name) => name !== null);
	const known = Object.entries(MODEL_PATTERNS).find(([, pattern]) => names.every((name) => pattern.test(name)));
	return names.length === 0 ? null : (known?.[0] ?? null);
}
