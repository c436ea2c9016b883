import type { Command } from 'commander';
import { type GlobalOptions, parseChoice, parseDay } from '../options.ts';
import { PERIOD_NAMES, type PeriodName } from '../period-names.ts';

const FORMATS = ['json', 'csv', 'jsonl'] as const;

interface ExportFlags extends GlobalOptions {
	format: (typeof FORMATS)[number];
	period?: PeriodName;
	start?: string;
	end?: string;
	output?: string;
}

/** `switchyard export` */
export function registerExport(program: Command): void {
	program
		.command('export')
		.description('export what is remembered: decisions and outcomes (json, jsonl), costs (csv)')
		.option('--format <format>', `one of ${FORMATS.join(', ')}`, parseChoice(FORMATS), 'json')
		.option(
			'--period <period>',
			`one of ${PERIOD_NAMES.join(', ')}; everything when not given`,
			parseChoice(PERIOD_NAMES),
		)
		.option('--start <day>', 'first day, as YYYY-MM-DD', parseDay)
		.option('--end <day>', 'last day, as YYYY-MM-DD', parseDay)
		.option('--output <file>', 'write to this file instead of standard output')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard export --format json --output routing-data.json\n  switchyard export --format csv --period month --output costs.csv',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<ExportFlags>();
			const { inProject } = await import('../session.ts');
			const { reportPeriod } = await import('../report-period.ts');
			const { formatExport } = await import('../format-export.ts');
			const { writeWholeFile } = await import('../write-whole-file.ts');
			await inProject(flags, async ({ system, output, loaded }) => {
				const flagsWithPeriod = { ...flags, period: flags.period ?? 'all' };
				const { start, end } = reportPeriod(flagsWithPeriod, loaded.config.budget.timezone, Date.now());
				const range = { from: start.getTime(), to: end.getTime() };
				const data = await output.progress('Reading', () => system.exportData(range));
				const text = formatExport(data, flags.format);
				if (flags.output === undefined) return output.print(text.trimEnd());
				writeWholeFile(flags.output, text);
				output.note(
					`Exported ${data.decisions.length} decisions and ${data.costs.length} cost rows to ${flags.output}`,
				);
			});
		});
}
