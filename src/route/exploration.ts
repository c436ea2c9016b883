import type {
	ChoiceChance,
	ExplorationConfig,
	ModelName,
	NanoUsd,
	RandomSource,
	RoutingScore,
} from '../contracts/index.ts';
import { usdToNano } from '../contracts/index.ts';
import { DAY_MS } from '../util/index.ts';
import type { DecisionTemplate } from './decide-route.ts';

/** Points of total score within which models are near-ties. */
const MOST_POINTS_BEHIND = 2;

/** What exploration made of a decision. */
export interface Explored {
	/** The model that is tried; `null`: the policy's choice stands. */
	model: ModelName | null;
	/** It is nearly tied with the policy's choice. */
	isNearTie: boolean;
	/** Exact. */
	chance: ChoiceChance;
}

/** Probability that the models of the floor have together, at most. */
const MOST_FLOOR = 0.25;

/**
 * Tries now and then, in place of the policy's choice, a model that is nearly tied with it, or by the floor any other, so that something
 * is learned of models that are seldom chosen. What that is expected to cost more, in money and in points of quality, stays within the day's budgets.
 */
export class Exploration {
	readonly #config: ExplorationConfig;
	readonly #random: RandomSource;
	#day = 0;
	#spentNanoUsd: NanoUsd = 0;
	#lostPoints = 0;

	constructor(config: ExplorationConfig, random: RandomSource) {
		this.#config = config;
		this.#random = random;
	}

	/** What was spent of today's budgets: money, and points of expected quality, both only where the policy's choice was better. */
	get spent(): { nanoUsd: NanoUsd; points: number } {
		return { nanoUsd: this.#spentNanoUsd, points: this.#lostPoints };
	}

	/** Whether to try another model than the decision's; `null` where there is none, or nothing is left to try it with. */
	explore({ model, scores }: DecisionTemplate, now: number): Explored | null {
		const day = Math.floor(now / DAY_MS);
		if (day !== this.#day) [this.#day, this.#spentNanoUsd, this.#lostPoints] = [day, 0, 0];
		const chosen = scores.find((score) => score.model.name === model.name);
		if (chosen === undefined) return null;
		const others = this.#weigh(scores, chosen);
		if (others.length === 0) return null;
		const draw = this.#random();
		const propensities: Record<string, number> = {};
		let [all, tried]: [number, RoutingScore | null] = [0, null];
		for (const { probability, score } of others) {
			propensities[score.model.name] = probability;
			all += probability;
			if (tried === null && draw < all) tried = score;
		}
		propensities[model.name] = 1 - all;
		const chance = { propensities, draw };
		if (tried === null) return { model: null, isNearTie: false, chance };
		const { cost, points } = getPrice(tried, chosen);
		this.#spentNanoUsd += cost;
		this.#lostPoints += points;
		return { model: tried.model.name, isNearTie: isNearTie(tried, chosen), chance };
	}

	/** The models that may be tried, each with its probability: near-ties share `share`, and each model with a price has the floor. */
	#weigh(scores: readonly RoutingScore[], chosen: RoutingScore): Array<{ score: RoutingScore; probability: number }> {
		const others = scores.filter(
			(score) => score !== chosen && score.estimatedCostNanoUsd !== null && this.#isAffordable(score, chosen),
		);
		const ties = others.filter((score) => isNearTie(score, chosen));
		const floor = Math.min(this.#config.floor, MOST_FLOOR / Math.max(1, others.length));
		return others
			.map((score) => ({ score, probability: floor + (ties.includes(score) ? this.#config.share / ties.length : 0) }))
			.filter(({ probability }) => probability > 0);
	}

	#isAffordable(score: RoutingScore, chosen: RoutingScore): boolean {
		const { cost, points } = getPrice(score, chosen);
		const { dailyCost, dailyPoints } = this.#config;
		return this.#spentNanoUsd + cost <= usdToNano(dailyCost) && this.#lostPoints + points <= dailyPoints;
	}
}

/** Near the choice in its total, and not surely worse than it. */
function isNearTie(score: RoutingScore, chosen: RoutingScore): boolean {
	return (
		score.totalScore >= chosen.totalScore - MOST_POINTS_BEHIND &&
		score.predictedQuality.high >= chosen.predictedQuality.value
	);
}

/** What trying a model is expected to cost more than the choice: nano-dollars, and points of quality. */
function getPrice(score: RoutingScore, chosen: RoutingScore): { cost: NanoUsd; points: number } {
	const cost = (score.estimatedCostNanoUsd ?? 0) - (chosen.estimatedCostNanoUsd ?? 0);
	const points = chosen.predictedQuality.value - score.predictedQuality.value;
	return { cost: Math.max(0, cost), points: Math.max(0, points) };
}
