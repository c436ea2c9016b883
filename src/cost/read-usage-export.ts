import { InvalidInputError } from '../errors/index.ts';
import { type CsvExportOptions, readUsageExportCsv } from './read-usage-export-csv.ts';
import { readUsageExportJson } from './read-usage-export-json.ts';
import type { UsageExport } from './read-usage-export-row.ts';

function parseJson(text: string): unknown {
	try {
		const document: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
		return document;
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new InvalidInputError(`The file begins like JSON and is none: ${reason}. Export it again.`, { cause });
	}
}

/**
 * Reads a provider's usage or cost export, JSON or CSV; every figure is checked before anything is done with it.
 * @throws InvalidInputError with the line or path of what cannot be read
 */
export function readUsageExport(text: string, options: CsvExportOptions = {}): UsageExport {
	const isJson = /^\uFEFF?\s*[[{]/.test(text);
	const read = isJson ? readUsageExportJson(parseJson(text)) : readUsageExportCsv(text, options);
	const provider = options.provider ?? read.provider;
	if (options.provider !== undefined && read.provider !== null && read.provider !== options.provider) {
		throw new InvalidInputError(
			`The file is ${read.provider}'s (${read.format}), and --provider says ${options.provider}. Give one of the two.`,
		);
	}
	return { ...read, provider };
}
