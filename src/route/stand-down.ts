import type { Estimate, ModelName, RandomSource, RoutingScore } from '../contracts/index.ts';
import { BoundedMap } from '../util/index.ts';
import type { DecisionTemplate } from './decide-route.ts';

/** The policy of a decision whose model took the place of routing. */
export const STAND_DOWN_POLICY = 'stand-down';
/** Stands in the reason of every decision of a workload in which a single model would be better; reports find it by this. */
export const STAND_DOWN_REASON = ': in this workload it is ';
/** Workloads that are compared; of more the one that was used longest ago is forgotten. */
const MAX_WORKLOADS = 500;
/** What a request still counts for after the next one: half after some 350. */
const DECAY = 0.998;
/** Requests of a workload before it is judged, and between two judgements. */
const MIN_REQUESTS = 40;
const JUDGE_EVERY = 10;
/** Judgements of the single model that must stand behind what is expected of it, on average over the requests. */
const MIN_OUTCOMES = 3;
/** Points by which the single model must be better, and that gain in standard deviations. */
const MIN_GAIN = 1;
const MIN_DEVIATIONS = 1.15;
/** What the single model may cost, as a share of what routing does. */
const MOST_COST = 1;
const MOST_COST_STANDING = 1.05;
/** With this probability a request of a workload that stands down is routed all the same. */
export const RETRY_SHARE = 0.05;
/** Half-width of an 80 % interval in standard deviations. */
const Z_SCORE_80_PERCENT = 1.2816;

/** Decayed sums over requests of one workload, of one model beside what routing chose. */
interface Tally {
	requests: number;
	/** Nano-dollars. */
	cost: number;
	/** Points. */
	gain: number;
	deviation: number;
	outcomes: number;
}

interface WorkloadTally {
	requests: number;
	/** Of what routing chose, nano-dollars. */
	cost: number;
	/** At most as many as compete. */
	models: Map<ModelName, Tally>;
	sinceJudged: number;
	standing: Omit<StandIn, 'draw'> | null;
}

/** The model that answers a workload in place of routing. */
export interface StandIn {
	model: ModelName;
	/** Points that it is better by than what routing chooses, over the workload's requests. */
	gain: number;
	/** What it costs as a share of what routing does. */
	costShare: number;
	/** Judgements behind what is expected of it, on average over the requests (decayed count). */
	outcomes: number;
	/** In [0, 1): below `RETRY_SHARE` this request is routed all the same, to see whether that has become better. */
	draw: number;
}

const deviationOf = ({ low, high }: Estimate): number => (high - low) / (2 * Z_SCORE_80_PERCENT);

/**
 * Compares, per workload, what routing chooses with each single model, by what outcomes say of both and at the expected costs of the
 * very requests: where one model would be better for no more money, it takes the place of routing. What routing would choose
 * is watched all the while, and a request in twenty still goes there.
 */
export class StandDown {
	readonly #workloads = new BoundedMap<string, WorkloadTally>(MAX_WORKLOADS);
	readonly #random: RandomSource;

	constructor(random: RandomSource) {
		this.#random = random;
	}

	/** Takes one decision of the policy; answers who is to take its place, `null`: nobody. */
	judge(workload: string, { model: { name: chosen }, scores }: DecisionTemplate): StandIn | null {
		const known = this.#workloads.get(workload);
		const tally = known ?? { requests: 0, cost: 0, models: new Map(), sinceJudged: 0, standing: null };
		if (known === undefined) this.#workloads.set(workload, tally);
		const routed = scores.find(({ model }) => model.name === chosen);
		// without a price nothing can be compared
		if (routed === undefined || routed.estimatedCostNanoUsd === null) return null;
		addRequest(tally, routed, scores);
		tally.sinceJudged += 1;
		if (tally.sinceJudged >= JUDGE_EVERY && tally.requests >= MIN_REQUESTS) {
			tally.sinceJudged = 0;
			tally.standing = findBetter(tally);
		}
		const { standing } = tally;
		if (standing === null || !scores.some(({ model }) => model.name === standing.model)) return null;
		return { ...standing, draw: this.#random() };
	}
}

function addRequest(tally: WorkloadTally, routed: RoutingScore, scores: readonly RoutingScore[]): void {
	tally.requests = tally.requests * DECAY + 1;
	tally.cost = tally.cost * DECAY + (routed.estimatedCostNanoUsd ?? 0);
	for (const of of tally.models.values()) {
		of.requests *= DECAY;
		of.cost *= DECAY;
		of.gain *= DECAY;
		of.deviation *= DECAY;
		of.outcomes *= DECAY;
	}
	const ofRouted = deviationOf(routed.predictedQuality);
	for (const { model, predictedQuality, estimatedCostNanoUsd } of scores) {
		if (estimatedCostNanoUsd === null) continue;
		const sums = tally.models.get(model.name) ?? { requests: 0, cost: 0, gain: 0, deviation: 0, outcomes: 0 };
		tally.models.set(model.name, sums);
		sums.requests += 1;
		sums.cost += estimatedCostNanoUsd;
		sums.gain += predictedQuality.value - routed.predictedQuality.value;
		sums.deviation += model.name === routed.model.name ? 0 : Math.hypot(deviationOf(predictedQuality), ofRouted);
		sums.outcomes += predictedQuality.outcomes ?? 0;
	}
}

/** The single model that is better by most, among those that cost no more than routing and may answer nearly everything. */
function findBetter({ cost, models, requests, standing }: WorkloadTally): WorkloadTally['standing'] {
	let best: WorkloadTally['standing'] = null;
	for (const [model, sums] of models) {
		const isStanding = standing?.model === model;
		const [gain, deviation, outcomes] = [sums.gain, sums.deviation, sums.outcomes].map((sum) => sum / sums.requests);
		if (gain === undefined || deviation === undefined || outcomes === undefined) continue;
		const costShare = sums.cost / sums.requests / (cost / requests);
		// who stands in goes on until routing is better
		const needed = isStanding ? 0 : Math.max(MIN_GAIN, MIN_DEVIATIONS * deviation);
		const isAffordable = costShare <= (isStanding ? MOST_COST_STANDING : MOST_COST);
		if (sums.requests < 0.95 * requests || outcomes < MIN_OUTCOMES || !isAffordable || gain < needed) continue;
		if (best === null || gain > best.gain) best = { model, gain, costShare, outcomes };
	}
	return best;
}
