import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { AttemptTimeoutError } from '../../errors/index.ts';
import { readNeutralUsage } from '../../protocol/index.ts';
import { invalidAnswer, readSdkError } from '../../providers/index.ts';
import { followSignal } from '../../util/index.ts';
import { Watchdog } from '../watchdog.ts';
import type { AttemptAnswer } from './attempt-answer.ts';
import type { AttemptCall } from './attempt-call.ts';
import { FINISH_REASON_OF, namesOfWarnings, sentOptions } from './neutral-call.ts';

/** One attempt whose whole answer is translated through the neutral form. */
export async function convertWhole(call: AttemptCall): Promise<AttemptAnswer> {
	const timeout = new AbortController();
	const watchdog = new Watchdog(call.clock, call.patience, (_kind, waitedMs) =>
		timeout.abort(new AttemptTimeoutError(call.profile.name, Math.round(waitedMs))),
	);
	const unfollow = followSignal(timeout, call.signal);
	try {
		return await generate(call, timeout.signal);
	} catch (error) {
		if (timeout.signal.aborted) throw timeout.signal.reason;
		throw readSdkError(error, call.called);
	} finally {
		watchdog.stop();
		unfollow();
	}
}

async function generate(call: AttemptCall, abortSignal: AbortSignal): Promise<AttemptAnswer> {
	const { answerId, body, clock, decoded, format, modelId, wire } = call;
	const { dropped } = decoded();
	const model = await call.deployment.languageModel(modelId);
	const callOptions: LanguageModelV4CallOptions = { ...sentOptions(call), abortSignal };
	const result = await model.doGenerate(callOptions);
	call.onLimits(result.response?.headers ?? {});
	const usage = readNeutralUsage(result.usage, result.providerMetadata);
	// It was worked for, whether it is of use or not.
	call.onMeter(() => usage);
	const finishReason = FINISH_REASON_OF[result.finishReason.unified];
	if (finishReason === 'error') throw invalidAnswer(call.called, 'stopped because of an error of its own');
	if (result.content.length === 0 && finishReason === 'stop')
		throw invalidAnswer(call.called, 'answered without any output');
	const facts = {
		id: answerId,
		model: result.response?.modelId ?? modelId,
		at: clock.now(),
		wantsUsage: true,
		request: body,
	};
	const encoded = format.encodeResponse(result, { ...facts, wantsUsage: wire.wantsUsage || !wire.isStream });
	const all = [...dropped, ...namesOfWarnings(result.warnings), ...encoded.dropped];
	const head = call.headOf({ status: 200, contentType: 'application/json', requestId: null, dropped: all });
	return {
		usage,
		finishReason,
		dropped: all,
		whole: { head, body: JSON.stringify(encoded.body) },
	};
}
