import type { Command } from 'commander';
import { type CostEntry, nanoToUsd } from '../../contracts/index.ts';
import type { ExportedData } from '../../system/index.ts';
import { escapeLines } from '../../util/index.ts';
import { addPeriodOptions, type GlobalOptions, type PeriodFlags, parseChoice } from '../options.ts';
import { formatCsvCell, writeWholeFile } from '../output.ts';
import { projectAction } from '../project-action.ts';

const FORMATS = ['json', 'csv', 'jsonl'] as const;

interface ExportFlags extends GlobalOptions, PeriodFlags {
	format: (typeof FORMATS)[number];
	output?: string;
}

/** `switchyard export` */
export function exportCommand(program: Command): void {
	const command = program
		.command('export')
		.description('export what is remembered: decisions and outcomes (json, jsonl), costs (csv)')
		.option('--format <format>', `one of ${FORMATS.join(', ')}`, parseChoice(FORMATS), 'json');
	addPeriodOptions(command, 'everything')
		.option('--output <file>', 'write to this file instead of standard output')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard export --format json --output routing-data.json\n  switchyard export --format csv --period month --output costs.csv',
		)
		.action(
			projectAction(async ({ system, output, loaded }, flags: ExportFlags) => {
				const { resolveReportPeriod } = await import('../report-period.ts');
				const { timezone } = loaded.config.budget;
				const { start, end } = resolveReportPeriod({ ...flags, period: flags.period ?? 'all' }, timezone, Date.now());
				const range = { from: start.getTime(), to: end.getTime() };
				const data = await output.progress('Reading', () => system.exportData(range));
				const text = formatExport(data, flags.format);
				if (flags.output === undefined) return output.print(text.trimEnd());
				await writeWholeFile(flags.output, text);
				const decisions = flags.format === 'csv' ? '' : `${data.decisions.length} decisions and `;
				output.note(
					`Exported ${decisions}${data.costs.length} cost ${data.costs.length === 1 ? 'row' : 'rows'} to ${flags.output}`,
				);
			}),
		);
}

const toUsd = (nano: number | null): number | null => (nano === null ? null : nanoToUsd(nano));

const toIso = (at: number): string => new Date(at).toISOString();

const COST_COLUMNS: ReadonlyArray<[string, (entry: CostEntry) => unknown]> = [
	['id', (entry) => entry.id],
	['created_at', (entry) => toIso(entry.at)],
	['decision_id', (entry) => entry.decisionId],
	['attempt', (entry) => entry.attempt],
	['model', (entry) => entry.model],
	['task_type', (entry) => entry.taskType],
	['cost_usd', (entry) => toUsd(entry.costNanoUsd)],
	['input_tokens', (entry) => entry.usage.inputTokens],
	['cache_read_tokens', (entry) => entry.usage.cacheReadTokens],
	['cache_write_5m_tokens', (entry) => entry.usage.cacheWrite5mTokens],
	['cache_write_1h_tokens', (entry) => entry.usage.cacheWrite1hTokens],
	['output_tokens', (entry) => entry.usage.outputTokens],
	['reasoning_tokens', (entry) => entry.usage.reasoningTokens],
	['estimated', (entry) => entry.usage.isEstimated === true],
];

function toReadable(data: ExportedData): Record<string, ReadonlyArray<Record<string, unknown>>> {
	const withDate = <Row extends { at: number }>({ at, ...row }: Row) => ({ ...row, createdAt: toIso(at) });
	return {
		decisions: data.decisions.map((row) => ({ ...withDate(row), estimatedCostUsd: toUsd(row.estimatedCostNanoUsd) })),
		outcomes: data.outcomes.map((row) => ({ ...withDate(row), actualCostUsd: toUsd(row.actualCostNanoUsd) })),
		costs: data.costs.map((row) => ({ ...withDate(row), costUsd: toUsd(row.costNanoUsd) })),
		fallbackEvents: data.fallbackEvents.map(withDate),
		rateLimits: data.rateLimits.map(withDate),
		attempts: data.attempts.map((row) => ({ ...withDate(row), costUsd: toUsd(row.costNanoUsd) })),
	};
}

/** What is remembered as a file: `json` one object, `jsonl` one row a line, `csv` the cost rows (RFC 4180). */
function formatExport(data: ExportedData, format: 'json' | 'csv' | 'jsonl'): string {
	if (format === 'json') return `${escapeLines(JSON.stringify(toReadable(data), null, 2))}\n`;
	if (format === 'csv') {
		const rows = data.costs.map((entry) => COST_COLUMNS.map(([, read]) => formatCsvCell(read(entry))).join(','));
		return `${[COST_COLUMNS.map(([name]) => name).join(','), ...rows].join('\r\n')}\r\n`;
	}
	const lines = Object.entries(toReadable(data)).flatMap(([kind, rows]) =>
		rows.map((row) => escapeLines(JSON.stringify({ kind, ...row }))),
	);
	return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
