import {
	type ArmResult,
	type ArmVerdict,
	type ExperimentComparison,
	type ExperimentDefinition,
	type ExperimentMetric,
	type ExperimentProblem,
	type ExperimentResult,
	type ExperimentUnit,
	nanoToUsd,
} from '../contracts/index.ts';
import {
	addArmOutcome,
	createDifference,
	type DifferenceInterval,
	type DifferenceState,
	readInterval,
} from './confidence-sequence.ts';
import { SUSPICIOUS_P, testMissing, testSampleRatio } from './health-checks.ts';

const METRICS: readonly ExperimentMetric[] = ['quality', 'cost', 'latency', 'errors'];

/** The metrics that each question is decided by; they share alpha. */
const DECISIVE: Readonly<Record<ExperimentDefinition['question'], readonly ExperimentMetric[]>> = {
	cheaper: ['quality', 'cost'],
	quality: ['quality'],
	cost: ['cost'],
	latency: ['latency'],
};

/** What was counted of one arm; sums over its units of values from 0 to 1. */
interface ArmSums {
	units: number;
	requests: number;
	counts: Record<ExperimentMetric, number>;
	sums: Record<ExperimentMetric, number>;
}

/** All that an analysis knows, as plain data. */
export interface ExperimentState {
	/** Position of the last unit that was added; 0: none was. */
	position: number;
	arms: ArmSums[];
	/** By arm but the first, in their order. */
	differences: Array<Record<ExperimentMetric, DifferenceState>>;
	/** Units that were answered in two arms, drawn into an arm of share 0, or with another probability than their arm's share. */
	leaked: number;
}

function createRecord<Value>(create: (metric: ExperimentMetric) => Value): Record<ExperimentMetric, Value> {
	return { quality: create('quality'), cost: create('cost'), latency: create('latency'), errors: create('errors') };
}

/** What each metric of an experiment ranges to, in the unit of its differences. */
function getScales({ costCapUsd, latencyCapMs }: ExperimentDefinition): Record<ExperimentMetric, number> {
	return { quality: 100, cost: costCapUsd, latency: latencyCapMs, errors: 100 };
}

/** Before the first unit. */
export function createExperimentState({ alpha, arms, question }: ExperimentDefinition): ExperimentState {
	const compared = Math.max(1, arms.length - 1);
	const decisive = DECISIVE[question];
	const ofVerdicts = alpha / compared / decisive.length;
	// what does not decide only guards: three guardrails share as much again
	const ofGuards = alpha / compared / 3;
	const control = arms[0]?.share ?? 1;
	return {
		position: 0,
		arms: arms.map(() => ({ units: 0, requests: 0, counts: createRecord(() => 0), sums: createRecord(() => 0) })),
		differences: arms.slice(1).map(({ share }) =>
			createRecord((metric) =>
				createDifference({
					alpha: decisive.includes(metric) ? ofVerdicts : ofGuards,
					// an arm of share 0 has no unit
					lowestProbability: Math.min(control, share > 0 ? share : 1),
					start: metric === 'quality' ? 0.5 : 0,
				}),
			),
		),
		leaked: 0,
	};
}

/** A unit's metrics from 0 to 1; `null` for what is missing. */
function toOutcomes(unit: ExperimentUnit, definition: ExperimentDefinition): Record<ExperimentMetric, number | null> {
	const { costNanoUsd, errors, latencyMs, quality } = unit;
	const { costCapUsd, latencyCapMs } = definition;
	const rated = quality === null ? null : Math.min(1, Math.max(0, quality / 100));
	return {
		quality: definition.quality === 'rating' ? rated : errors === null ? null : 1 - errors,
		cost: costNanoUsd === null ? null : Math.min(1, nanoToUsd(costNanoUsd) / costCapUsd),
		latency: latencyMs === null ? null : Math.min(1, latencyMs / latencyCapMs),
		errors,
	};
}

/** Adds a unit, in the order of positions. */
export function addUnit(state: ExperimentState, unit: ExperimentUnit, definition: ExperimentDefinition): void {
	state.position = unit.position;
	const index = definition.arms.findIndex(({ name }) => name === unit.arm);
	const sums = state.arms[index];
	const { share = 0 } = definition.arms[index] ?? {};
	if (sums === undefined || share === 0 || unit.isLeaked || Math.abs(unit.probability - share) > 1e-9) {
		state.leaked += 1;
		return;
	}
	sums.units += 1;
	sums.requests += unit.requests;
	const outcomes = toOutcomes(unit, definition);
	for (const metric of METRICS) {
		const value = outcomes[metric];
		if (value === null) continue;
		sums.counts[metric] += 1;
		sums.sums[metric] += value;
		for (const [other, differences] of state.differences.entries()) {
			if (index !== 0 && index !== other + 1) continue;
			addArmOutcome(differences[metric], { isTreated: index !== 0, value, probability: share });
		}
	}
}

/** What the units so far have shown. */
export function readExperiment(state: ExperimentState, definition: ExperimentDefinition): ExperimentResult {
	const problems = findProblems(state, definition);
	const verdicts = state.differences.map((differences, index): ArmVerdict => {
		const comparisons = METRICS.map((metric) => compare(metric, readInterval(differences[metric]), definition));
		return {
			arm: definition.arms[index + 1]?.name ?? '',
			outcome: problems.length > 0 ? null : decide(comparisons, definition),
			comparisons,
		};
	});
	const guardrail = verdicts.map((verdict) => findBreach(verdict, definition)).find((breach) => breach !== null);
	return {
		units: state.arms.reduce((sum, { units }) => sum + units, 0),
		arms: state.arms.map((sums, index) => describeArm(sums, index, definition)),
		verdicts,
		problems,
		guardrail: guardrail ?? null,
	};
}

