// npm run bench:import -- FOLDER [--rounds N]: what a cold import costs here and in FOLDER, an older checkout that is built.
// Fresh processes, interleaved, so that what else the machine does reaches both alike. Method: benchmarks/README.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Most that an import may take of what it took before, by file of dist/; without a bar it is only reported. */
const BARS: Readonly<Record<string, number | null>> = {
	'index.js': 0.35,
	'engine.js': 0.25,
	'gateway.js': null,
	'ai-sdk.js': null,
	'testing.js': null,
};

const { positionals, values } = parseArgs({
	allowPositionals: true,
	options: { rounds: { type: 'string', default: '15' } },
});
const rounds = Number(values.rounds);
const here = join(import.meta.dirname, '..', '..');
const [base] = positionals;
if (base === undefined) throw new Error('name the folder of an older checkout that is built');
const checkouts = { before: resolve(base), now: here };
type Checkout = keyof typeof checkouts;

function median(numbers: readonly number[]): number {
	return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Milliseconds that the import takes in a process of its own, without the start of Node. */
function timeImport(checkout: Checkout, file: string): number {
	const url = JSON.stringify(pathToFileURL(join(checkouts[checkout], 'dist', file)));
	const program = `const from = performance.now(); await import(${url}); console.log(performance.now() - from);`;
	return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

/** Bytes of an application's bundle of the engine: minified, gzip. */
async function weighEngine(checkout: Checkout): Promise<number> {
	const { outputFiles } = await build({
		entryPoints: [join(checkouts[checkout], 'dist', 'engine.js')],
		bundle: true,
		minify: true,
		format: 'esm',
		platform: 'browser',
		write: false,
		logLevel: 'error',
	});
	return gzipSync(outputFiles[0]?.contents ?? '').length;
}

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`;
const loadBefore = loadavg()[0];
const results = Object.entries(BARS).map(([file, bar]) => {
	const times: Record<Checkout, number[]> = { before: [], now: [] };
	for (let round = 0; round < rounds; round += 1) {
		for (const checkout of ['before', 'now'] as const) times[checkout].push(timeImport(checkout, file));
	}
	const [before, now] = [median(times.before), median(times.now)];
	return { file, before, now, ratio: now / before, bar, times };
});
const engineBytes = { before: await weighEngine('before'), now: await weighEngine('now') };

console.log(`Machine: ${machine}; load ${loadBefore?.toFixed(1)}; medians of ${rounds} interleaved processes\n`);
console.log('| import | before ms | now ms | ratio | bar |\n|---|---|---|---|---|');
for (const { file, before, now, ratio, bar } of results)
	console.log(`| ${file} | ${before.toFixed(1)} | ${now.toFixed(1)} | ${ratio.toFixed(2)} | ${bar ?? ''} |`);
console.log(`\nEngine, minified and gzip: ${engineBytes.before} bytes before, ${engineBytes.now} now`);
const missed = results.filter(({ ratio, bar }) => bar !== null && ratio > bar).map(({ file }) => file);
console.log(missed.length === 0 ? 'Every bar is met.' : `Missed: ${missed.join(', ')}`);
const report = { machine, at: new Date().toISOString(), load: loadBefore, rounds, results, engineBytes };
const folder = join(here, 'benchmarks', 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'import.json'), `${JSON.stringify(report, null, '\t')}\n`);
