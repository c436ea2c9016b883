import {
	type Exclusion,
	type ModelName,
	nanoToUsd,
	type RouterConfig,
	type TaskConstraints,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { WEIGHT_NAMES } from '../route/index.ts';
import type { DecisionReplay, ReplayChanges } from './replay-decision.ts';

/** One change after which a decision would have chosen another model. */
export interface DecisiveChange {
	kind: 'weight' | 'price' | 'quality' | 'limit';
	/** The setting, e.g. `weights.cost` or `constraints.maxCost`. */
	what: string;
	/** Its value then; `null`: none was set. */
	from: number | string | null;
	to: number | string;
	/** How far the two are apart, as a share of the first; 1 for a limit. */
	size: number;
}

/** Why a model was not chosen, and what would have chosen it. */
export interface WhyNot {
	model: ModelName;
	chosen: ModelName;
	/** Why it could not answer; empty for a candidate. */
	exclusions: Exclusion[];
	/** Its place among the candidates, from 1; `null` for one that was excluded. */
	rank: number | null;
	/** Points of score behind the chosen model; `null` for one that was excluded. */
	pointsBehind: number | null;
	/** Each found by deciding again, the smallest first; empty where none was found. */
	changes: DecisiveChange[];
}

/** Steps in which a range is searched, and halvings of the step that was found. */
const STEPS = 16;
const HALVINGS = 12;

/**
 * The value nearest to where a range begins with which the test passes, to a 65,000th of the range; `null` where none was found. It
 * need not pass beyond.
 */
async function findNearest(
	from: number,
	to: number,
	test: (value: number) => Promise<boolean>,
): Promise<number | null> {
	let before = from;
	for (let step = 1; step <= STEPS; step += 1) {
		let passed = from + ((to - from) * step) / STEPS;
		if (!(await test(passed))) {
			before = passed;
			continue;
		}
		for (let halving = 0; halving < HALVINGS; halving += 1) {
			const middle = (before + passed) / 2;
			if (await test(middle)) passed = middle;
			else before = middle;
		}
		return passed;
	}
	return null;
}

/** To three digits, away from where it began: rounding must not undo the change. */
function roundAway(value: number, from: number): number {
	const unit = 10 ** (Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))) - 2);
	return Number(((value >= from ? Math.ceil(value / unit) : Math.floor(value / unit)) * unit).toPrecision(6));
}

/** The weights with one at a share of the whole and the others in their proportion. */
function withShare(weights: RouterConfig['weights'], name: keyof RouterConfig['weights'], share: number) {
	const others = WEIGHT_NAMES.filter((each) => each !== name);
	const sum = others.reduce((total, each) => total + weights[each], 0);
	const scaled = others.map((each) => [
		each,
		sum === 0 ? (1 - share) / others.length : ((1 - share) * weights[each]) / sum,
	]);
	return { ...Object.fromEntries(scaled), [name]: share } as RouterConfig['weights'];
}

/**
 * Why a decision did not choose a model, and the smallest changes of a weight, of its price, of its quality or of a limit that
 * would have chosen it. Each is found by deciding the recorded task again.
 * @param giveWay called before each of some hundred decisions, e.g. `setImmediate` of `node:timers/promises`
 * @throws InvalidInputError where the decision cannot be made again as it was
 */
export async function findDecisiveChanges(
	replay: DecisionReplay,
	model: ModelName,
	giveWay: () => Promise<unknown> = async () => {},
): Promise<WhyNot> {
	const { record } = replay;
	const { candidates = [], exclusions = [], model: chosen } = record;
	const candidate = candidates.find((each) => each.model === model);
	const first = candidates.find((each) => each.model === chosen);
	const why: WhyNot = {
		model,
		chosen,
		exclusions: exclusions.filter((each) => each.model === model),
		rank: candidate === undefined ? null : candidates.indexOf(candidate) + 1,
		pointsBehind:
			candidate === undefined || first === undefined ? null : round(first.totalScore - candidate.totalScore),
		changes: [],
	};
	if (model === chosen) return why;
	if (replay.differences.length > 0 || replay.decision === null)
		throw new InvalidInputError(
			`What would have changed decision ${record.id} cannot be found out: ${replay.gone.join('; ')}. "switchyard why ${record.id}" shows what was recorded.`,
		);
	const isChosen = async (changes: ReplayChanges): Promise<boolean> => {
		await giveWay();
		return replay.decide(changes)?.model.name === model;
	};
	const found = [
		...(await findWeights(replay, isChosen)),
		...(await findProfile(replay, model, isChosen)),
		...(await findLimits(replay, why, isChosen)),
	];
	return { ...why, changes: found.sort((a, b) => a.size - b.size) };
}

