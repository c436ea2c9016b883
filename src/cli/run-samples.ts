import { formatTable, formatUsd } from './output.ts';
import type { TaskRun } from './run-task.ts';
import { executeTask, openProviders, SIMULATOR_NOTE } from './run-task.ts';
import { inProject } from './session.ts';

/** Tasks of different kinds and weights. */
const SAMPLES = [
	'Add JSDoc comments to utility functions',
	'Implement REST API endpoint for user profile',
	'Fix authentication bug in login endpoint',
	'Design scalable microservices architecture',
	'Write unit tests for the date parser',
	'Rename the variable foo to userCount',
	'Comprehensive security audit of authentication system',
] as const;

interface SampleRow {
	task: string;
	run: TaskRun;
	/** What the same tokens would have cost on opus, USD. */
	allOpusUsd: number;
}

function allOpusCost(run: TaskRun, opus: { costPer1kInputTokens: number; costPer1kOutputTokens: number }): number {
	const { usage } = run.answer;
	return (
		(usage.inputTokens / 1000) * opus.costPer1kInputTokens +
		((usage.outputTokens + usage.reasoningTokens) / 1000) * opus.costPer1kOutputTokens
	);
}

function samplesTable(rows: readonly SampleRow[]): string {
	return formatTable(
		['Task', 'Type', 'Complexity', 'Model', '>Confidence', '>Cost', '>All opus', 'Why'],
		rows.map(({ task, run, allOpusUsd }) => [
			task.length > 44 ? `${task.slice(0, 43)}…` : task,
			run.decision.descriptor.type,
			run.decision.descriptor.complexity,
			run.model,
			`${run.decision.confidence.toFixed(0)}%`,
			formatUsd(run.costUsd, 6),
			formatUsd(allOpusUsd, 6),
			run.decision.reasoning[0] ?? '',
		]),
	);
}

/** Routes and executes a handful of sample tasks in the current project and prints what happened. */
export async function runSamples(): Promise<void> {
	await inProject({}, async (session) => {
		const { output, system } = session;
		const calls = await openProviders({}, { simulate: true });
		try {
			output.print(`${SIMULATOR_NOTE}\n`);
			const opus = system.router.getModel('opus');
			const rows: SampleRow[] = [];
			for (const task of SAMPLES) {
				const run = await executeTask(session, calls, { task, options: {} });
				rows.push({ task, run, allOpusUsd: opus === undefined ? Number.NaN : allOpusCost(run, opus) });
			}
			output.print(samplesTable(rows));
			const total = rows.reduce((sum, { run }) => sum + (run.costUsd ?? 0), 0);
			const allOpus = rows.reduce((sum, row) => sum + row.allOpusUsd, 0);
			const { kind, location } = await system.storageStatus();
			output.print(
				`\n${rows.length} tasks: ${formatUsd(total, 6)} as routed, ${formatUsd(allOpus, 6)} had opus used the same tokens.`,
			);
			output.print(`Remembered in ${kind} at ${location}. Next: npx switchyard stats`);
		} finally {
			await calls.close();
		}
	});
}
