import type { RoutedPorts } from '../../ai-sdk/index.ts';
import {
	countInputTokens,
	countOutputTokens,
	EVALUATION_TAG,
	type EvaluationRun,
	getRunTag,
	type ModelName,
} from '../../contracts/index.ts';
import {
	AllModelsFailedError,
	InvalidInputError,
	isBudgetExceededError,
	NoEligibleModelError,
} from '../../errors/index.ts';
import {
	type AnsweredCall,
	type CallEnd,
	type EvaluationPorts,
	type EvaluationTask,
	JUDGE_OUTPUT_TOKENS,
	VERDICT_SCHEMA,
} from '../../evaluate/index.ts';

/** A conversation as it is sent. */
type Messages = EvaluationTask['messages'];

/** What calls of a run are made with. */
interface CallOptions {
	run: EvaluationRun;
	ports: RoutedPorts;
	signal: AbortSignal;
}

/** The failures after which a model will not answer the other tasks either. */
const GONE = new Set(['not-found', 'authentication', 'quota-exhausted']);

/** How a call ended that threw. */
function toCallEnd(error: unknown, model: ModelName, signal: AbortSignal): CallEnd<never> {
	const message = error instanceof Error ? error.message : String(error);
	if (signal.aborted) return { kind: 'gone', reason: 'It was interrupted.' };
	if (isBudgetExceededError(error)) return { kind: 'refused', reason: message };
	// without a price nothing can be held within the budget
	if (error instanceof InvalidInputError) return { kind: 'gone', reason: message };
	if (error instanceof NoEligibleModelError)
		return { kind: 'failed', reason: error.exclusions.map((exclusion) => exclusion.message).join('; ') || message };
	if (!(error instanceof AllModelsFailedError)) throw error;
	const last = error.attempts.findLast(({ outcome }) => outcome !== 'skipped') ?? error.attempts.at(-1);
	const reason = `${last?.failure ?? 'not called'}: ${last?.message ?? message}`.replaceAll('\n', ' ').slice(0, 300);
	if (last?.failure !== undefined && GONE.has(last.failure))
		return { kind: 'gone', reason: `${model} cannot be called any more (${reason}).` };
	return { kind: 'failed', reason };
}

/** Calls of models under the budget of a run, through the router's own execution: held, metered, charged, retried; never another model. */
export function createModelCalls({ run, ports, signal }: CallOptions): Pick<EvaluationPorts, 'answer' | 'askJudge'> {
	const attribution = { tags: [EVALUATION_TAG, getRunTag(run.id)] };
	const call = async (
		model: ModelName,
		messages: Messages,
		request: { maxOutputTokens: number; isVerdict: boolean },
	): Promise<CallEnd<AnsweredCall>> => {
		const { RoutedCall } = await import('../../ai-sdk/index.ts');
		const { generateNeutral } = await import('../../relay/index.ts');
		const { maxOutputTokens } = request;
		const { supportsStructuredOutput } = ports.system.router.catalog.get(model);
		const hasSchema = request.isVerdict && supportsStructuredOutput === true;
		const routed = new RoutedCall(
			model,
			{ attribution },
			{
				prompt: messages.map(({ content, role }) =>
					role === 'system' ? { role, content } : { role, content: [{ type: 'text', text: content }] },
				),
				maxOutputTokens,
				...(hasSchema && { responseFormat: { type: 'json', name: 'verdict', schema: VERDICT_SCHEMA } }),
				abortSignal: signal,
			},
			ports,
		);
		const startedAt = ports.clock.monotonic();
		try {
			const { executed } = await routed.run(
				(attempt, meter) => generateNeutral(attempt, meter),
				// an answer that the last cents cut short would say nothing of its model
				{ isPinnedToModel: true, minOutputTokens: maxOutputTokens },
				{ isUnrecorded: true },
			);
			const { finishReason, result, usage } = executed.value;
			return {
				kind: 'answered',
				answer: {
					text: result.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
					finishReason: finishReason ?? 'other',
					costNanoUsd: executed.costNanoUsd,
					latencyMs: ports.clock.monotonic() - startedAt,
					inputTokens: countInputTokens(usage),
					outputTokens: countOutputTokens(usage),
				},
			};
		} catch (error) {
			return toCallEnd(error, model, signal);
		}
	};
	const { judge, maxOutputTokens } = run.plan;
	return {
		answer: ({ messages }, model) => call(model, messages, { maxOutputTokens, isVerdict: false }),
		askJudge: ({ system, user }) =>
			call(
				judge?.model ?? '',
				[
					{ role: 'system', content: system },
					{ role: 'user', content: user },
				],
				{ maxOutputTokens: JUDGE_OUTPUT_TOKENS, isVerdict: true },
			),
	};
}
