/**
 * Mutation testing: which changes of the modules that hold money, routing and limits no unit test would notice.
 * npm run mutate                                 every module
 * npm run mutate -- src/gateway/keys             chosen modules
 * npm run mutate -- --mutate src/cost/x.ts       a file (any options of `stryker run`): prints survivors, keeps no figures
 * Stryker changes one expression at a time and runs the unit tests that reach it. Results of unchanged code and tests are
 * taken from earlier runs (.stryker/). Figures go to benchmarks/results/mutation.json module by module, each with its
 * commit, so that a run which is interrupted has not run for nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folders are taken without the modules in them that have a row of their own. */
const MODULES = [
	'src/gateway/limits',
	'src/gateway/keys',
	'src/protocol/shared/json-splice.ts',
	'src/cost/budgets',
	'src/execute',
	'src/route',
	'src/cost/reports',
	'src/cost/reconcile',
	'src/cost',
] as const;
type Module = (typeof MODULES)[number];
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
	files: Record<string, { mutants: ReadonlyArray<{ status: Status; statusReason?: string }> }>;
}

interface Score {
	/** Percent of the mutants that a test noticed, or that made one run out of time; `null` without any. */
	score: number | null;
	byStatus: Partial<Record<Status, number>>;
}

/** What was measured of a module, and when. */
interface ModuleScore extends Score {
	commit: string;
	at: string;
	/** How many mutants were left out, by the reason written beside them. */
	ignored: Record<string, number>;
}

interface Results {
	command: string;
	/** Of the modules below. */
	total: Score;
	modules: Partial<Record<Module, ModuleScore>>;
	/** Modules that were not measured yet. */
	missing: Module[];
}

function toScore(byStatus: Score['byStatus']): Score {
	const { Killed = 0, NoCoverage = 0, Survived = 0, Timeout = 0 } = byStatus;
	const valid = Killed + Timeout + Survived + NoCoverage;
	return { score: valid === 0 ? null : Math.round((10_000 * (Killed + Timeout)) / valid) / 100, byStatus };
}

function count<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
	const counts: Partial<Record<Key, number>> = {};
	for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
	return counts;
}

/** Whether a file counts under the module: the row with the longest path that holds it. */
function isIn(module: Module, path: string): boolean {
	const holders = MODULES.filter((other) => path === other || path.startsWith(`${other}/`));
	return holders.toSorted((a, b) => b.length - a.length)[0] === module;
}

function measureModule(module: Module, report: Report): ModuleScore {
	const mutants = Object.entries(report.files).flatMap(([path, file]) => (isIn(module, path) ? file.mutants : []));
	const left = mutants.filter(({ status }) => status === 'Ignored');
	return {
		...toScore(count(mutants.map(({ status }) => status))),
		commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
		at: new Date().toISOString(),
		ignored: count(left.map(({ statusReason = 'no reason' }) => statusReason)) as Record<string, number>,
	};
}

function writeResults(module: Module, measured: ModuleScore): void {
	// what this wrote earlier
	const before = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results).modules : {};
	const modules = { ...before, [module]: measured };
	const scores = Object.values(modules);
	const statuses = scores.flatMap(({ byStatus }) => Object.entries(byStatus) as Array<[Status, number]>);
	const sums: Score['byStatus'] = {};
	for (const [status, number] of statuses) sums[status] = (sums[status] ?? 0) + number;
	const results: Results = {
		command: 'npm run mutate',
		total: toScore(sums),
		modules,
		missing: MODULES.filter((name) => !(name in modules)),
	};
	writeFileSync(RESULTS, `${JSON.stringify(results, null, '\t')}\n`);
	console.log(`${module}: ${measured.score} %, in benchmarks/results/mutation.json`);
}

function runStryker(options: readonly string[]): boolean {
	return spawnSync('stryker', ['run', ...options], { stdio: 'inherit' }).status === 0;
}

/** Globs of a module's files, without tests and the modules in it that have a row of their own. */
function listFiles(module: Module): string {
	if (module.endsWith('.ts')) return module;
	const inside = MODULES.filter((other) => other.startsWith(`${module}/`)).map((other) => `!${other}/**`);
	return [`${module}/**/*.ts`, '!src/**/index.ts', '!src/**/*.test.ts', ...inside].join(',');
}

const args = process.argv.slice(2);
const unknown = args.find((argument) => !MODULES.some((module) => module === argument));
if (unknown !== undefined && !unknown.startsWith('-') && args[0] === unknown) {
	console.error(`"${unknown}" has no row in the results. Give one of ${MODULES.join(', ')}, or --mutate and a file.`);
	process.exitCode = 1;
} else if (unknown !== undefined) process.exitCode = runStryker(args) ? 0 : 1;
else
	for (const module of MODULES.filter((name) => args.length === 0 || args.includes(name))) {
		// what Stryker wrote
		if (runStryker(['--mutate', listFiles(module)]))
			writeResults(module, measureModule(module, JSON.parse(readFileSync(REPORT, 'utf8')) as Report));
		else process.exitCode = 1;
	}
