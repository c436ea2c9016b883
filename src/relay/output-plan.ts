import { resolveLatency } from '../catalog/index.ts';
import type { Clock, ModelProfile } from '../contracts/index.ts';
import { getTokenRates, IN_FLIGHT_TOKENS, type TextTokenCounter } from '../protocol/index.ts';
import type { Deployment } from '../providers/index.ts';
import { MARK_TOKENS, type MeterPlan, OutputMeter, type OutputRates } from './output-meter.ts';

/** Tokens that one of an answer within its limit may be taken for: tokenizers differ, and so do counts of what is no text. */
const METER_RATIO = { sameTokenizer: 1.5, otherTokenizer: 2.25 };
/** Tokens beside them: a short answer may be calls of tools for the most part, which are counted generously. */
const METER_TOLERANCE = 512;

/** Tokens that are enough for every answer of so many, as the meter counts. */
function toMeteredTokens(tokens: number, { longestToken }: OutputRates): number {
	const ratio = longestToken === null ? METER_RATIO.sameTokenizer : METER_RATIO.otherTokenizer;
	return Math.ceil(tokens * ratio) + METER_TOLERANCE;
}

/**
 * Output tokens to hold for a stream of so many: it is ended before it costs more than that, and an answer that keeps to
 * its limit is not ended.
 */
export function toHeldTokens(tokens: number, profile: Pick<ModelProfile, 'provider' | 'modelId'>): number {
	return toMeteredTokens(tokens, getTokenRates(profile)) + IN_FLIGHT_TOKENS;
}

/** How the output of one attempt is kept within the money that is held for it. */
export interface OutputPlan extends Pick<MeterPlan, 'allowedTokens' | 'limitTokens'> {
	/** Limit to be set in the request, for each answer; `undefined`: the caller's stays as it is. */
	maxOutputTokens: number | undefined;
	/** The longest answer that the money is certain to pay for, where that is below the caller's limit or the model's. */
	loweredTo: number | undefined;
}

/** A lowered limit as the record of an attempt tells it. */
export function describeLoweredLimit(tokens: number): string {
	return `The budget pays for ${tokens} output tokens of an answer.`;
}

/** The limits of one attempt beside the money. */
export interface OutputLimits {
	/** The caller's, for each answer; `null` without one. */
	maxOutputTokens: number | null;
	/** The model's, for each answer. */
	modelLimit: number;
	answerCount: number;
	/** Output tokens that are granted for thinking: a limit must be above. @default 0 */
	thinkingTokens?: number | undefined;
}

/** Fewest tokens for which a stream is metered and not limited in its request. */
const MIN_METERED_TOKENS = 256;

/**
 * Plans how an answer is kept within the money. A stream that can be metered keeps the caller's limit and is ended when it
 * comes to what is held, but for what is under way; where metering sees too little, or too little is held, the limit is set
 * in the request. `heldTokens`: output tokens that the held money pays for, all answers together.
 */
export function planOutput(
	heldTokens: number | undefined,
	limits: OutputLimits,
	{ isMetered, rates }: { isMetered: boolean; rates: OutputRates },
): OutputPlan {
	const { answerCount, maxOutputTokens, modelLimit, thinkingTokens = 0 } = limits;
	const wanted = maxOutputTokens ?? modelLimit;
	const within = (tokens: number) => {
		const limitTokens = tokens * answerCount;
		return { limitTokens, allowedTokens: toMeteredTokens(limitTokens, rates) };
	};
	const asWanted = { maxOutputTokens: undefined, loweredTo: undefined, ...within(wanted) };
	if (heldTokens === undefined) return asWanted;
	const allowedTokens = Math.min(heldTokens - IN_FLIGHT_TOKENS, asWanted.allowedTokens);
	const certain = Math.floor((allowedTokens - MARK_TOKENS) / rates.perCounted / answerCount);
	if (isMetered && certain >= Math.min(wanted, Math.max(MIN_METERED_TOKENS, thinkingTokens)))
		return { ...asWanted, allowedTokens, loweredTo: certain < wanted ? certain : undefined };
	const paid = Math.max(1, Math.floor(heldTokens / answerCount));
	return paid < wanted ? { maxOutputTokens: paid, loweredTo: paid, ...within(paid) } : asWanted;
}

/** One attempt whose output is planned. */
export interface OutputAttempt {
	/** Output tokens that the held money pays for, all answers together. */
	heldTokens: number | undefined;
	limits: Omit<OutputLimits, 'modelLimit'>;
	isStream: boolean;
	profile: ModelProfile;
	deployment: Pick<Deployment, 'billsAfterDisconnect' | 'formats'>;
	clock: Pick<Clock, 'monotonic'>;
	countTokens: TextTokenCounter | undefined;
}

/** Plans the output of an attempt, and makes the meter of its answer. */
export function planAttemptOutput(attempt: OutputAttempt): { plan: OutputPlan; output: OutputMeter } {
	const { clock, countTokens, deployment, heldTokens, isStream, limits, profile } = attempt;
	const rates = getTokenRates(profile);
	const isHidden = hidesReasoning(profile, deployment);
	const isMetered = isStream && !isHidden && deployment.billsAfterDisconnect !== true;
	const plan = planOutput(heldTokens, { ...limits, modelLimit: profile.maxOutputTokens }, { isMetered, rates });
	const startedAt = clock.monotonic();
	const getUnseenTokens = (): number => {
		if (deployment.billsAfterDisconnect === true) return Number.POSITIVE_INFINITY;
		const { outputTokensPerSecond } = resolveLatency(profile);
		const seconds = (clock.monotonic() - startedAt) / 1000;
		return isHidden ? Math.ceil(seconds * outputTokensPerSecond * MAX_SPEED_RATIO) : 0;
	};
	return { plan, output: new OutputMeter({ ...plan, getUnseenTokens }, rates, countTokens) };
}

/** Times its usual speed that a model may think at, unseen. */
const MAX_SPEED_RATIO = 3;

/** Whether a model may think and not show it: OpenAI's and Google's do, and tell at most a summary. */
function hidesReasoning(
	{ provider, supportsExtendedThinking }: ModelProfile,
	{ formats }: Pick<Deployment, 'formats'>,
): boolean {
	const isTheirs = provider === 'openai' || provider === 'google';
	return supportsExtendedThinking && (isTheirs || formats.includes('openai-responses') || formats.includes('gemini'));
}
