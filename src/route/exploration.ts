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
	/** Exact. */
	chance: ChoiceChance;
}

/**
 * Tries now and then, in place of the policy's choice, a model that is nearly tied with it, so that something is learned of models that
 * are seldom chosen. What that is expected to cost more, in money and in points of quality, stays within the day's budgets.
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
		const rivals = scores.filter((score) => isNearTie(score, chosen) && this.#isAffordable(score, chosen));
		if (rivals.length === 0) return null;
		const { share } = this.#config;
		const draw = this.#random();
		const propensities: Record<string, number> = Object.fromEntries(
			rivals.map((score) => [score.model.name, share / rivals.length]),
		);
		propensities[model.name] = 1 - share;
		const chance = { propensities, draw };
		if (draw >= share) return { model: null, chance };
		const tried = rivals[Math.min(rivals.length - 1, Math.floor((draw / share) * rivals.length))] ?? chosen;
		const { cost, points } = getPrice(tried, chosen);
		this.#spentNanoUsd += cost;
		this.#lostPoints += points;
		return { model: tried.model.name, chance };
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
		score.model.name !== chosen.model.name &&
		score.estimatedCostNanoUsd !== null &&
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
