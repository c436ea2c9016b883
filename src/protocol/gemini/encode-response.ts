import type { LanguageModelV4Content, LanguageModelV4GenerateResult, LanguageModelV4Source } from '@ai-sdk/provider';
import type { AnswerFacts } from '../shared/caller-format.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { writeFinishWord } from './finish-reasons.ts';
import { groundingOf } from './write-grounding.ts';
import { PartWriter } from './write-parts.ts';
import { writeNeutralUsage } from './write-usage.ts';

/** The parts of one piece of content; `null` when it cannot be carried. */
function encodePart(part: LanguageModelV4Content, writer: PartWriter): JsonObject[] | null {
	switch (part.type) {
		case 'text':
			return writer.text(part.text, part.providerMetadata);
		case 'reasoning': {
			const parts = writer.thought(part.text, part.providerMetadata);
			writer.endThought();
			return parts;
		}
		case 'file':
		case 'reasoning-file':
			return writer.file(part);
		case 'tool-call': {
			const call = writer.call(part);
			return call === null ? null : [call];
		}
		case 'tool-result': {
			const result = writer.result(part);
			return result === null ? null : [result];
		}
		default:
			return null;
	}
}

/** A neutral answer as generated content. */
export function encodeResponse(
	result: LanguageModelV4GenerateResult,
	facts: AnswerFacts,
): { body: JsonObject; dropped: string[] } {
	const writer = new PartWriter(facts);
	const dropped = new Set<string>();
	const parts: JsonObject[] = [];
	const sources: LanguageModelV4Source[] = [];
	for (const content of result.content) {
		if (content.type === 'source' && content.sourceType === 'url') {
			sources.push(content);
			continue;
		}
		const written = encodePart(content, writer);
		if (written === null) dropped.add(content.type);
		else parts.push(...written);
	}
	const candidate = {
		...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }),
		finishReason: writeFinishWord(readFinishReason(result.finishReason), result.finishReason.raw),
		...groundingOf(result.providerMetadata, sources),
		index: 0,
	};
	const body = {
		candidates: [candidate],
		usageMetadata: writeNeutralUsage(result.usage),
		modelVersion: facts.model,
		responseId: facts.id,
	};
	return { body, dropped: [...dropped] };
}
