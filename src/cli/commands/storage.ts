import { join, parse, resolve } from 'node:path';
import type { Command } from 'commander';
import { nanoToUsd } from '../../contracts/index.ts';
import { type GlobalOptions, parseDay } from '../options.ts';
import { formatUsd } from '../output.ts';
import { projectAction } from '../project-action.ts';

interface ArchiveFlags extends GlobalOptions {
	before: string;
	to?: string;
}

/** `routing-archive.db` beside `routing.db`. */
function createArchivePath(database: string): string {
	const { dir, ext, name } = parse(database);
	return join(dir, `${name}-archive${ext}`);
}

/** `switchyard storage` */
export function storageCommand(program: Command): void {
	const storage = program.command('storage').description('look after the database');
	storage
		.command('archive')
		.description('move old charges into an archive file; every sum stays')
		.requiredOption('--before <day>', 'move charges from before this day, as YYYY-MM-DD', parseDay)
		.option('--to <file>', 'the archive file; routing-archive.db beside the database when not given')
		.addHelpText(
			'after',
			`
The archive is a routing database of its own, and grows with each run:
  ROUTING_DATABASE=routing-archive.db switchyard export

Example:
  switchyard storage archive --before 2026-10-01`,
		)
		.action(
			projectAction<ArchiveFlags, []>(async ({ output, system }, { before, to }) => {
				const { location } = await system.storageStatus();
				const path = to === undefined ? createArchivePath(location) : resolve(to);
				const archive = await output.progress('Archiving', () => system.archiveLedger(before, path));
				const costUsd = nanoToUsd(archive.costNanoUsd);
				output.result({ path: archive.path, rows: archive.rows, costUsd }, () =>
					archive.rows === 0
						? `The ledger holds no charges from before ${before}.`
						: `${archive.rows} charges from before ${before} (${formatUsd(costUsd, 6)}) are in ${archive.path} now. Reports and budgets count them as before.`,
				);
			}),
		);
}
