import type { Command } from 'commander';
import { DEFAULT_FORECAST_DAYS, type SpendForecast } from '../../contracts/index.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import { formatBarChart, formatUsd, type Output } from '../output.ts';
import { projectAction } from '../project-action.ts';
import { formatTable } from '../terminal-text.ts';

interface ForecastFlags extends GlobalOptions {
	days?: number;
}

const METHODS = {
	weekday: 'level and weekday',
	'mean-of-week': 'mean of the last 7 days',
	'last-week': 'the same weekday a week ago',
} as const;

function percent(part: number): string {
	return Number.isNaN(part) ? '-' : `${(part * 100).toFixed(1)}%`;
}

function monthLines({ month, limitReached }: SpendForecast): string[] {
	if (month === null || limitReached === null) return [];
	const range = `${formatUsd(month.low)} to ${formatUsd(month.high)}`;
	const { expected, earliest, latest } = limitReached;
	const reached =
		earliest === null
			? 'is not reached this month'
			: `is reached on ${expected ?? 'no day of this month'} (${earliest} at the earliest, ${latest ?? 'not this month'} at the latest)`;
	return [
		`This month: ${formatUsd(month.spent)} spent, ${formatUsd(month.expected)} expected by its end (${range})`,
		`The monthly limit of ${formatUsd(month.limit)} ${reached}`,
	];
}

function forecastText(forecast: SpendForecast, output: Output): string {
	const { missing, total, days, backtest, historyDays } = forecast;
	if (missing !== null || total === null) return missing ?? 'There is no forecast.';
	const bars = days.map(({ date, expected }) => ({ label: date, value: expected, text: formatUsd(expected) }));
	const tests = backtest.map(({ method, samples, weekError, coverage }) => [
		METHODS[method],
		String(samples),
		percent(weekError),
		percent(coverage),
	]);
	return [
		output.heading(`Forecast (${days.length} days)`),
		'',
		formatBarChart(bars),
		'',
		`Total: ${formatUsd(total.expected)}, with 80 % between ${formatUsd(total.low)} and ${formatUsd(total.high)}`,
		...monthLines(forecast),
		'',
		`Each method on your last ${historyDays} days, every week forecast from the days before it; the best is used:`,
		formatTable(['method', '>weeks', '>median error', '>inside the interval'], tests),
	].join('\n');
}

/** `switchyard forecast` */
export function forecastCommand(program: Command): void {
	program
		.command('forecast')
		.description('what the next days will cost if work goes on as it did, and how far such forecasts were off')
		.option('--days <count>', 'days to forecast', parseAmount, DEFAULT_FORECAST_DAYS)
		.action(
			projectAction(async ({ system, output }, flags: ForecastFlags) => {
				const forecast = await output.progress('Reading', () => system.forecast({ days: flags.days }));
				output.result(forecast, () => forecastText(forecast, output));
			}),
		);
}
