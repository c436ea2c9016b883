import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { Usage } from '../contracts/index.ts';
import {
	type AnswerSummary,
	CALLER_FORMATS,
	findUsage,
	isErrorEvent,
	readNeutralUsage,
	repairAnswer,
	restoreNumbers,
	settleUsage,
} from '../protocol/index.ts';
import {
	createAnsweredSignal,
	createEmptyAnswerError,
	createUnreadableAnswerError,
	getReceivedAnswer,
	getRefusedAnswer,
	listLeftOut,
	parseStreamError,
} from '../providers/index.ts';
import { isObject, toAbortSignal } from '../util/index.ts';
import { isWordlessRefusal, type UsageMeter } from './metering.ts';
import {
	ANSWER_STATUS,
	type CompleteStream,
	convertCallError,
	describeEnd,
	isCallForTool,
	type NeutralAttempt,
	readFinishReason,
	withCallsReason,
	withKnownReason,
} from './neutral-relay.ts';

/** One call whose answer comes in one piece. */
type NeutralCall = Pick<
	NeutralAttempt,
	| 'answerFormat'
	| 'expectedInputTokens'
	| 'onHeaders'
	| 'openModel'
	| 'options'
	| 'output'
	| 'signal'
	| 'target'
	| 'usageLimits'
>;

/** What the usage of such an answer is settled with. */
type WholeAnswerCall = Pick<NeutralAttempt, 'expectedInputTokens' | 'output' | 'usageLimits'>;

/** What such a call brought. */
export interface NeutralAnswer extends CompleteStream {
	result: LanguageModelV4GenerateResult;
}

/** Makes one call whose answer comes in one piece. @throws ProviderCallError for one that fails or answers nothing */
export async function generateNeutral(call: NeutralCall, meter: UsageMeter): Promise<NeutralAnswer> {
	const { onHeaders, target } = call;
	try {
		const { body, result: received } = await generateOnce(call, meter);
		const known = withKnownReason(received, call.answerFormat);
		const result = known.content.some(isCallForTool) ? withCallsReason(known) : known;
		onHeaders(result.response?.headers ?? {}, ANSWER_STATUS);
		const answer = readProviderAnswer(call, body);
		const reported = answer?.usage ?? readNeutralUsage(result.usage, result.providerMetadata);
		const finishReason = readFinishReason(result.finishReason);
		const text = answer?.outputText ?? joinContent(result);
		const usage = await settleWholeAnswer(call, reported, text, isWordlessRefusal(finishReason, text !== ''));
		// The provider has done the work, so that it is billed even where the answer is of no use.
		meter.set(() => usage);
		// Google's library reads an answer of nothing where there is an error in its place
		if (isObject(body) && result.content.length === 0 && isErrorEvent(body)) throw parseStreamError(body, target);
		if (finishReason === 'error')
			throw createEmptyAnswerError(target, {
				what: '',
				failure: describeEnd(result.finishReason, result.providerMetadata),
			});
		if (result.content.length === 0 && finishReason === null)
			throw createEmptyAnswerError(target, { what: 'answered without any output' });
		return { result, usage, finishReason, leftOut: listLeftOut(toAbortSignal(call.signal)) };
	} catch (error) {
		throw convertCallError(error, call, toAbortSignal(call.signal));
	}
}

/**
 * Asks the provider once. An answer that the client library refuses to read has been billed: it is metered, and read again
 * after a repair. `body` is the answer as it came.
 */
async function generateOnce(
	call: NeutralCall,
	meter: UsageMeter,
): Promise<{ result: LanguageModelV4GenerateResult; body: unknown }> {
	const { answerFormat, openModel, options } = call;
	const signal = toAbortSignal(call.signal);
	const model = await openModel();
	try {
		const result = await model.doGenerate({ ...options, abortSignal: signal });
		const content = result.content.map((part) => restoreNumbers(part));
		return { result: { ...result, content }, body: result.response?.body };
	} catch (error) {
		const body = getRefusedAnswer(error, getReceivedAnswer(signal));
		if (body === null) throw error;
		const answer = readProviderAnswer(call, body);
		const reported = answer?.usage ?? findUsage(body)?.usage ?? null;
		const usage = await settleWholeAnswer(call, reported, answer?.outputText ?? '');
		meter.set(() => usage);
		if (answerFormat === null) throw error;
		const abortSignal = createAnsweredSignal(repairAnswer(answerFormat, body));
		// a library that fails on what is left of the answer does so for reasons of its own
		const again = model.doGenerate({ ...options, abortSignal }).then(undefined, () => {
			throw createUnreadableAnswerError(call.target);
		});
		return { result: await again, body };
	}
}

/** An answer as its provider sent it; `null` where it is not at hand, or in none of the wire formats. */
function readProviderAnswer({ answerFormat }: NeutralCall, body: unknown): AnswerSummary | null {
	return answerFormat !== null && isObject(body) ? CALLER_FORMATS[answerFormat].readAnswer(body) : null;
}

/** The usage of an answer that came in one piece: as reported, else as counted on its text. `believesZero`: as of `settleUsage`. */
export function settleWholeAnswer(
	{ expectedInputTokens: inputTokens, output, usageLimits: limits }: WholeAnswerCall,
	reported: Usage | null,
	text: string,
	believesZero = false,
): Usage | Promise<Usage> {
	output.add(text);
	const settle = () =>
		settleUsage(reported, { inputTokens, outputTokens: output.toCharge(false) }, { limits, believesZero });
	const settled = settle();
	if (settled.isEstimated !== true || !output.isRough) return settled;
	return output.count().then(settle);
}

/** All output of an answer in one. */
function joinContent({ content }: LanguageModelV4GenerateResult): string {
	return content.map((part) => ('text' in part ? part.text : part.type === 'tool-call' ? part.input : '')).join('');
}
