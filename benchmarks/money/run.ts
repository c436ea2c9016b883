/**
 * Money: reserve + settle pairs, each acknowledged, in memory and in SQLite by one process and by four.
 * npm run bench:money [-- --quick]
 * Every round runs every variant in fresh processes and files, in turn, the order reversed each round; medians are
 * printed, all rounds are kept in benchmarks/results/money.json.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Variant {
	name: string;
	where: 'memory' | 'file';
	durability: 'normal' | 'full';
	processes: number;
	concurrency: number;
	pairs: number;
}
interface Measured {
	pairs: number;
	seconds: number;
	perSecond: number;
	p50us: number;
	p99us: number;
}

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 5;
const scale = isQuick ? 0.2 : 1;
const pairs = (count: number): number => Math.round(count * scale);
const sqlite = (durability: 'normal' | 'full', processes: number, concurrency: number): Variant => ({
	name: `SQLite, ${durability}, ${processes === 1 ? 'one process' : `${processes} processes`}, ${concurrency} at a time`,
	where: 'file',
	durability,
	processes,
	concurrency,
	pairs: pairs(processes === 1 ? 10_000 : 3000),
});
const VARIANTS: readonly Variant[] = [
	{ name: 'memory', where: 'memory', durability: 'normal', processes: 1, concurrency: 1, pairs: pairs(200_000) },
	sqlite('normal', 1, 1),
	sqlite('normal', 1, 32),
	sqlite('normal', 4, 1),
	sqlite('full', 1, 1),
	sqlite('full', 1, 32),
	sqlite('full', 4, 1),
];
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results/money.json', import.meta.url));

function runWorker(args: readonly string[]): Promise<Measured> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [WORKER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
		let text = '';
		child.stdout.on('data', (chunk: Buffer) => {
			text += chunk.toString('utf8');
		});
		child.on('error', reject);
		child.on('close', (code) => {
			if (code !== 0) reject(new Error(`the worker ended with ${code}`));
			// the worker prints what Measured says
			else resolve(JSON.parse(text) as Measured);
		});
	});
}

function median(values: readonly number[]): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Pairs of all processes over the time of the slowest; percentiles of the median process. */
async function measure(variant: Variant, folder: string): Promise<Measured> {
	const path = variant.where === 'memory' ? 'memory' : join(folder, 'money.db');
	const { durability, processes, concurrency } = variant;
	const args = (index: number) => [path, durability, String(variant.pairs), String(concurrency), `p${index}`];
	// one short run first, so that all find the tables made
	if (processes > 1) await runWorker([path, durability, '1', '1', 'first']);
	const runs = await Promise.all(Array.from({ length: processes }, (_, index) => runWorker(args(index))));
	const seconds = Math.max(...runs.map((run) => run.seconds));
	const all = runs.reduce((sum, run) => sum + run.pairs, 0);
	const pick = (name: 'p50us' | 'p99us') => median(runs.map((run) => run[name]));
	return { pairs: all, seconds, perSecond: all / seconds, p50us: pick('p50us'), p99us: pick('p99us') };
}

const rounds = new Map<string, Measured[]>(VARIANTS.map(({ name }) => [name, []]));
const load = loadavg();
for (let round = 0; round < ROUNDS; round += 1) {
	for (const variant of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
		const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
		try {
			rounds.get(variant.name)?.push(await measure(variant, folder));
		} finally {
			rmSync(folder, { recursive: true });
		}
	}
}

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, load };
console.log(
	`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${load[0]?.toFixed(1)}; ${ROUNDS} rounds`,
);
console.log('reserve + settle, each acknowledged; normal: survives kill -9; full: survives a power cut\n');
for (const [name, runs] of rounds) {
	const of = (pick: (run: Measured) => number): number => median(runs.map(pick));
	console.log(
		`${name.padEnd(44)} ${of((run) => run.perSecond)
			.toFixed(0)
			.padStart(8)} pairs/s   p50 ${of((run) => run.p50us)
			.toFixed(1)
			.padStart(8)} µs   p99 ${of((run) => run.p99us)
			.toFixed(1)
			.padStart(8)} µs`,
	);
}
if (!isQuick)
	writeFileSync(RESULTS, `${JSON.stringify({ machine, rounds: Object.fromEntries(rounds) }, null, '\t')}\n`);
