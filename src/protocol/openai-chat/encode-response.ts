import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { AnswerFacts } from '../shared/caller-format.ts';
import { customToolNames } from '../shared/custom-tools.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import { readNeutralCounts } from '../shared/neutral-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeMessage } from './encode-message.ts';
import { encodeChatUsage } from './encode-usage.ts';
import { writeFinishWord } from './finish-reasons.ts';

/** The id of an answer in this format. */
export function completionIdOf({ id }: AnswerFacts): string {
	return id.startsWith('chatcmpl-') ? id : `chatcmpl-${id}`;
}

/** A neutral answer as a chat completion. */
export function encodeOpenAiChatResponse(
	result: LanguageModelV4GenerateResult,
	facts: AnswerFacts,
): { body: JsonObject; dropped: string[] } {
	const dropped = new Set<string>();
	const message = encodeMessage(result.content, { customTools: customToolNames(facts.request['tools']), dropped });
	const finishReason = writeFinishWord(readFinishReason(result.finishReason));
	return {
		body: {
			id: completionIdOf(facts),
			object: 'chat.completion',
			created: Math.floor(facts.at / 1000),
			model: facts.model,
			choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
			usage: encodeChatUsage(readNeutralCounts(result.usage, null)),
		},
		dropped: [...dropped],
	};
}
