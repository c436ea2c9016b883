import type { Command } from 'commander';
import { type RoutingStats, TASK_TYPES } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { formatBaselines, formatDefeat } from '../baselines-text.ts';
import type { GlobalOptions } from '../options.ts';
import { formatSection, formatUsd, type Output } from '../output.ts';
import { projectAction } from '../project-action.ts';
import { quoteArgument } from '../terminal-text.ts';

interface StatsFlags extends GlobalOptions {
	model?: string;
	taskType?: string;
}

function formatShare(part: number, whole: number): string {
	return `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(1)}%`;
}

/** Requests from which on the median error of their estimates says something. */
const MIN_ESTIMATES = 5;

function formatStats(stats: RoutingStats, flags: StatsFlags, output: Output): string {
	const { model: only, taskType: onlyType } = flags;
	const byModel = Object.entries(stats.byModel).filter(([model]) => only === undefined || model === only);
	const byType = Object.entries(stats.byTaskType).filter(([type]) => onlyType === undefined || type === onlyType);
	const models = byModel.map(([model, row]) => {
		const share = formatShare(row.count, stats.totalDecisions);
		const routed = `- ${model}: ${row.count} (${share})`;
		if (row.outcomes === 0) return `${routed} | no outcome yet`;
		const quality = Number.isNaN(row.avgQuality) ? '' : ` | Avg Quality: ${row.avgQuality.toFixed(1)}`;
		return `${routed} | Success: ${row.successRate.toFixed(1)}%${quality} | Avg Cost: ${formatUsd(row.avgCost, 4)}`;
	});
	const types = byType.map(([type, row]) => {
		const quality = Number.isNaN(row.avgQuality) ? '' : `, avg quality: ${row.avgQuality.toFixed(1)}`;
		return `- ${type}: ${row.count} (preferred: ${row.preferredModel}${quality})`;
	});
	const lines = [
		output.heading('Routing Statistics'),
		'',
		`Total Decisions: ${stats.totalDecisions}`,
		...formatSection('By Model:', models),
		...formatSection('By Task Type:', types),
		'',
		'Performance:',
		`- Cache Hit Rate: ${stats.performance.cacheHitRate.toFixed(1)}%`,
		`- Fallback Rate: ${stats.performance.fallbackRate.toFixed(1)}%`,
		`- Avg Decision Time: ${stats.performance.avgDecisionTime.toFixed(3)}ms`,
	];
	const { estimates } = stats;
	if (estimates !== undefined && estimates.requests >= MIN_ESTIMATES) {
		const format = (error: number) => (Number.isNaN(error) ? 'nothing to compare' : `${error.toFixed(1)}%`);
		lines.push(
			'',
			`Estimates (median error over ${estimates.requests} requests):`,
			`- Cost: ${format(estimates.cost)}`,
			`- Latency: ${format(estimates.latency)}`,
		);
	}
	return lines.join('\n');
}

const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** `switchyard stats` */
export function statsCommand(program: Command): void {
	program
		.command('stats')
		.description('show what was routed and how it went')
		.option('--model <model>', 'only this model')
		.option('--task-type <type>', 'only this task type')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard stats\n  switchyard stats --model opus\n  switchyard stats --task-type code-generation',
		)
		.action(
			projectAction(async ({ system, output }, flags: StatsFlags) => {
				checkFilter(system, flags);
				const stats = await output.progress('Reading', () => system.stats());
				const { readBaselines } = await import('../../system/index.ts');
				const baselines = await readBaselines(await system.flush(), ALL_TIME, system.router);
				output.result({ ...stats, baselines }, () =>
					[...formatDefeat(baselines), formatStats(stats, flags, output), ...formatBaselines(baselines)].join('\n'),
				);
				output.hint('Next: "switchyard cost" says what it cost, "switchyard feedback" teaches what was good.');
			}),
		);
}

/** Rejects an unknown model or task type: an empty report must not be a typing error. */
function checkFilter(system: RoutingSystem, filter: { model?: string; taskType?: string }): void {
	if (filter.model !== undefined) system.router.resolveModelName(filter.model);
	if (filter.taskType !== undefined && !TASK_TYPES.some((type) => type === filter.taskType)) {
		throw new InvalidInputError(
			`Unknown task type ${quoteArgument(filter.taskType)}. Known: ${TASK_TYPES.join(', ')}.`,
		);
	}
}
