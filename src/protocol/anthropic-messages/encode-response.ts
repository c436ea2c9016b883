import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { AnswerFacts } from '../shared/caller-format.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeContent } from './encode-content.ts';
import { writeStopReason } from './stop-reasons.ts';
import { writeNeutralUsage } from './write-usage.ts';

/** A message's id: with the prefix that clients look for. */
export function messageIdOf({ id }: AnswerFacts): string {
	return id.startsWith('msg_') ? id : `msg_${id}`;
}

/** The sequence that stopped the model, where Anthropic says it. */
export function stopSequenceOf(metadata: LanguageModelV4GenerateResult['providerMetadata']): string | null {
	const sequence = metadata?.['anthropic']?.['stopSequence'];
	return typeof sequence === 'string' ? sequence : null;
}

/** A neutral answer as a message. */
export function encodeResponse(
	result: LanguageModelV4GenerateResult,
	facts: AnswerFacts,
): { body: JsonObject; dropped: string[] } {
	const { blocks, dropped } = encodeContent(result.content);
	return {
		body: {
			id: messageIdOf(facts),
			type: 'message',
			role: 'assistant',
			model: facts.model,
			content: blocks,
			stop_reason: writeStopReason(readFinishReason(result.finishReason), result.finishReason.raw),
			stop_sequence: stopSequenceOf(result.providerMetadata),
			usage: writeNeutralUsage(result.usage),
		},
		dropped,
	};
}
