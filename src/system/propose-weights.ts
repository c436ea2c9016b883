import { resolveQuality } from '../catalog/index.ts';
import type {
	BaselineInterval,
	CandidateRecord,
	DecisionRecord,
	ModelName,
	ModelProfile,
	OutcomeRow,
	RouterStorage,
	RoutingWeights,
	TaskType,
} from '../contracts/index.ts';
import { nanoToUsd } from '../contracts/index.ts';
import { bootstrap } from '../cost/index.ts';
import { chooseByWeights, dropDominated, type FittedCandidate, fitWeights } from '../learn/index.ts';
import { hashText } from '../util/index.ts';

/** Weights fitted to stored outcomes, with what they would have done on decisions that they were not fitted to. */
export interface WeightProposal {
	/** Decisions with candidates and a price, and those of them whose answer was judged. */
	decisions: number;
	judged: number;
	/** `null` where too few answers were judged, or none costs as little as what was chosen. */
	weights: RoutingWeights | null;
	/** Over the half that was held out: points of quality and USD per 1,000 requests, then and with the proposal. */
	heldOut: { decisions: number; gain: BaselineInterval; costThen: number; costNow: number } | null;
	/** Percent of the held-out choices of a model whose answers to such tasks were judged at least five times there. */
	coverage: number;
	/** The gain's interval is above 0, and that of the cost is not. */
	isBetter: boolean;
}

/** Decisions read, the newest. */
const MAX_DECISIONS = 10_000;
/** Judged answers from which on weights are fitted. */
const MIN_JUDGED_TO_FIT = 100;
/** Judged answers that a model's catalog figure is worth. */
const PRIOR_ANSWERS = 30;
/** Judged answers from which on a model is known on a type of task. */
const MIN_KNOWN = 5;
const ROUNDS = 500;

interface StoredDecision {
	record: DecisionRecord;
	candidates: readonly CandidateRecord[];
	outcome: OutcomeRow | undefined;
}

/** What was judged of a model on a type of task. */
class JudgedQuality {
	readonly #cells = new Map<string, { sum: number; count: number }>();
	readonly #profiles: ReadonlyMap<ModelName, ModelProfile>;

	/** `counts`: how often each decision counts. @default once */
	constructor(
		profiles: ReadonlyMap<ModelName, ModelProfile>,
		decisions: readonly StoredDecision[],
		counts?: Float64Array,
	) {
		this.#profiles = profiles;
		for (const [index, { outcome, record }] of decisions.entries()) {
			if (outcome === undefined || outcome.quality === null) continue;
			const count = counts?.[index] ?? 1;
			const key = `${outcome.answeredBy} ${record.taskType}`;
			const cell = this.#cells.get(key) ?? { sum: 0, count: 0 };
			this.#cells.set(key, { sum: cell.sum + count * outcome.quality, count: cell.count + count });
		}
	}

	/** 0-100, shrunk to the catalog's figure. */
	expect(model: ModelName, type: TaskType): number {
		const profile = this.#profiles.get(model);
		const prior = profile === undefined ? 0 : resolveQuality(profile, type);
		const { sum, count } = this.#cells.get(`${model} ${type}`) ?? { sum: 0, count: 0 };
		return (PRIOR_ANSWERS * prior + sum) / (PRIOR_ANSWERS + count);
	}

