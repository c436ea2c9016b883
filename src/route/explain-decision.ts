import {
	type Alternative,
	type Exclusion,
	type FactorScores,
	formatAmount,
	type ModelName,
	type ModelProfile,
	nanoToUsd,
	type TaskDescriptor,
} from '../contracts/index.ts';
import type { ScoredModel, ValuedPrefix } from './score-model.ts';

/** Scores (0-100; quality: the model's own figure) from which a factor is mentioned. */
const NOTABLE_SCORE = { capability: 75, quality: 90, historical: 65 } as const;

/** Models that a sentence names where others compete in place of the candidates. */
const MAX_NAMED_SUCCESSORS = 5;

/** Runners-up that a decision names. @default 3 */
const MAX_ALTERNATIVES = 3;

/** What there is to explain. */
export interface Explanation {
	chosen: ScoredModel;
	/** Every eligible model, best first. */
	ranked: readonly ScoredModel[];
	exclusions: readonly Exclusion[];
	task: TaskDescriptor;
	/** The type of the task is a guess. */
	isGuess: boolean;
	/** The default model was chosen because of that. */
	isDefaultForGuess: boolean;
	/** The model that takes such tasks; `null` where the policy leaves them to the factors. */
	modelForGuesses: ModelName | null;
	prefix: ValuedPrefix | null;
	/** Names of the default race in whose place the chosen model competes. */
	standsFor: readonly ModelProfile[];
	/** The model the caller prefers, by its name in the catalog. */
	preferred: ModelName | null;
	/** Models that compete in the place of candidates of which none can be used: successors of retired ones, or what can be called. */
	successors: readonly ModelName[];
	/** Sentences of the policy. */
	policyNotes: readonly string[];
}

const formatPoints = (score: number): string => score.toFixed(1);

/** Expected cost in nano-dollars; `Infinity` when it is unknown. */
export const costOf = ({ cost }: ScoredModel): number => cost?.nanoUsd ?? Number.POSITIVE_INFINITY;

/** A model's name in the catalog. */
export const getName = ({ candidate }: ScoredModel): ModelName => candidate.profile.name;

const qualitySentence = (model: ScoredModel): string => `High quality score (${Math.round(model.quality)})`;

/** Times as people read them: `600 ms`, `10.5 s`. */
const formatDuration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

const formatTimes = ({ completionMs, firstTokenMs }: ScoredModel): string =>
	`first token after ${formatDuration(firstTokenMs)}, complete after ${formatDuration(completionMs)}`;

/** Whether a model costs no more than half of the eligible do: the middle one, or the mean of the two in the middle. */
function isCheapAmong(model: ScoredModel, ranked: readonly ScoredModel[]): boolean {
	const costs = ranked.map(costOf).sort((a, b) => (a < b ? -1 : 1));
	const middle = (costs.length - 1) / 2;
	const median = ((costs[Math.floor(middle)] ?? 0) + (costs[Math.ceil(middle)] ?? 0)) / 2;
	return costs.length > 1 && model.cost !== null && model.cost.nanoUsd <= median;
}

function strengthSentences(model: ScoredModel, { task: { type }, isGuess, ranked }: Explanation): string[] {
	const { scores } = model;
	const isLeast = (getValue: (model: ScoredModel) => number): boolean =>
		ranked.length > 1 && ranked.every((other) => getValue(model) <= getValue(other));
	const sentences: string[] = [];
	// a match with a type that is a guess is no reason
	if (!isGuess && scores.capabilityMatch >= NOTABLE_SCORE.capability)
		sentences.push(`Strong capability match for ${type} tasks`);
	if (model.quality >= NOTABLE_SCORE.quality) sentences.push(qualitySentence(model));
	if (isCheapAmong(model, ranked)) sentences.push('Cost-efficient option');
	if (isLeast((other) => other.completionMs)) sentences.push(`Fast response (${formatTimes(model)})`);
	if (scores.historicalPerformance >= NOTABLE_SCORE.historical)
		sentences.push('Strong historical performance on similar tasks');
	if (model.cost === null) sentences.push('Its price is unknown and was scored as the highest');
	return sentences;
}

function rankSentence({ chosen, ranked }: Explanation): string {
	const total = `Total score ${formatPoints(chosen.totalScore)}`;
	const [rival] = ranked.filter((model) => model !== chosen);
	if (rival === undefined) return `${total}; the only eligible model`;
	const lead = chosen.totalScore - rival.totalScore;
	const place = lead >= 0 ? `${formatPoints(lead)} ahead of` : `${formatPoints(-lead)} behind`;
	return `${total}, ${place} ${getName(rival)}, among ${ranked.length} eligible models`;
}

function prefixSentence({ chosen, prefix }: Explanation): string[] {
	if (prefix === null || prefix.discountNanoUsd === 0) return [];
	const { model, tokens, turns } = prefix;
	const saved = formatAmount(nanoToUsd(prefix.discountNanoUsd * turns));
	const what = `${saved} on ${tokens} cached tokens over ${turns} expected turn${turns === 1 ? '' : 's'}`;
	return getName(chosen) === model
		? [`Staying on ${model} saves ${what}`]
		: [`Worth leaving ${model}, though that gives up ${what}`];
}

