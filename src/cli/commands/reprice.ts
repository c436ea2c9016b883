import type { Command } from 'commander';
import type { RepricedModel } from '../../catalog/index.ts';
import { nanoToUsd } from '../../contracts/index.ts';
import { DAY_MS, sum } from '../../util/index.ts';
import { type GlobalOptions, parseDay } from '../options.ts';
import { formatUsd } from '../output.ts';
import { projectAction } from '../project-action.ts';
import { formatTable } from '../terminal-text.ts';

interface RepriceFlags extends GlobalOptions {
	book?: string;
	from?: string;
	to?: string;
}

function formatRepriced(models: readonly RepricedModel[], version: string): string {
	if (models.length === 0) return 'The ledger has no rows in this time.';
	const format = (nano: number): string => formatUsd(nanoToUsd(nano), 6);
	const formatSigned = (nano: number): string => `${nano < 0 ? '-' : '+'}$${nanoToUsd(Math.abs(nano)).toFixed(6)}`;
	const formatNote = ({ unpricedRows, newlyPricedNanoUsd }: RepricedModel): string => {
		if (unpricedRows === 0) return '';
		const now = newlyPricedNanoUsd === 0 ? '' : `, ${format(newlyPricedNanoUsd)} by the book`;
		return `${unpricedRows} unpriced${now}, in no sum`;
	};
	const formatRow = (row: Omit<RepricedModel, 'unpricedRows' | 'newlyPricedNanoUsd'>): string[] => [
		row.model,
		String(row.rows),
		format(row.recordedNanoUsd),
		format(row.repricedNanoUsd),
		formatSigned(row.repricedNanoUsd - row.recordedNanoUsd),
		String(row.changedRows),
	];
	const total = {
		model: 'total',
		rows: sum(models.map((row) => row.rows)),
		recordedNanoUsd: sum(models.map((row) => row.recordedNanoUsd)),
		repricedNanoUsd: sum(models.map((row) => row.repricedNanoUsd)),
		changedRows: sum(models.map((row) => row.changedRows)),
	};
	const headers = ['model', '>rows', '>recorded', '>by the book', '>difference', '>rows changed', ''];
	const rows = [...models.map((row) => [...formatRow(row), formatNote(row)]), [...formatRow(total), '']];
	return `${formatTable(headers, rows)}\n\nPrice book ${version}. The ledger was not changed.`;
}

/** `switchyard reprice` */
export function repriceCommand(program: Command): void {
	program
		.command('reprice')
		.description('recompute past costs under a price book and show the difference; changes nothing')
		.option('--book <file>', "price file over the built-in prices (default: the project's prices)")
		.option('--from <day>', 'first day, YYYY-MM-DD, UTC', parseDay)
		.option('--to <day>', 'last day, YYYY-MM-DD, UTC', parseDay)
		.action(
			projectAction(async ({ system, loaded, output }, flags: RepriceFlags) => {
				const { assertDayOrder } = await import('../report-period.ts');
				assertDayOrder(flags.from, flags.to, ['--from', '--to']);
				const { readPriceBook, withBuiltinPrices } = await import('../price-files.ts');
				const { createPriceBook, repriceEntries } = await import('../../catalog/index.ts');
				const { models } = loaded.config;
				const book =
					flags.book === undefined ? createPriceBook(models) : readPriceBook(flags.book, withBuiltinPrices(models));
				const range = {
					from: flags.from === undefined ? 0 : Date.parse(flags.from),
					to: flags.to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(flags.to) + DAY_MS,
				};
				const repriced = await output.progress('Reading', async () => {
					const storage = await system.flush();
					return repriceEntries(await storage.ledger.entries(range, Number.MAX_SAFE_INTEGER), book);
				});
				output.result({ version: book.version, models: repriced }, () => formatRepriced(repriced, book.version));
			}),
		);
}
