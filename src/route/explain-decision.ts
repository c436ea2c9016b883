import { type Alternative, type Exclusion, type ModelName, nanoToUsd, type TaskType } from '../contracts/index.ts';
import type { ScoredModel, ValuedPrefix } from './estimate-model.ts';

/** From these scores on a factor is worth a sentence, 0-100 (quality: the model's quality as it is). */
const NOTABLE_SCORE = { capability: 75, cost: 50, quality: 90, historical: 65 } as const;

/** Runners-up that a decision names. @default 3 */
export const MAX_ALTERNATIVES = 3;

/** What there is to explain. */
export interface Explanation {
	chosen: ScoredModel;
	/** Every eligible model, best first. */
	ranked: readonly ScoredModel[];
	exclusions: readonly Exclusion[];
	type: TaskType;
	prefix: ValuedPrefix | null;
	/** The model the caller prefers, by its name in the catalog. */
	preferred: ModelName | null;
	/** Successors of retired candidates that compete in their place. */
	successors: readonly ModelName[];
	/** Sentences of the policy. */
	policyNotes: readonly string[];
}

const formatPoints = (score: number): string => score.toFixed(1);
const getName = (model: ScoredModel): ModelName => model.candidate.profile.name;

function isLeast(model: ScoredModel, models: readonly ScoredModel[], figure: (model: ScoredModel) => number): boolean {
	return models.length > 1 && models.every((other) => figure(model) <= figure(other));
}

function qualitySentence(model: ScoredModel): string {
	return `High quality score (${Math.round(model.quality)})`;
}

function strengthSentences(model: ScoredModel, { type, ranked }: Explanation): string[] {
	const { scores } = model;
	const sentences: string[] = [];
	if (scores.capabilityMatch >= NOTABLE_SCORE.capability) sentences.push(`Strong capability match for ${type} tasks`);
	if (model.quality >= NOTABLE_SCORE.quality) sentences.push(qualitySentence(model));
	const charge = ({ cost }: ScoredModel): number => cost?.nanoUsd ?? Number.POSITIVE_INFINITY;
	if (scores.costEfficiency >= NOTABLE_SCORE.cost || isLeast(model, ranked, charge))
		sentences.push('Cost-efficient option');
	if (isLeast(model, ranked, (other) => other.completionMs))
		sentences.push(`Fast response (${Math.round(model.latencyMs)} ms)`);
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

function prefixSentence({ chosen, prefix: heldPrefix }: Explanation): string[] {
	if (heldPrefix === null || heldPrefix.discountNanoUsd === 0) return [];
	const saved = formatUsd(nanoToUsd(heldPrefix.discountNanoUsd * heldPrefix.turns));
	const what = `on ${heldPrefix.tokens} cached tokens over ${heldPrefix.turns} expected turn${heldPrefix.turns === 1 ? '' : 's'}`;
	return getName(chosen) === heldPrefix.model
		? [`Staying on ${heldPrefix.model} saves ${saved} ${what}`]
		: [`Worth leaving ${heldPrefix.model}, though that gives up ${saved} ${what}`];
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

function successorSentence({ successors: standIns }: Explanation): string[] {
	return standIns.length === 0
		? []
		: [
				`None of the models that compete by default can be used here; successors of retired ones compete: ${standIns.join(', ')}`,
			];
}

/** Why this model, in sentences made from the scores. */
export function explainDecision(explanation: Explanation): string[] {
	const excluded = new Set(explanation.exclusions.map((exclusion) => exclusion.model));
	return [
		...preferenceSentence(explanation),
		...successorSentence(explanation),
		...strengthSentences(explanation.chosen, explanation),
		...prefixSentence(explanation),
		...explanation.policyNotes,
		rankSentence(explanation),
		...(excluded.size === 0 ? [] : [`Not eligible: ${[...excluded].join(', ')}`]),
	];
}

/** What speaks most for a runner-up: the factor by which it is furthest ahead of the chosen model. */
function getAdvantage(model: ScoredModel, { chosen, type }: Explanation): string {
	const [mine, theirs] = [model.scores, chosen.scores];
	const leads: Array<[number, string]> = [
		[mine.quality - theirs.quality, qualitySentence(model)],
		[mine.capabilityMatch - theirs.capabilityMatch, `Stronger capability match for ${type} tasks`],
		[mine.latency - theirs.latency, `Faster (${Math.round(model.latencyMs)} ms)`],
		[mine.historicalPerformance - theirs.historicalPerformance, 'Better historical performance on similar tasks'],
	];
	if (model.cost !== null)
		leads.push([mine.costEfficiency - theirs.costEfficiency, `Cheaper (${formatUsd(nanoToUsd(model.cost.nanoUsd))})`]);
	const [lead, sentence] = leads.reduce((best, next) => (next[0] > best[0] ? next : best));
	if (lead > 0) return sentence;
	return model.quality >= NOTABLE_SCORE.quality ? qualitySentence(model) : `Behind ${getName(chosen)} in every factor`;
}

/** The runners-up, best first, each with what speaks for it. */
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

/** USD as people read it: two to four decimals, and two significant digits below $0.0001. */
export function formatUsd(usd: number): string {
	if (usd > 0 && usd < 0.0001) return `$${usd.toPrecision(2)}`;
	return `$${usd.toFixed(4).replace(/0{1,2}$/, '')}`;
}
