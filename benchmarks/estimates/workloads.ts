import { EstimateCorrector } from '../../src/learn/index.ts';
import { createSeededRandom, drawNormal } from '../../test/support/seeded-random.ts';
import { median } from './recorded.ts';

/** Outcomes of each workload before the questions. */
const TAUGHT = [3, 10, 30, 100];
const WORKLOADS = 4;
const ASKED = 1000;
/** Standard deviations of the logarithm: of workloads about the estimate, and of single requests of a workload. */
const BETWEEN = 0.7;
const WITHIN = 0.35;

/** Median relative errors over all workloads, median of the seeds. */
export interface WorkloadErrors {
	taught: number;
	uncorrected: number;
	byType: number;
	byWorkload: number;
	/** With the factor of each workload that would have been best. */
	best: number;
}

const errorOf = (ratios: readonly number[], factor: number): number =>
	median(ratios.map((ratio) => Math.abs(factor / ratio - 1)));

function measureSeed(seed: number, taught: number): Omit<WorkloadErrors, 'taught'> {
	const random = createSeededRandom(seed);
	const corrector = new EstimateCorrector();
	const centers = Array.from({ length: WORKLOADS }, () => BETWEEN * drawNormal(random));
	const draw = (center: number) => Math.exp(center + WITHIN * drawNormal(random));
	for (let count = 0; count < taught; count += 1) {
		for (const [index, center] of centers.entries()) {
			const key = { model: 'm', taskType: 'debugging', workload: `w${index}` } as const;
			corrector.observe({ ...key, predicted: { cost: 100 }, actual: { cost: 100 * draw(center) } });
		}
	}
	const asked = centers.map((center) => Array.from({ length: ASKED }, () => draw(center)));
	const factors = Array.from({ length: 400 }, (_, index) => 0.05 * 1.015 ** index);
	const over = (factorOf: (index: number) => number) =>
		median(asked.flatMap((ratios, index) => ratios.map((ratio) => Math.abs(factorOf(index) / ratio - 1))));
	const best = asked.map((ratios) => factors.reduce((a, b) => (errorOf(ratios, b) < errorOf(ratios, a) ? b : a)));
	const cost = (workload?: string) => corrector.factors('m', 'debugging', workload)?.cost?.factor ?? 1;
	return {
		uncorrected: over(() => 1),
		byType: over(() => cost()),
		byWorkload: over((index) => cost(`w${index}`)),
		best: over((index) => best[index] ?? 1),
	};
}

/** What knowing the workload is worth: four of them on one type, whose costs differ from the estimate each in its own way. */
export function measureWorkloads(seeds: readonly number[]): WorkloadErrors[] {
	return TAUGHT.map((taught) => {
		const runs = seeds.map((seed) => measureSeed(seed, taught));
		const of = (name: keyof (typeof runs)[number]) => median(runs.map((run) => run[name]));
		return {
			taught,
			uncorrected: of('uncorrected'),
			byType: of('byType'),
			byWorkload: of('byWorkload'),
			best: of('best'),
		};
	});
}
