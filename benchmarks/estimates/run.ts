/**
 * Estimates: how far predicted cost and latency are off, before and after 200 outcomes of a stationary workload.
 * npm run bench:estimates
 * Lengths are lognormal with the medians that Splitwise (https://arxiv.org/abs/2311.18677, section III) reports for two
 * production services: coding 1500 tokens in, 13 out; conversation 1020 in, 129 out. Spreads are ours: the output of
 * conversation spans two orders of magnitude. The estimate knows the input but for a constant bias and 10 % of noise (another
 * tokenizer, added context), and knows of the output only its kind's median, 3 times too high.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EstimateCorrector } from '../../src/learn/index.ts';
import { hasRecordings } from '../../test/support/recorded-requests.ts';
import { createSeededRandom, drawNormal } from '../../test/support/seeded-random.ts';
import { measureRecorded, median, type RecordedErrors } from './recorded.ts';
import { measureWorkloads } from './workloads.ts';

const TAUGHT = 200;
const ASKED = 2000;
const SEEDS = [11, 12, 13, 14, 15];
const RATES = { input: 3, output: 15 };
const SPEED = { ttftMs: 600, tokensPerSecond: 60 };

interface Workload {
	name: string;
	input: readonly [median: number, spread: number];
	output: readonly [median: number, spread: number];
}
const WORKLOADS: readonly Workload[] = [
	{ name: 'coding (short answers to long input)', input: [1500, 1], output: [13, 0.8] },
	{ name: 'coding agent (cost is input)', input: [20_000, 1], output: [200, 1] },
	{ name: 'conversation (answers of any length)', input: [1020, 1], output: [129, 1] },
];

function lognormal(chance: () => number, [median, spread]: readonly [number, number]): number {
	return median * Math.exp(spread * drawNormal(chance));
}

interface Request {
	predicted: { cost: number; completion: number };
	actual: { cost: number; completion: number };
}

function request(work: Workload, chance: () => number): Request {
	const [input, output] = [lognormal(chance, work.input), lognormal(chance, work.output)];
	const seenInput = input * 0.7 * lognormal(chance, [1, 0.1]);
	const expectedOutput = work.output[0] * 3;
	const cost = (tokensIn: number, tokensOut: number) => tokensIn * RATES.input + tokensOut * RATES.output;
	const time = (tokensOut: number) => SPEED.ttftMs + (1000 * tokensOut) / SPEED.tokensPerSecond;
	return {
		predicted: { cost: cost(seenInput, expectedOutput), completion: time(expectedOutput) },
		actual: { cost: cost(input, output), completion: time(output) * 1.4 * lognormal(chance, [1, 0.15]) },
	};
}

/** The constant factor that would have been best, known only afterwards. */
function bestConstant(requests: readonly Request[], quantity: 'cost' | 'completion'): number {
	const factors = Array.from({ length: 400 }, (_, index) => 0.05 * 1.015 ** index);
	const errorOf = (factor: number) =>
		median(
			requests.map(
				({ predicted, actual }) => Math.abs(predicted[quantity] * factor - actual[quantity]) / actual[quantity],
			),
		);
	return Math.min(...factors.map(errorOf));
}

const results: object[] = [];
console.log(`after ${TAUGHT} outcomes, over ${ASKED} further requests, median of ${SEEDS.length} seeds\n`);
console.log(
	'workload                                quantity    uncorrected  corrected  best constant  inside the interval',
);
for (const work of WORKLOADS) {
	for (const quantity of ['cost', 'completion'] as const) {
		const runs = SEEDS.map((seed) => {
			const chance = createSeededRandom(seed);
			const corrector = new EstimateCorrector();
			for (let count = 0; count < TAUGHT; count += 1)
				corrector.observe({ model: 'm', taskType: 'debugging', ...request(work, chance) });
			const found = corrector.factors('m', 'debugging')?.[quantity] ?? { factor: 1, low: 0, high: 2 };
			const asked = Array.from({ length: ASKED }, () => request(work, chance));
			const errors = (factor: number) =>
				asked.map(
					({ predicted, actual }) => Math.abs(predicted[quantity] * factor - actual[quantity]) / actual[quantity],
				);
			const inside = asked.filter(({ predicted, actual }) => {
				const ratio = actual[quantity] / predicted[quantity];
				return ratio >= found.low && ratio <= found.high;
			});
			return {
				uncorrected: median(errors(1)),
				corrected: median(errors(found.factor)),
				best: bestConstant(asked, quantity),
				coverage: inside.length / ASKED,
			};
		});
		const of = (pick: (run: (typeof runs)[number]) => number) => median(runs.map(pick));
		const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
		console.log(
			`${work.name.padEnd(40)}${quantity.padEnd(12)}${percent(of((run) => run.uncorrected)).padStart(11)}${percent(of((run) => run.corrected)).padStart(11)}${percent(of((run) => run.best)).padStart(15)}${percent(of((run) => run.coverage)).padStart(21)}`,
		);
		results.push({ workload: work.name, quantity, runs });
	}
}
console.log(
	'\nfour workloads on one type, median error of cost over all: by the type alone, by workload, best constant of each workload\n',
);
const workloads = measureWorkloads(SEEDS);
for (const { taught, uncorrected, byType, byWorkload, best } of workloads) {
	const columns = [uncorrected, byType, byWorkload, best].map((part) => `${(100 * part).toFixed(1)} %`.padStart(10));
	console.log(`${`after ${taught} outcomes each`.padEnd(28)}${columns.join('')}`);
}
const recorded: RecordedErrors[] = hasRecordings ? measureRecorded() : [];
if (!hasRecordings) console.log('\nno recorded answers: the folder of recordings is absent');
else {
	console.log(
		'\nrecorded answers: output by the type alone and as expected; cost as expected, corrected, with the best factor\n',
	);
	for (const { type, asked, ...errors } of recorded) {
		const columns = Object.values(errors).map((part) => `${(100 * part).toFixed(0)} %`.padStart(9));
		console.log(`${type.padEnd(18)}${String(asked).padStart(5)}${columns.join('')}`);
	}
}
writeFileSync(
	fileURLToPath(new URL('../results/estimates.json', import.meta.url)),
	`${JSON.stringify({ taught: TAUGHT, asked: ASKED, seeds: SEEDS, results, workloads, recorded }, null, '\t')}\n`,
);