	isKnown(model: ModelName, type: TaskType): boolean {
		return (this.#cells.get(`${model} ${type}`)?.count ?? 0) >= MIN_KNOWN;
	}
}

type NamedCandidate = FittedCandidate & { model: ModelName };

function toFitted({ candidates, record }: StoredDecision, quality: JudgedQuality): NamedCandidate[] {
	return candidates.map(({ estimatedCostNanoUsd, model, scores }) => ({
		model,
		scores,
		quality: quality.expect(model, record.taskType),
		cost: estimatedCostNanoUsd === null ? Number.POSITIVE_INFINITY : nanoToUsd(estimatedCostNanoUsd),
	}));
}

/** The decisions as fits see them, and what was chosen in each. */
function prepare(decisions: readonly StoredDecision[], quality: JudgedQuality) {
	return decisions.map((decision) => {
		const all = toFitted(decision, quality);
		const chosen = all.find(({ model }) => model === decision.record.model);
		return { candidates: dropDominated(all) as NamedCandidate[], chosen, type: decision.record.taskType };
	});
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Fits weights of the five factors to stored decisions and what was judged of their answers, for no more money than was spent, and
 * measures them on the half of the decisions that they were not fitted to. Nothing is changed.
 */
export async function proposeWeights(storage: RouterStorage, models: readonly ModelProfile[]): Promise<WeightProposal> {
	const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
	const outcomes = await storage.records.outcomes(ALL, MAX_DECISIONS);
	const byDecision = new Map(outcomes.map((outcome) => [outcome.decisionId, outcome]));
	const records = await storage.records.decisions(ALL, MAX_DECISIONS);
	const decisions = records.flatMap((record): StoredDecision[] => {
		const { candidates = [] } = record;
		const isPriced = candidates.some((each) => each.model === record.model && each.estimatedCostNanoUsd !== null);
		return candidates.length > 1 && isPriced ? [{ record, candidates, outcome: byDecision.get(record.id) }] : [];
	});
	const judged = decisions.filter(({ outcome }) => outcome?.quality != null).length;
	const none = { decisions: decisions.length, judged, weights: null, heldOut: null, coverage: 0, isBetter: false };
	if (judged < MIN_JUDGED_TO_FIT) return none;
	const profiles = new Map(models.map((profile) => [profile.name, profile]));
	// the last digit of the id's hash: the same half each time, whatever comes later
	const isTaught = ({ record }: StoredDecision): boolean => Number.parseInt(hashText(record.id).slice(-1), 16) < 8;
	const taught = decisions.filter(isTaught);
	const asked = decisions.filter((decision) => !isTaught(decision));
	if (taught.length === 0 || asked.length === 0) return none;
	const learned = new JudgedQuality(profiles, taught);
	const lessons = prepare(taught, learned);
	const budget = mean(lessons.map(({ chosen }) => chosen?.cost ?? 0));
	const [fitted] = fitWeights(
		lessons.map(({ candidates }) => candidates),
		[budget],
	);
	if (fitted === null || fitted === undefined) return none;
	// what is chosen knows only what taught; what it is worth is judged by the others
	const trials = prepare(asked, learned).map(({ candidates, chosen, type }) => {
		return { type, chosen, proposed: candidates[chooseByWeights(candidates, fitted.weights)] };
	});
	const [gain, extraCost] = bootstrap(asked.length, (counts) => compareTrials({ asked, counts, profiles, trials }), {
		rounds: ROUNDS,
	});
	if (gain === undefined || extraCost === undefined) return none;
	const known = new JudgedQuality(profiles, asked);
	const isKnown = trials.filter(({ proposed, type }) => known.isKnown(proposed?.model ?? '', type)).length;
	return {
		decisions: decisions.length,
		judged,
		weights: fitted.weights,
		heldOut: {
			decisions: trials.length,
			gain,
			costThen: 1000 * mean(trials.map(({ chosen }) => chosen?.cost ?? 0)),
			costNow: 1000 * mean(trials.map(({ proposed }) => proposed?.cost ?? 0)),
		},
		coverage: (100 * isKnown) / trials.length,
		isBetter: gain.low > 0 && extraCost.low <= 0,
	};
}

interface Trial {
	type: TaskType;
	chosen: NamedCandidate | undefined;
	proposed: NamedCandidate | undefined;
}

/** Points and USD a request by which the proposal is above what was chosen, by the judgements that were drawn. */
function compareTrials({
	asked,
	counts,
	profiles,
	trials,
}: {
	asked: readonly StoredDecision[];
	counts: Float64Array;
	profiles: ReadonlyMap<ModelName, ModelProfile>;
	trials: readonly Trial[];
}): number[] {
	const quality = new JudgedQuality(profiles, asked, counts);
	let [points, cost] = [0, 0];
	for (const [index, { chosen, proposed, type }] of trials.entries()) {
		const count = counts[index] ?? 0;
		if (count === 0 || chosen === undefined || proposed === undefined) continue;
		points += count * (quality.expect(proposed.model, type) - quality.expect(chosen.model, type));
		cost += count * (proposed.cost - chosen.cost);
	}
	return [points / trials.length, cost / trials.length];
}
