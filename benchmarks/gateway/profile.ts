/**
 * Where the CPU of one gateway goes under the open loop: microseconds a request by module, and the top functions.
 * npm run bench:gateway:profile [-- --target ours --scenario openai-small --rate 300 --seconds 10 --keep FOLDER]
 * The gateway runs with Node's --cpu-prof; only what was sampled after the warm-up counts. `--keep` leaves the
 * profile there for a viewer.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchPlace } from './measure/bench-place.ts';
import { FULL_SETTINGS } from './measure/bench-settings.ts';
import { jobFor } from './measure/measure-scenario.ts';
import { scenariosNamed } from './measure/scenarios.ts';
import { startTarget } from './measure/start-target.ts';
import { stop, stopAll } from './processes/child-processes.ts';
import { type CpuProfile, topFunctions, topModules } from './profile/read-profile.ts';
import { targetsNamed } from './targets/all-targets.ts';

const { values: options } = parseArgs({
	options: {
		target: { type: 'string', default: 'ours' },
		scenario: { type: 'string', default: 'openai-small' },
		rate: { type: 'string', default: '300' },
		seconds: { type: 'string', default: '10' },
		top: { type: 'string', default: '40' },
		keep: { type: 'string' },
	},
});

const WARM_REQUESTS = 4000;
const PORT = 18_190;
const MOCK_PORT = 19_190;
const SAMPLE_EVERY_US = '200';

function nowUs(): number {
	return Number(process.hrtime.bigint() / 1000n);
}

async function profile(folder: string): Promise<void> {
	const [target] = targetsNamed([options.target]);
	const [scenario] = scenariosNamed([options.scenario]);
	if (target === undefined || scenario === undefined) return;
	const missing = target.missing();
	if (missing !== null) throw new Error(`${target.name}: ${missing}`);
	const profiles = join(folder, 'profiles');
	const flags = ['--cpu-prof', '--cpu-prof-dir', profiles, '--cpu-prof-interval', SAMPLE_EVERY_US];
	const place = new BenchPlace(MOCK_PORT, folder);
	await place.startMock();
	const home = join(folder, 'home');
	mkdirSync(home);
	const spot = { port: PORT, mockPort: MOCK_PORT, folder: home };
	const started = await startTarget(
		{
			...target,
			command: (at) => {
				const command = target.command(at);
				return command === null ? null : { ...command, args: [...flags, ...command.args] };
			},
		},
		spot,
	);
	if (started === null) throw new Error(`${target.name} starts nothing that could be profiled`);
	const call = target.call(scenario.api, spot);
	const job = jobFor(scenario, { target, place, settings: FULL_SETTINGS, call, process: started.process });
	await place.behave(scenario.fast);
	await place.measure({ ...job, maxRequests: WARM_REQUESTS, durationMs: 60_000 }, started.process);
	await place.behave(scenario.paced);
	const from = nowUs();
	const window = await place.measure(
		{ ...job, mode: 'open', ratePerSecond: Number(options.rate), durationMs: Number(options.seconds) * 1000 },
		started.process,
	);
	const until = nowUs();
	await stop(started.process);
	const [file] = readdirSync(profiles);
	if (file === undefined) throw new Error(`${target.name} left no profile: it must end by itself on SIGTERM`);
	// Node's own file
	const read = JSON.parse(readFileSync(join(profiles, file), 'utf8')) as CpuProfile;
	const span = { from, until, requests: window.sent };
	console.log(
		`${target.name}, ${scenario.name}: ${window.sent} requests at ${options.rate}/s, ${window.cpuUsPerRequest} µs CPU a request by the system's count (profiled)\n`,
	);
	for (const [title, rows] of [
		['module', topModules(read, span)],
		['function', topFunctions(read, span).slice(0, Number(options.top))],
	] as const) {
		console.log(`µs/request   share  ${title}`);
		for (const { name, us, share } of rows)
			console.log(`${us.toFixed(1).padStart(10)} ${(share * 100).toFixed(1).padStart(6)}%  ${name}`);
		console.log('');
	}
	if (options.keep !== undefined) cpSync(profiles, options.keep, { recursive: true });
}

const scratch = mkdtempSync(join(tmpdir(), 'switchyard-profile-'));
try {
	await profile(scratch);
} finally {
	await stopAll();
	rmSync(scratch, { recursive: true });
}