const round = (points: number): number => Math.round(points * 100) / 100;

type Test = (changes: ReplayChanges) => Promise<boolean>;

async function findWeights({ record, weights }: DecisionReplay, isChosen: Test): Promise<DecisiveChange[]> {
	if (record.policy !== 'weighted' && record.policy !== 'learned') return [];
	const sum = WEIGHT_NAMES.reduce((total, name) => total + weights[name], 0);
	const changes: DecisiveChange[] = [];
	for (const name of WEIGHT_NAMES) {
		const from = weights[name] / sum;
		const test = (share: number) => isChosen({ weights: withShare(weights, name, share) });
		const found = [await findNearest(from, 1, test), await findNearest(from, 0, test)].filter(
			(value) => value !== null,
		);
		const [nearest] = found.sort((a, b) => Math.abs(a - from) - Math.abs(b - from));
		if (nearest === undefined) continue;
		const size = Math.abs(nearest - from) / Math.max(from, 0.01);
		changes.push({ kind: 'weight', what: `weights.${name}`, from: round(from), to: roundAway(nearest, from), size });
	}
	return changes;
}

async function findProfile(
	{ decision, record }: DecisionReplay,
	model: ModelName,
	isChosen: Test,
): Promise<DecisiveChange[]> {
	const scored = decision?.scores.find((score) => score.model.name === model);
	if (scored === undefined) return [];
	const changes: DecisiveChange[] = [];
	const { costPer1kInputTokens: input, costPer1kOutputTokens: output, qualityByTaskType, qualityScore } = scored.model;
	const share = await findNearest(1, 0, (factor) =>
		isChosen({
			profile: { model, fields: { costPer1kInputTokens: factor * input, costPer1kOutputTokens: factor * output } },
		}),
	);
	if (share !== null) {
		const to = `${Math.floor(100 * share)} % of its price`;
		changes.push({ kind: 'price', what: `price of ${model}`, from: 'its price', to, size: 1 - share });
	}
	const known = qualityByTaskType?.[record.taskType];
	const from = known?.value ?? qualityScore;
	const quality = await findNearest(from, 100, (value) => {
		const byType = known === undefined ? {} : { [record.taskType]: { ...known, value } };
		const fields = { qualityScore: value, qualityByTaskType: { ...qualityByTaskType, ...byType } };
		return isChosen({ profile: { model, fields } });
	});
	if (quality !== null) {
		const to = Math.ceil(10 * quality) / 10;
		changes.push({
			kind: 'quality',
			what: `quality of ${model} for ${record.taskType}`,
			from,
			to,
			size: (to - from) / from,
		});
	}
	return changes;
}

/** A limit that lets the model in, or keeps out those before it. */
async function findLimits(
	{ record }: DecisionReplay,
	{ exclusions, model }: WhyNot,
	isChosen: Test,
): Promise<DecisiveChange[]> {
	const set: TaskConstraints = record.inputs?.task.constraints ?? {};
	const changes: DecisiveChange[] = [];
	const tryLimit = async (
		name: keyof TaskConstraints,
		to: number | string | undefined,
		said: number | string = to ?? 'none',
	): Promise<void> => {
		const { [name]: before, ...others } = set;
		if (!(await isChosen({ constraints: to === undefined ? others : { ...others, [name]: to } }))) return;
		const from = typeof before === 'number' || typeof before === 'string' ? before : null;
		changes.push({ kind: 'limit', what: `constraints.${name}`, from, to: said, size: 1 });
	};
	const LIMITS = { 'max-cost': 'maxCost', 'max-latency': 'maxLatency', 'min-quality': 'minQuality' } as const;
	for (const { reason } of exclusions)
		if (reason in LIMITS) await tryLimit(LIMITS[reason as keyof typeof LIMITS], undefined);
	const own = record.candidates?.find((candidate) => candidate.model === model);
	if (own !== undefined) {
		if (own.estimatedCostNanoUsd !== null) await tryLimit('maxCost', roundAway(nanoToUsd(own.estimatedCostNanoUsd), 0));
		await tryLimit('minQuality', Math.floor(own.predictedQuality.value));
	}
	await tryLimit('preferredModel', model);
	return changes;
}