function preferenceSentence({ chosen, preferred, ranked, exclusions }: Explanation): string[] {
	if (preferred === null) return [];
	if (preferred !== getName(chosen)) {
		const why = exclusions.filter((exclusion) => exclusion.model === preferred).map((exclusion) => exclusion.message);
		return [`Preferred model ${preferred} not used: ${why.join('; ') || 'the policy allows no other model'}`];
	}
	const best = ranked.reduce((top, model) => (model.totalScore > top.totalScore ? model : top), chosen);
	const cost = best === chosen ? '' : `, though ${getName(best)} scores ${formatPoints(best.totalScore)}`;
	return [`Preferred model ${preferred}${cost}`];
}

/** Shares of types that are named where the type is a guess, most likely first. */
const MAX_GUESSED_TYPES = 3;

function guessSentence(explanation: Explanation): string[] {
	const { task, chosen, isGuess, isDefaultForGuess, modelForGuesses, exclusions } = explanation;
	if (!isGuess) return [];
	const likely = Object.entries(task.typeProbabilities ?? {}).sort((a, b) => b[1] - a[1]);
	const named = likely.slice(0, MAX_GUESSED_TYPES).map(([type, share]) => `${type} ${Math.round(100 * share)}%`);
	const guess = `The type of the task is a guess (${named.join(', ')})`;
	if (isDefaultForGuess) return [`${guess}, so the default model ${getName(chosen)} takes it`];
	const isExcluded = exclusions.some(({ model }) => model === modelForGuesses);
	return [isExcluded ? `${guess}; the default model ${modelForGuesses} is not eligible` : guess];
}

function assumptionSentence({ chosen }: Explanation): string[] {
	const { assumedFrom, name } = chosen.candidate.profile;
	if (assumedFrom === undefined) return [];
	return [`No model is known as ${name}: its limits and rates are assumed from the family of ${assumedFrom}`];
}

function standInSentence({ standsFor }: Explanation): string[] {
	if (standsFor.length === 0) return [];
	const names = standsFor.map(({ name, lifecycle }) => {
		const day = lifecycle?.retiresOn;
		if (lifecycle?.state === 'retired') return day === undefined ? `${name} (retired)` : `${name} (retired on ${day})`;
		return `${name} (retires on ${day})`;
	});
	return [`Competes in the place of ${names.join(' and ')}`];
}

function successorSentence({ successors }: Explanation): string[] {
	if (successors.length === 0) return [];
	const named = successors.slice(0, MAX_NAMED_SUCCESSORS).join(', ');
	const more = successors.length > MAX_NAMED_SUCCESSORS ? ` and ${successors.length - MAX_NAMED_SUCCESSORS} more` : '';
	return [`None of the models that compete by default can be used here; in their place compete ${named}${more}`];
}

/** Why this model, in sentences made from the scores. */
export function explainDecision(explanation: Explanation): string[] {
	// what has no key here is a matter of the configuration, and the same for every task
	const excluded = new Set(
		explanation.exclusions.filter(({ reason }) => reason !== 'unavailable').map(({ model }) => model),
	);
	return [
		...preferenceSentence(explanation),
		...guessSentence(explanation),
		...assumptionSentence(explanation),
		...successorSentence(explanation),
		...strengthSentences(explanation.chosen, explanation),
		...prefixSentence(explanation),
		...explanation.policyNotes,
		...standInSentence(explanation),
		rankSentence(explanation),
		...(excluded.size === 0 ? [] : [`Not eligible: ${[...excluded].join(', ')}`]),
	];
}

/** The factor in which a runner-up is furthest ahead of the chosen model. */
function getAdvantage(model: ScoredModel, { chosen, task: { type } }: Explanation): string {
	const leadIn = (factor: keyof FactorScores): number => model.scores[factor] - chosen.scores[factor];
	const leads: Array<[number, () => string]> = [
		[leadIn('quality'), () => qualitySentence(model)],
		[leadIn('capabilityMatch'), () => `Stronger capability match for ${type} tasks`],
		[leadIn('latency'), () => `Faster (${formatTimes(model)})`],
		[leadIn('historicalPerformance'), () => 'Better historical performance on similar tasks'],
	];
	const { cost } = model;
	if (cost !== null) leads.push([leadIn('costEfficiency'), () => `Cheaper (${formatAmount(nanoToUsd(cost.nanoUsd))})`]);
	const [lead, describe] = leads.reduce((best, next) => (next[0] > best[0] ? next : best));
	if (lead > 0) return describe();
	return model.quality >= NOTABLE_SCORE.quality ? qualitySentence(model) : `Behind ${getName(chosen)} in every factor`;
}

/** The runners-up, best first, each with its greatest advantage. */
export function listAlternatives(explanation: Explanation): Alternative[] {
	return explanation.ranked
		.filter((model) => model !== explanation.chosen)
		.slice(0, MAX_ALTERNATIVES)
		.map((model) => ({
			model: model.candidate.selected,
			score: model.totalScore,
			reason: getAdvantage(model, explanation),
		}));
}
