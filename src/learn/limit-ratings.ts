import type { OutcomeObservation } from '../contracts/index.ts';
import { getCellKey, getDecayFactor } from './score-table.ts';

/**
 * Share of the judgements, the prior among them, that one caller's ratings may make up at each of the three levels of which
 * a score is built: together they move it by at most a tenth.
 */
const MAX_SHARE: number = 1 / 30;

/** How outcomes become scores. */
interface RatingOptions {
	/** Epoch milliseconds. */
	now: number;
	halfLifeMs: number;
	/** Judgements that the prior is worth. */
	pseudoCount: number;
}

/** Judgements of one level: whose they are, and how many, decayed. */
interface Judgements {
	/** Of nobody in particular. */
	general: number;
	byRater: Map<string, number>;
}

/**
 * What each rating counts for, 0 to 1, so that no caller who rates its own answers decides alone what all are routed by.
 * Ratings that name no rater, the operator's, count whole and are not in the result.
 */
export function limitRatings(
	observations: readonly OutcomeObservation[],
	options: RatingOptions,
): ReadonlyMap<OutcomeObservation, number> {
	const weights = new Map<OutcomeObservation, number>();
	const rated = observations.filter(({ ratedBy }) => ratedBy != null);
	if (rated.length === 0) return weights;
	const levels = new Map<string, Judgements>();
	for (const observation of observations) {
		if (observation.quality === null) continue;
		const weight = getDecayFactor(options.now - observation.at, options.halfLifeMs);
		for (const name of listLevels(observation)) addJudgement(levels, name, observation.ratedBy ?? null, weight);
	}
	const limits = new Map([...levels].map(([name, level]) => [name, findLimit(level, options.pseudoCount)] as const));
	for (const observation of rated) {
		const factors = listLevels(observation).map((name) => {
			const own = levels.get(name)?.byRater.get(observation.ratedBy ?? '') ?? 0;
			return own === 0 ? 1 : (limits.get(name) ?? 0) / own;
		});
		weights.set(observation, Math.min(1, ...factors));
	}
	return weights;
}

/** The levels in whose scores an outcome counts: its model, its type, its type and complexity. */
function listLevels({ model, taskType, complexity }: OutcomeObservation): string[] {
	return [model, `${model}\n${taskType}`, `${model}\n${getCellKey(taskType, complexity)}`];
}

function addJudgement(levels: Map<string, Judgements>, name: string, rater: string | null, weight: number): void {
	const level = levels.get(name) ?? { general: 0, byRater: new Map<string, number>() };
	levels.set(name, level);
	if (rater === null) level.general += weight;
	else level.byRater.set(rater, (level.byRater.get(rater) ?? 0) + weight);
}

/** The most that one rater may count for, so that it is no more than its share of everything that counts, limited likewise. */
function findLimit({ byRater, general }: Judgements, pseudoCount: number): number {
	const counts = [...byRater.values()].sort((a, b) => b - a);
	let others = pseudoCount + general + counts.reduce((sum, count) => sum + count, 0);
	// the heaviest are limited to the same; each that is leaves less for the rest to be a share of
	for (const [limited, count] of counts.entries()) {
		const limit = (MAX_SHARE * others) / (1 - MAX_SHARE * limited);
		if (count <= limit) return limit;
		others -= count;
		if (MAX_SHARE * (limited + 1) >= 1) return limit;
	}
	return (MAX_SHARE * others) / (1 - MAX_SHARE * counts.length);
}
