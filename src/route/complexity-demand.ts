import type { TaskComplexity } from '../contracts/index.ts';

/** What a level of complexity asks of a model, and how much it lets a model cost and take. */
export interface ComplexityDemand {
	/** Quality (0-100) at which a model is as likely as not to be good enough. */
	quality: number;
	/** How much a strength that is not listed takes away, 0-1: anyone can do the simple, and sheer ability weighs more than habit in the critical. */
	specialty: number;
	/** Times the reference price at which a request counts as half-way dear. */
	costTolerance: number;
	/** Times the reference duration at which an answer counts as half-way slow. */
	latencyTolerance: number;
}

/**
 * Judgement, not measurement: a mistake in a critical task costs more than tokens do, so demand and tolerance
 * rise together. The levels are placed on the catalog's quality scale (75 small, 80 light, 90 general, 95 strongest).
 */
export const COMPLEXITY_DEMAND: Readonly<Record<TaskComplexity, ComplexityDemand>> = {
	simple: { quality: 72, specialty: 0.2, costTolerance: 0.5, latencyTolerance: 0.5 },
	medium: { quality: 82, specialty: 0.5, costTolerance: 1, latencyTolerance: 1 },
	complex: { quality: 88, specialty: 0.6, costTolerance: 2, latencyTolerance: 2 },
	critical: { quality: 92, specialty: 0.2, costTolerance: 6, latencyTolerance: 6 },
};

/** Points of quality over which "not good enough" turns into "good enough". */
const QUALITY_SPREAD = 4;

/** How likely a model of this quality (0-100) is good enough for the complexity, 0-1, rising with quality. */
export function sufficiency(quality: number, complexity: TaskComplexity): number {
	return 1 / (1 + Math.exp((COMPLEXITY_DEMAND[complexity].quality - quality) / QUALITY_SPREAD));
}
