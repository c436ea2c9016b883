import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4Text,
	LanguageModelV4ToolCall,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { parseToolInput, toFinishReason } from '../shared/neutral-form.ts';
import { anthropicStopReasons } from './answer.ts';
import { getThinkingSignature, toRedactedBlock } from './reasoning.ts';
import { encodeServerToolResult, encodeServerToolUse } from './server-tools.ts';
import { encodeAnthropicNeutralUsage } from './usage.ts';

/** A message's id: with the prefix that clients look for. */
export function toMessageId({ id }: AnswerMetadata): string {
	return id.startsWith('msg_') ? id : `msg_${id}`;
}

/** The sequence that stopped the model, where Anthropic reports it. */
export function getStopSequence(metadata: LanguageModelV4GenerateResult['providerMetadata']): string | null {
	const sequence = metadata?.['anthropic']?.['stopSequence'];
	return typeof sequence === 'string' ? sequence : null;
}

/** A neutral answer as a message. */
export function encodeAnthropicAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const { blocks, dropped } = encodeContent(result.content);
	return {
		body: {
			id: toMessageId(metadata),
			type: 'message',
			role: 'assistant',
			model: metadata.model,
			content: blocks,
			stop_reason: anthropicStopReasons.format(toFinishReason(result.finishReason), result.finishReason.raw),
			stop_sequence: getStopSequence(result.providerMetadata),
			usage: encodeAnthropicNeutralUsage(result.usage),
		},
		dropped,
	};
}

/** Citations as Anthropic made them; other providers' do not have what Anthropic's need. */
export function getAnthropicCitations(metadata: LanguageModelV4Text['providerMetadata']): unknown[] | null {
	const citations = metadata?.['anthropic']?.['citations'];
	return Array.isArray(citations) && citations.length > 0 ? citations : null;
}

function encodeText({ text, providerMetadata }: LanguageModelV4Text): JsonObject {
	if (providerMetadata?.['anthropic']?.['type'] === 'compaction') return { type: 'compaction', content: text };
	return { type: 'text', text, citations: getAnthropicCitations(providerMetadata) };
}

/** A tool call as a block; `null` when a provider other than Anthropic ran it itself. */
export function encodeAnthropicToolCall(call: LanguageModelV4ToolCall): JsonObject | null {
	const input = parseToolInput(call.input);
	if (call.providerExecuted === true) return encodeServerToolUse(call, input);
	return { type: 'tool_use', id: call.toolCallId, name: call.toolName, input };
}

function encodePart(part: LanguageModelV4Content): JsonObject | null {
	switch (part.type) {
		case 'text':
			return encodeText(part);
		case 'reasoning':
			return (
				toRedactedBlock(part.providerMetadata) ?? {
					type: 'thinking',
					thinking: part.text,
					signature: getThinkingSignature(part.providerMetadata),
				}
			);
		case 'tool-call':
			return encodeAnthropicToolCall(part);
		case 'tool-result':
			return encodeServerToolResult(part);
		default:
			return null;
	}
}

/** The name of a call's signature that `tool_use` cannot carry (Gemini's); `null` without one. */
export function getDroppedSignatureName({ providerMetadata }: LanguageModelV4ToolCall): string | null {
	const signature =
		providerMetadata?.['google']?.['thoughtSignature'] ?? providerMetadata?.['vertex']?.['thoughtSignature'];
	return typeof signature === 'string' ? 'tool-call.thoughtSignature' : null;
}

/** The name under which a part is reported as dropped; `null` where its content is carried elsewhere (sources of citations). */
export function getDroppedName(part: LanguageModelV4Content): string | null {
	if (part.type === 'source') return part.providerMetadata?.['anthropic'] === undefined ? 'source' : null;
	return part.type;
}

/** The content of a message, and the names of what it cannot carry. */
function encodeContent(content: readonly LanguageModelV4Content[]): { blocks: JsonObject[]; dropped: string[] } {
	const blocks: JsonObject[] = [];
	const dropped = new Set<string>();
	for (const part of content) {
		const block = encodePart(part);
		if (block !== null) blocks.push(block);
		const names = [
			block === null ? getDroppedName(part) : null,
			part.type === 'tool-call' ? getDroppedSignatureName(part) : null,
		];
		for (const name of names) if (name !== null) dropped.add(name);
	}
	return { blocks, dropped: [...dropped] };
}
