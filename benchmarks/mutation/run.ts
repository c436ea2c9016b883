/**
 * Mutation testing: which changes of the modules that hold money, routing and limits no test would notice.
 * npm run mutate [-- --mutate src/cost/x.ts] [-- any option of `stryker run`]
 * Stryker changes one expression at a time and runs the unit tests that reach it. Results of unchanged code and tests are
 * taken from the last run (.stryker/). A run over everything writes benchmarks/results/mutation.json; a run over chosen
 * files prints their survivors only.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMAND = 'npm run mutate';
const MODULES = [
	'src/cost/budgets',
	'src/cost/reports',
	'src/cost/reconcile',
	'src/cost',
	'src/route',
	'src/execute',
	'src/gateway/limits',
	'src/gateway/keys',
	'src/protocol',
] as const;
const REPORT = fileURLToPath(new URL('../../.stryker/report.json', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results/mutation.json', import.meta.url));

type Status =
	| 'Killed'
	| 'Timeout'
	| 'Survived'
	| 'NoCoverage'
	| 'CompileError'
	| 'RuntimeError'
	| 'Ignored'
	| 'Pending';

/** The parts of Stryker's report that are summed up. */
interface Report {
	files: Record<string, { mutants: ReadonlyArray<{ status: Status; mutatorName: string; statusReason?: string }> }>;
}
type Mutant = Report['files'][string]['mutants'][number];

/** Detected (killed, timed out) of all that ran or that no test reached, in percent; `null` without any. */
function summarise(mutants: readonly Mutant[]): { score: number | null; mutants: number; byStatus: object } {
	const byStatus: Partial<Record<Status, number>> = {};
	for (const { status } of mutants) byStatus[status] = (byStatus[status] ?? 0) + 1;
	const detected = (byStatus.Killed ?? 0) + (byStatus.Timeout ?? 0);
	const valid = detected + (byStatus.Survived ?? 0) + (byStatus.NoCoverage ?? 0);
	const score = valid === 0 ? null : Math.round((10_000 * detected) / valid) / 100;
	return { score, mutants: mutants.length, byStatus };
}

/** How many mutants were left out, by the reason written beside them. */
function countIgnored(mutants: readonly Mutant[]): Record<string, number> {
	const reasons: Record<string, number> = {};
	for (const { status, statusReason = 'no reason' } of mutants)
		if (status === 'Ignored') reasons[statusReason] = (reasons[statusReason] ?? 0) + 1;
	return reasons;
}

function writeResults(report: Report): void {
	const files = Object.entries(report.files);
	const all = files.flatMap(([, { mutants }]) => mutants);
	const rest = new Map(files.map(([path, { mutants }]) => [path, mutants]));
	const modules: Record<string, object> = {};
	for (const module of MODULES) {
		const inside = [...rest].filter(([path]) => path.startsWith(`${module}/`));
		for (const [path] of inside) rest.delete(path);
		modules[module] = summarise(inside.flatMap(([, mutants]) => mutants));
	}
	const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
	const results = {
		command: COMMAND,
		commit: git('rev-parse', '--short', 'HEAD'),
		at: new Date().toISOString(),
		total: summarise(all),
		modules,
		ignored: countIgnored(all),
	};
	writeFileSync(RESULTS, `${JSON.stringify(results, null, '\t')}\n`);
	console.log(`score ${results.total.score} %, written to benchmarks/results/mutation.json`);
}

const args = process.argv.slice(2);
const { status } = spawnSync('stryker', ['run', ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;
const isWhole = !args.some((argument) => /^(-m|--mutate|-t|--testFiles|--dryRunOnly)\b/.test(argument));
// what Stryker wrote
if (status === 0 && isWhole) writeResults(JSON.parse(readFileSync(REPORT, 'utf8')) as Report);
