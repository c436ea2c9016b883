/**
 * The gateway beside a bare proxy and other gateways, on loopback, in interleaved rounds.
 * npm run bench:gateway [-- --quick] [-- --targets direct,bare,ours --scenarios openai-small --rounds 1]
 * Every round runs every target once, the order turned each round; medians over the rounds are printed, all rounds are
 * kept in benchmarks/results/gateway.json (not of --quick). `--report FILE` prints a kept run again. `--table` prints in 90 seconds
 * what the gateway may cost and what it costs; `--open-seconds 30` is for the latencies that few requests have.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchPlace } from './measure/bench-place.ts';
import { type BenchSettings, FULL_SETTINGS, QUICK_SETTINGS, TABLE_SETTINGS } from './measure/bench-settings.ts';
import { measureTarget } from './measure/measure-target.ts';
import type { BenchResults } from './measure/results.ts';
import { DEFAULT_SCENARIOS, scenariosNamed } from './measure/scenarios.ts';
import { CAN_PIN, stopAll } from './processes/child-processes.ts';
import { goalTable, reportOf } from './report.ts';
import { DEFAULT_TARGETS, targetsNamed } from './targets/all-targets.ts';
import { HERE, type Target } from './targets/target.ts';

const { values: options } = parseArgs({
	options: {
		quick: { type: 'boolean', default: false },
		table: { type: 'boolean', default: false },
		'open-seconds': { type: 'string' },
		targets: { type: 'string' },
		scenarios: { type: 'string' },
		rounds: { type: 'string' },
		rate: { type: 'string' },
		crowds: { type: 'string' },
		'memory-requests': { type: 'string' },
		'memory-targets': { type: 'string' },
		'mock-port': { type: 'string', default: '19090' },
		'base-port': { type: 'string', default: '18100' },
		output: { type: 'string' },
		report: { type: 'string' },
	},
});

function readSettings(): BenchSettings {
	const base = options.quick ? QUICK_SETTINGS : options.table ? TABLE_SETTINGS : FULL_SETTINGS;
	const list = (text: string): string[] => text.split(',').filter((item) => item !== '');
	return {
		...base,
		rounds: Number(options.rounds ?? base.rounds),
		openMs: options['open-seconds'] === undefined ? base.openMs : Number(options['open-seconds']) * 1000,
		ratePerSecond: Number(options.rate ?? base.ratePerSecond),
		crowds: options.crowds === undefined ? base.crowds : list(options.crowds).map(Number),
		memoryRequests: Number(options['memory-requests'] ?? base.memoryRequests),
		memoryTargets: options['memory-targets'] === undefined ? base.memoryTargets : list(options['memory-targets']),
	};
}

/** The last one asks for the growing conversation alone. */
const TABLE_TARGETS = 'direct,bare,ours,ours-limited';
const GROWING = 'openai-growing';

function defaultScenarios(): string {
	if (options.table) return `openai-small,openai-large,openai-stream,${GROWING}`;
	return options.quick ? 'openai-small,openai-stream,anthropic-small' : DEFAULT_SCENARIOS;
}

/** In the table, the growing conversation is for one target, and the rest for the others. */
function isFor(target: Target, scenario: string): boolean {
	return !options.table || (scenario === GROWING) === (target.name === 'ours-limited');
}

async function run(folder: string): Promise<BenchResults> {
	const settings = readSettings();
	const scenarios = scenariosNamed((options.scenarios ?? defaultScenarios()).split(','));
	const names = options.targets ?? (options.table ? TABLE_TARGETS : DEFAULT_TARGETS);
	const targets = targetsNamed(names.split(',')).filter((target) => {
		const missing = target.missing();
		if (missing !== null) console.log(`left out: ${target.name}, ${missing}`);
		return missing === null;
	});
	const results: BenchResults = {
		startedAt: new Date().toISOString(),
		machine: {
			cpu: cpus()[0]?.model ?? 'unknown',
			cores: cpus().length,
			memoryGib: Math.round(totalmem() / 2 ** 30),
			kernel: release(),
			node: process.version,
			loadAtStart: loadavg(),
			pinned: CAN_PIN,
		},
		settings,
		targets: Object.fromEntries(targets.map(({ name, label }) => [name, label])),
		rounds: [],
	};
	const place = new BenchPlace(Number(options['mock-port']), folder);
	await place.startMock();
	const log = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
	for (let round = 0; round < settings.rounds; round += 1) {
		const turned = targets.map((_, index) => targets[(index + round) % targets.length]);
		for (const target of round % 2 === 0 ? turned : turned.toReversed()) {
			if (target === undefined) continue;
			const port = Number(options['base-port']) + targets.indexOf(target);
			results.rounds.push(
				await measureTarget({
					target,
					round,
					port,
					place,
					settings,
					scenarios: scenarios.filter(({ name }) => isFor(target, name)),
					log,
				}),
			);
		}
	}
	return results;
}

async function main(): Promise<void> {
	if (options.report !== undefined) {
		// a file that an earlier run wrote
		console.log(reportOf(JSON.parse(readFileSync(options.report, 'utf8')) as BenchResults));
		return;
	}
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
	try {
		const results = await run(folder);
		const output =
			options.output ?? (options.quick || options.table ? null : join(HERE, '..', 'results', 'gateway.json'));
		if (output !== null) writeFileSync(output, `${JSON.stringify(results, null, '\t')}\n`);
		console.log(`\n${options.table ? goalTable(results) : reportOf(results)}`);
	} finally {
		await stopAll();
		rmSync(folder, { recursive: true });
	}
}

for (const name of ['SIGINT', 'SIGTERM'] as const)
	process.once(name, () => {
		void stopAll().then(() => process.exit(130));
	});
await main();