function compare(
	metric: ExperimentMetric,
	{ estimate, high, low }: DifferenceInterval,
	definition: ExperimentDefinition,
): ExperimentComparison {
	const scale = getScales(definition)[metric];
	const decides = DECISIVE[definition.question].includes(metric);
	return {
		metric,
		estimate: estimate === null ? null : scale * estimate,
		low: scale * low,
		high: scale * high,
		decides,
	};
}

/** The verdict on an arm: it goes by the very intervals that are shown. */
function decide(
	comparisons: readonly ExperimentComparison[],
	definition: ExperimentDefinition,
): NonNullable<ArmVerdict['outcome']> {
	const scales = getScales(definition);
	/** As a gain, so that more is better; each with what counts as none. */
	const gains = comparisons
		.filter(({ decides }) => decides)
		.map(({ high, low, metric }) => {
			const margin = (definition.margin / 100) * scales[metric];
			return metric === 'quality' ? { low, high, margin } : { low: -high, high: -low, margin };
		});
	const [first, second] = gains;
	if (first === undefined) return 'undecided';
	const isEquivalent = gains.every(({ high, low, margin }) => low > -margin && high < margin);
	if (second === undefined) {
		if (isEquivalent) return 'equivalent';
		return first.low > 0 ? 'better' : first.high < 0 ? 'worse' : 'undecided';
	}
	// quality and money: not worse by more than the margin, and cheaper
	if (first.low > -first.margin && second.low > 0) return 'better';
	if (first.high < -first.margin || (second.high < 0 && first.high < first.margin)) return 'worse';
	return isEquivalent ? 'equivalent' : 'undecided';
}

function findProblems(state: ExperimentState, { arms, quality, question }: ExperimentDefinition): ExperimentProblem[] {
	const problems: ExperimentProblem[] = [];
	if (state.leaked > 0)
		problems.push({
			kind: 'leakage',
			message: `${state.leaked} units were answered in more than one arm, or drawn into one with another probability than its share: the arms are not apart. Look for processes that share the database and not the configuration.`,
		});
	const all = state.arms.reduce((sum, { units }) => sum + units, 0);
	const ratio = testSampleRatio(
		state.arms.map(({ units }, index) => ({ observed: units, expected: all * (arms[index]?.share ?? 0) })),
	);
	if (ratio !== null && ratio < SUSPICIOUS_P)
		problems.push({
			kind: 'sample-ratio',
			message: `The arms' sizes do not fit their shares (p = ${ratio.toExponential(1)}): some units of an arm are not recorded.`,
		});
	const used = state.arms.filter((_, index) => (arms[index]?.share ?? 0) > 0);
	const lacks = {
		quality: quality === 'rating' ? 'had a judgement' : 'had an outcome',
		cost: 'had a price',
		latency: 'were answered',
	};
	for (const metric of ['quality', 'cost', 'latency'] as const) {
		// what failed has no latency: that matters where latency decides, and what failed may well have been slow
		if (metric === 'latency' && question !== 'latency') continue;
		const missing = testMissing(used.map((sums) => ({ units: sums.units, missing: countMissing(sums, metric) })));
		if (missing === null || missing >= SUSPICIOUS_P) continue;
		problems.push({
			kind: 'missing-outcomes',
			message: `Units of one arm ${lacks[metric]} less often than those of another (p = ${missing.toExponential(1)}): what is left cannot be compared.`,
		});
	}
	return problems;
}

/** Units of an arm without a metric; a unit of which a part of the requests has no latency counts with that part. */
function countMissing({ counts, sums, units }: ArmSums, metric: ExperimentMetric): number {
	const missing = units - counts[metric];
	return metric === 'latency' ? Math.max(missing, units - counts.errors + sums.errors) : missing;
}

/** What of an arm is surely further above the first arm than a guardrail allows, in a sentence; `null`: nothing. */
function findBreach({ arm, comparisons }: ArmVerdict, { guardrails }: ExperimentDefinition): string | null {
	const { costUsd, errors, latencyMs } = guardrails;
	const guards = [
		{
			metric: 'errors',
			most: errors === null ? null : 100 * errors,
			format: (value: number) => `${value.toFixed(1)} %`,
		},
		{ metric: 'cost', most: costUsd, format: (value: number) => `$${value.toFixed(6)}` },
		{ metric: 'latency', most: latencyMs, format: (value: number) => `${Math.round(value)} ms` },
	] as const;
	for (const { format, metric, most } of guards) {
		const comparison = comparisons.find((each) => each.metric === metric);
		if (comparison === undefined || most === null || comparison.low <= most) continue;
		return `The ${metric} of arm "${arm}" are at least ${format(comparison.low)} above those of the first; ${format(most)} is allowed`;
	}
	return null;
}

function describeArm(
	{ counts, requests, sums, units }: ArmSums,
	index: number,
	definition: ExperimentDefinition,
): ArmResult {
	const scales = getScales(definition);
	const mean = (metric: ExperimentMetric, scale = scales[metric]): number | null =>
		counts[metric] === 0 ? null : (scale * sums[metric]) / counts[metric];
	const { name = '', share = 0 } = definition.arms[index] ?? {};
	return {
		arm: name,
		share,
		units,
		requests,
		missing: units - counts.quality,
		quality: mean('quality'),
		costUsd: mean('cost'),
		latencyMs: mean('latency'),
		errors: mean('errors', 1),
	};
}
