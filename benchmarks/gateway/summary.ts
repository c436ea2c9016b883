import { median } from './load/distribution.ts';
import { failuresOf } from './load/load-job.ts';
import type { BenchResults, RoundFigures, ScenarioFigures } from './measure/results.ts';

/** Reads one figure of a round; `undefined`: not measured. */
export type Pick = (figures: RoundFigures) => number | null | undefined;

/** A figure of one target, round by round. */
function valuesOf(results: BenchResults, target: string, pick: Pick): Map<number, number> {
	const values = new Map<number, number>();
	for (const figures of results.rounds) {
		const value = figures.target === target ? pick(figures) : undefined;
		if (value !== null && value !== undefined) values.set(figures.round, value);
	}
	return values;
}

/** Median over the rounds; `NaN` where nothing was measured. */
export function medianOf(results: BenchResults, target: string, pick: Pick): number {
	return median([...valuesOf(results, target, pick).values()]);
}

/** Combines two targets' figures of the same round; the median of it. */
export function medianBetween(
	results: BenchResults,
	[one, other]: readonly [string, string],
	pick: Pick,
	combine: (one: number, other: number) => number,
): number {
	const others = valuesOf(results, other, pick);
	const pairs = [...valuesOf(results, one, pick)].flatMap(([round, value]) => {
		const base = others.get(round);
		return base === undefined ? [] : [combine(value, base)];
	});
	return median(pairs);
}

const openOf = (name: string, pick: (figures: ScenarioFigures) => number | null | undefined): Pick => {
	return ({ scenarios }) => {
		const figures = scenarios[name];
		return figures === undefined ? undefined : pick(figures);
	};
};

/** The figures that are told of each scenario. */
export const SCENARIO_FIGURES = {
	cpu: (name: string): Pick => openOf(name, ({ open }) => open.cpuUsPerRequest),
	cpuSaturated: (name: string): Pick => openOf(name, ({ saturated }) => saturated.cpuUsPerRequest),
	p50: (name: string): Pick => openOf(name, ({ open }) => open.latency?.p50),
	p99: (name: string): Pick => openOf(name, ({ open }) => open.latency?.p99),
	firstByteP50: (name: string): Pick => openOf(name, ({ open }) => open.firstByte?.p50),
	firstByteP99: (name: string): Pick => openOf(name, ({ open }) => open.firstByte?.p99),
	perSecond: (name: string): Pick => openOf(name, ({ saturated }) => saturated.perSecond),
	failed: (name: string): Pick => openOf(name, ({ open, saturated }) => failuresOf(open) + failuresOf(saturated)),
	wrong: (name: string): Pick => openOf(name, ({ open, saturated }) => open.wrongFrames + saturated.wrongFrames),
	foreign: (name: string): Pick => openOf(name, ({ open }) => open.foreignShare),
} as const;
