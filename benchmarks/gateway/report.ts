import { failuresOf } from './load/load-job.ts';
import type { BenchResults, RoundFigures } from './measure/results.ts';
import { medianBetween, medianOf, type Pick, SCENARIO_FIGURES } from './summary.ts';

function shown(value: number, digits = 0): string {
	return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
	const all = [header, header.map(() => '---'), ...rows];
	return `${all.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
}

function scenarioRow(results: BenchResults, scenario: string, target: string): string[] {
	const of = (pick: (name: string) => Pick, digits = 0): string =>
		shown(medianOf(results, target, pick(scenario)), digits);
	const added = (pick: (name: string) => Pick): string =>
		shown(
			medianBetween(results, [target, 'direct'], pick(scenario), (one, base) => one - base),
			2,
		);
	const times = (pick: (name: string) => Pick): string =>
		shown(
			medianBetween(results, [target, 'bare'], pick(scenario), (one, base) => one / base),
			2,
		);
	const figures = SCENARIO_FIGURES;
	const isStream = scenario.endsWith('stream');
	return [
		target,
		of(figures.cpu),
		times(figures.cpu),
		of(figures.cpuSaturated),
		times(figures.cpuSaturated),
		of(figures.p50, 2),
		added(isStream ? figures.firstByteP50 : figures.p50),
		added(isStream ? figures.firstByteP99 : figures.p99),
		of(figures.perSecond),
		isStream ? `${of(figures.failed)} / ${of(figures.wrong)}` : of(figures.failed),
		of(figures.foreign, 2),
	];
}

function scenarioTable(results: BenchResults, scenario: string, targets: readonly string[]): string {
	const isStream = scenario.endsWith('stream');
	const what = isStream ? 'first byte' : '';
	const header = [
		'target',
		'CPU µs (fixed rate)',
		'÷ bare',
		'CPU µs (saturated)',
		'÷ bare',
		'p50 ms',
		`added ${what} p50 ms`.replace('  ', ' '),
		`added ${what} p99 ms`.replace('  ', ' '),
		isStream ? 'streams/s' : 'requests/s',
		isStream ? 'failed / wrong frames' : 'failed',
		'others on core',
	];
	return `\n### ${scenario}\n\n${table(
		header,
		targets.map((target) => scenarioRow(results, scenario, target)),
	)}`;
}

function ratioTable(results: BenchResults, scenarios: readonly string[]): string {
	const ratio = (pair: readonly [string, string], pick: (name: string) => Pick, scenario: string): string =>
		shown(
			medianBetween(results, pair, pick(scenario), (one, other) => one / other),
			2,
		);
	const { cpu, cpuSaturated } = SCENARIO_FIGURES;
	const rows = scenarios.map((scenario) => [
		scenario,
		ratio(['ours', 'bare'], cpu, scenario),
		ratio(['ours', 'bare'], cpuSaturated, scenario),
		ratio(['portkey', 'ours'], cpu, scenario),
		ratio(['portkey', 'ours'], cpuSaturated, scenario),
		ratio(['portkey', 'bare'], cpuSaturated, scenario),
	]);
	const header = ['CPU', 'ours ÷ bare', 'saturated', 'portkey ÷ ours', 'saturated', 'portkey ÷ bare, saturated'];
	return `\n### Ratios, medians over rounds\n\n${table(header, rows)}`;
}

/** What the gateway may cost, and what it costs. `bare`, `direct`: the target that its figure is compared with. */
interface Goal {
	what: string;
	pick: Pick;
	of: 'bare' | 'direct' | null;
	most: number;
	unit: string;
}

function goalsOf(results: BenchResults): Goal[] {
	const { cpu, cpuSaturated, firstByteP99, p50, p99 } = SCENARIO_FIGURES;
	const seconds = results.settings.openMs / 1000;
	const lost = ({ scenarios, crowds }: RoundFigures): number =>
		[...Object.values(scenarios).flatMap(({ open, saturated }) => [open, saturated]), ...crowds].reduce(
			(sum, { wrongFrames, unendedStreams }) => sum + wrongFrames + unendedStreams,
			0,
		);
	const sizes = [
		['1 KB', 'openai-small', 2.5, 3, 0.3, 2],
		['100 KB', 'openai-large', 3, 2.5, 0.8, 4],
	] as const;
	return [
		...sizes.flatMap(([size, name, fixed, saturated, median, late]): Goal[] => [
			{ what: `CPU of ${size}, fixed rate`, pick: cpu(name), of: 'bare', most: fixed, unit: '÷ bare' },
			{ what: `CPU of ${size}, saturated`, pick: cpuSaturated(name), of: 'bare', most: saturated, unit: '÷ bare' },
			{ what: `added p50 of ${size}`, pick: p50(name), of: 'direct', most: median, unit: 'ms' },
			{ what: `added p99 of ${size}, over ${seconds} s`, pick: p99(name), of: 'direct', most: late, unit: 'ms' },
		]),
		{ what: 'CPU of a stream, fixed rate', pick: cpu('openai-stream'), of: 'bare', most: 1.5, unit: '÷ bare' },
		{ what: 'CPU of a stream, saturated', pick: cpuSaturated('openai-stream'), of: 'bare', most: 2, unit: '÷ bare' },
		{ what: 'added p99 of a first byte', pick: firstByteP99('openai-stream'), of: 'direct', most: 4, unit: 'ms' },
		{ what: 'frames and ends lost', pick: lost, of: null, most: 0, unit: '' },
		{ what: 'first 200 after start', pick: ({ start }) => start?.firstAnswerMs, of: 'bare', most: 1.6, unit: '÷ bare' },
		{ what: 'resident after load', pick: ({ residentMib }) => residentMib, of: null, most: 250, unit: 'MiB' },
	];
}

