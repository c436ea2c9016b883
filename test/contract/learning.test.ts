import { describe, expect, it } from 'vitest';
import { TASK_TYPES, type TaskType } from '../../src/contracts/index.ts';
import { type HiddenTruthOptions, meanOf, runHiddenTruth, type TrueRequest } from '../support/hidden-truth.ts';

/** Twenty seeds with the published bars take minutes; one, and fewer requests, show every day that the loop learns. */
const IS_LONG = globalThis.process.env['MODE'] === 'learning';
const SEEDS = Array.from({ length: IS_LONG ? 20 : 1 }, (_, index) => index + 1);
/** Fewer requests, more of which are rated. */
const OF_STAND_DOWN = IS_LONG ? {} : { requests: 2000, rated: 0.2 };
const TIMEOUT_MS = 1_200_000;

/** Mean distance to the best model over the last third: of what was chosen, and of what the catalog alone would have chosen. */
function measureRegret(requests: readonly TrueRequest[]): { learned: number; prior: number } {
	const last = requests.slice(-Math.ceil(requests.length / 3));
	return {
		learned: meanOf(last, ({ best, quality }) => best - quality),
		prior: meanOf(last, ({ best, ofPrior }) => best - ofPrior),
	};
}

it(
	'ratings of one answer in ten bring choices to less than half the distance to the best model that the catalog leaves',
	async () => {
		const regrets: Array<ReturnType<typeof measureRegret>> = [];
		for (const seed of SEEDS)
			regrets.push(measureRegret(await runHiddenTruth({ seed, router: { learning: { standDown: 'off' } } })));
		const sum = (name: 'learned' | 'prior') => regrets.reduce((total, regret) => total + regret[name], 0);
		expect(sum('learned')).toBeLessThan(sum('prior') / 2);
		const halved = regrets.filter(({ learned, prior }) => learned <= prior / 2).length;
		expect(halved, JSON.stringify(regrets)).toBeGreaterThanOrEqual(IS_LONG ? 15 : 1);
	},
	TIMEOUT_MS,
);

describe('routing stands down for a single model', () => {
	const MODELS = 4;
	/** A policy that goes by the strengths that profiles claim, whatever was learned of quality. */
	const claimed: Omit<HiddenTruthOptions, 'seed'> = {
		models: MODELS,
		...OF_STAND_DOWN,
		profile: (model) => ({ strengths: TASK_TYPES.filter((_, index) => index % MODELS === model) }),
	};
	const weights = { capability: 1, cost: 0, latency: 0, quality: 0, historical: 0 };

	/** For each workload: points that the best single model is ahead of routing by, and whether it has taken its place. */
	async function compare(options: HiddenTruthOptions): Promise<Array<{ gap: number; stood: boolean }>> {
		const off = await runHiddenTruth({ ...options, router: { weights, learning: { standDown: 'off' } } });
		const auto = await runHiddenTruth({ ...options, router: { weights } });
		const ofWorkloads = Map.groupBy(off.slice(-1000), ({ workload }) => workload);
		return [...ofWorkloads].map(([name, requests]) => {
			const singles = Array.from({ length: MODELS }, (_, model) =>
				meanOf(requests, ({ ofModels }) => ofModels[model] ?? 0),
			);
			const gap = 100 * (Math.max(...singles) - meanOf(requests, ({ quality }) => quality));
			const decided = auto.slice(-1000).filter(({ workload }) => workload === name);
			const standing = decided.filter(({ policy }) => policy === 'stand-down');
			return { gap, stood: standing.length > decided.length / 2 };
		});
	}

	const shareStood = (workloads: ReadonlyArray<{ stood: boolean }>): number =>
		workloads.filter(({ stood }) => stood).length / workloads.length;

	it(
		'in most workloads where that is two points better',
		async () => {
			const workloads: Array<{ gap: number; stood: boolean }> = [];
			for (const seed of SEEDS) workloads.push(...(await compare({ ...claimed, seed })));
			const clear = workloads.filter(({ gap }) => gap >= 2);
			expect(clear.length).toBeGreaterThan(0);
			expect(shareStood(clear), JSON.stringify(workloads)).toBeGreaterThanOrEqual(IS_LONG ? 0.8 : 0.7);
		},
		TIMEOUT_MS,
	);

	it(
		'in hardly any where routing is better',
		async () => {
			// a model is four points better at what it claims
			const truth = (model: number, type: TaskType) =>
				0.68 + 0.005 * model + (TASK_TYPES.indexOf(type) % MODELS === model ? 0.04 : 0);
			const workloads: Array<{ gap: number; stood: boolean }> = [];
			for (const seed of SEEDS) workloads.push(...(await compare({ ...claimed, seed, truth })));
			expect(Math.max(...workloads.map(({ gap }) => gap))).toBeLessThan(0);
			expect(shareStood(workloads), JSON.stringify(workloads)).toBeLessThanOrEqual(0.05);
		},
		TIMEOUT_MS,
	);
});
