import type { Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { type AnswerReading, type CallerFormat, meteredUsage } from '../../protocol/index.ts';
import { invalidAnswer } from '../../providers/index.ts';
import type { JsonObject } from '../read-json.ts';
import { type AttemptAnswer, tokensOfCharacters } from './attempt-answer.ts';
import type { AttemptCall } from './attempt-call.ts';
import { fetchWhole } from './fetch-whole.ts';
import { sendUpstream } from './send-upstream.ts';

/** One attempt whose whole answer is passed through as it came. */
export async function relayWhole(call: AttemptCall): Promise<AttemptAnswer> {
	const { called, clock, format, headOf, patience, profile, signal } = call;
	let answeredStatus = 0;
	let said: Usage | null = null;
	// An error answer is not billed, one of no use is; of one that never came nobody can tell more than its time.
	call.onMeter(() => said ?? (answeredStatus >= 400 ? null : undefined));
	const { body, bytes, requestId, status } = await fetchWhole({
		clock,
		called,
		name: profile.name,
		signal,
		patience,
		send: (reader) => sendUpstream(call, 'generate', reader),
		onHead: (code, headers) => {
			answeredStatus = code;
			call.onLimits(headers);
		},
	});
	const { finishReason, hasOutput, isRefusal, usage } = readAnswer(format, body);
	said = usage;
	if (!hasOutput && !isRefusal && finishReason !== 'length') {
		throw invalidAnswer(called, `answered ${status} without any output`, { requestId });
	}
	return {
		usage: usage ?? estimate(call, hasOutput ? bytes.length : 0),
		finishReason,
		dropped: [],
		whole: { head: headOf({ status, contentType: 'application/json', requestId, dropped: [] }), body: bytes },
	};
}

/** What an answer says of itself; figures that cannot be are no reason to keep it from the caller, and count as not said. */
function readAnswer({ readAnswer: read }: CallerFormat, body: JsonObject): AnswerReading {
	try {
		return read(body);
	} catch (error) {
		if (!(error instanceof InvalidInputError)) throw error;
		const { usage: _, usageMetadata: __, ...answer } = body;
		return read(answer);
	}
}

/** For a provider that says nothing of usage: what was expected in, what came out, marked as estimated. */
function estimate({ expectedInputTokens }: AttemptCall, characters: number): Usage {
	return meteredUsage({ inputTokens: expectedInputTokens, outputTokens: tokensOfCharacters(characters) });
}