/** The gateway's figures beside what they may be at most. */
export function goalTable(results: BenchResults): string {
	const rows = goalsOf(results).map(({ most, of, pick, unit, what }) => {
		const combine = (one: number, other: number) => (of === 'bare' ? one / other : one - other);
		const found = of === null ? medianOf(results, 'ours', pick) : medianBetween(results, ['ours', of], pick, combine);
		const verdict = Number.isNaN(found) ? 'not measured' : found <= most ? 'yes' : 'no';
		return [what, shown(found, unit === 'MiB' || unit === '' ? 0 : 2), `${most} ${unit}`.trim(), verdict];
	});
	const limited = medianOf(results, 'ours-limited', SCENARIO_FIGURES.cpuSaturated('openai-growing'));
	const growing = `\nA growing agent conversation of 100 KB within the default limits, saturated: ${shown(limited)} µs.\n`;
	return `\n### What the gateway may cost\n\n${table(['what', 'found', 'at most', 'met'], rows)}${Number.isNaN(limited) ? '' : growing}`;
}

function crowdTable(results: BenchResults, targets: readonly string[]): string {
	const rows = targets.flatMap((target) =>
		results.settings.crowds.map((streams) => {
			const crowdOf = ({ crowds }: RoundFigures) => crowds.find((crowd) => crowd.streams === streams);
			const of = (pick: Pick, digits = 0): string => shown(medianOf(results, target, pick), digits);
			return [
				target,
				String(streams),
				of((figures) => crowdOf(figures)?.frames),
				of((figures) => crowdOf(figures)?.wrongFrames),
				of((figures) => {
					const crowd = crowdOf(figures);
					return crowd === undefined ? undefined : failuresOf(crowd) + crowd.unendedStreams;
				}),
				of((figures) => crowdOf(figures)?.firstByte?.p50, 1),
				of((figures) => crowdOf(figures)?.gap?.p99, 1),
				of((figures) => crowdOf(figures)?.latency?.p50),
				of((figures) => {
					const crowd = crowdOf(figures);
					return crowd?.cpuUsPerRequest == null ? null : (crowd.cpuUsPerRequest * crowd.sent) / crowd.frames;
				}, 1),
			];
		}),
	);
	const header = [
		'target',
		'streams at once',
		'frames',
		'wrong',
		'failed',
		'first byte p50 ms',
		'gap p99 ms',
		'whole p50 ms',
		'CPU µs/frame',
	];
	return `\n### Streams at once, 40 frames a second each\n\n${table(header, rows)}`;
}

function startTable(results: BenchResults, targets: readonly string[]): string {
	const rows = targets.map((target) => {
		const of = (pick: Pick): string => shown(medianOf(results, target, pick));
		const { memory } = results.rounds.find((figures) => figures.target === target && figures.memory !== null) ?? {};
		return [
			target,
			of(({ start }) => start?.listensMs),
			of(({ start }) => start?.firstAnswerMs),
			of(({ start }) => start?.residentMib),
			of(({ residentMib }) => residentMib),
			memory === undefined || memory === null
				? '–'
				: `${memory.bytesPerRequest} / ${memory.settledBytesPerRequest} over ${memory.samples.at(-1)?.requests}`,
		];
	});
	const header = [
		'target',
		'listens after ms',
		'first 200 after ms',
		'RSS idle MiB',
		'RSS after load MiB',
		'RSS slope, bytes/request (all / second half)',
	];
	return `\n### Start and memory\n\n${table(header, rows)}`;
}

/** A run's figures as Markdown: medians over the rounds. */
export function reportOf(results: BenchResults): string {
	const targets = Object.keys(results.targets);
	const scenarios = [...new Set(results.rounds.flatMap((figures) => Object.keys(figures.scenarios)))];
	const { machine, settings } = results;
	const errors = results.rounds.flatMap(({ round, target, errors: all }) =>
		all.map((error) => `- round ${round + 1}, ${target}: ${error}`),
	);
	return [
		`${machine.cpu} × ${machine.cores}, Linux ${machine.kernel}, Node ${machine.node}, load ${machine.loadAtStart[0]?.toFixed(1)}; ${settings.rounds} rounds, ${settings.ratePerSecond} small or ${settings.largeRatePerSecond} large requests/s, ${settings.streamRatePerSecond} streams/s, ${settings.connections} connections\n`,
		...scenarios.map((scenario) => scenarioTable(results, scenario, targets)),
		ratioTable(results, scenarios),
		goalTable(results),
		crowdTable(results, targets),
		startTable(results, targets),
		errors.length > 0 ? `\n### What failed\n\n${errors.join('\n')}\n` : '',
	].join('');
}
