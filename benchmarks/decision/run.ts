// npm run bench:decision -- [--quick | --no-database]: what a decision costs. Method: benchmarks/README.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

interface Timing {
	p50: number;
	p99: number;
}
type Round = Record<string, Record<string, Timing>>;

const root = join(import.meta.dirname, '..', '..');
const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 1 : 5;
const decisions = isQuick ? 100_000 : 1_000_000;
const worker = join(import.meta.dirname, 'worker.ts');

function median(values: readonly number[]): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function runWorker(args: readonly string[]): unknown {
	return JSON.parse(execFileSync(process.execPath, ['--expose-gc', worker, ...args], { encoding: 'utf8' }));
}

function coldStarts(runs: number): number[] {
	const project = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
	mkdirSync(join(project, '.claude'));
	try {
		return Array.from({ length: runs }, () => {
			const startedAt = performance.now();
			execFileSync(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'route', 'Fix the login bug'], {
				cwd: project,
			});
			return performance.now() - startedAt;
		}).slice(1); // the first makes the database
	} finally {
		rmSync(project, { recursive: true, force: true });
	}
}

const all = Array.from({ length: rounds }, () => runWorker([]) as Round);
const heaps = runWorker(['heap', String(decisions)]) as number[];
const cold = coldStarts(isQuick ? 4 : 12);

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`;
const report: string[] = [`Machine: ${machine}; ${rounds} rounds in fresh processes, median of rounds`, ''];
report.push('| size | what | p50 µs | p99 µs | aim p99 µs |', '|---|---|---|---|---|');
const aims: Record<string, Record<string, number>> = {
	'1 KB': { decision: 500, both: 500, cached: 20 },
	'1 MB': { decision: 2000, both: 2000, cached: 20 },
};
const missed: string[] = [];
for (const [size, operations] of Object.entries(all[0] ?? {})) {
	for (const name of Object.keys(operations)) {
		const p50 = median(all.map((round) => round[size]?.[name]?.p50 ?? Number.NaN));
		const p99 = median(all.map((round) => round[size]?.[name]?.p99 ?? Number.NaN));
		const aim = aims[size]?.[name];
		if (aim !== undefined && p99 > aim) missed.push(`${name} at ${size}: ${p99.toFixed(0)} µs`);
		report.push(
			`| ${size} | ${name === 'both' ? 'classification + decision' : name} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${aim ?? ''} |`,
		);
	}
}
const coldMs = median(cold);
if (coldMs > 150) missed.push(`cold route: ${coldMs.toFixed(0)} ms`);
report.push(
	'',
	`Heap over ${decisions} decisions, KiB after each fifth: ${heaps.join(', ')}`,
	`switchyard route, cold: ${coldMs.toFixed(0)} ms median of ${cold.length} (aim 150)`,
	missed.length === 0 ? 'Every aim is met.' : `Missed: ${missed.join('; ')}`,
);
console.log(report.join('\n'));
if (!isQuick) {
	mkdirSync(join(root, 'benchmarks', 'results'), { recursive: true });
	const raw = { machine, at: new Date().toISOString(), rounds: all, heaps, cold };
	writeFileSync(join(root, 'benchmarks', 'results', 'decision.json'), `${JSON.stringify(raw, null, '\t')}\n`);
}
if (!isQuick && !process.argv.includes('--no-database')) {
	console.log('\nDatabase at 10⁶ rows:');
	execFileSync(process.execPath, [join(root, 'benchmarks', 'storage', 'run.ts'), '1000000'], { stdio: 'inherit' });
}
