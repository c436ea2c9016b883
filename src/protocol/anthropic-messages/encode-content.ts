import type { LanguageModelV4Content, LanguageModelV4Text, LanguageModelV4ToolCall } from '@ai-sdk/provider';
import { readToolInput } from '../shared/tool-input.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { writeServerToolResult, writeServerToolUse } from './server-tools.ts';
import { redactedBlockOf, signatureOf } from './write-reasoning.ts';

/** Citations as Anthropic made them; other providers' do not have what Anthropic's need. */
export function citationsOf(metadata: LanguageModelV4Text['providerMetadata']): unknown[] | null {
	const citations = metadata?.['anthropic']?.['citations'];
	return Array.isArray(citations) && citations.length > 0 ? citations : null;
}

function encodeText({ text, providerMetadata }: LanguageModelV4Text): JsonObject {
	if (providerMetadata?.['anthropic']?.['type'] === 'compaction') return { type: 'compaction', content: text };
	return { type: 'text', text, citations: citationsOf(providerMetadata) };
}

/** A tool call as a block; `null` when a provider other than Anthropic ran it itself. */
export function encodeToolCall(call: LanguageModelV4ToolCall): JsonObject | null {
	const input = readToolInput(call.input);
	if (call.providerExecuted === true) return writeServerToolUse(call, input);
	return { type: 'tool_use', id: call.toolCallId, name: call.toolName, input };
}

function encodePart(part: LanguageModelV4Content): JsonObject | null {
	switch (part.type) {
		case 'text':
			return encodeText(part);
		case 'reasoning':
			return (
				redactedBlockOf(part.providerMetadata) ?? {
					type: 'thinking',
					thinking: part.text,
					signature: signatureOf(part.providerMetadata),
				}
			);
		case 'tool-call':
			return encodeToolCall(part);
		case 'tool-result':
			return writeServerToolResult(part);
		default:
			return null;
	}
}

/** What of a call has no place in a `tool_use`: Gemini's proof that it made the call; `null` where nothing is lost. */
export function nameOfLostProof({ providerMetadata }: LanguageModelV4ToolCall): string | null {
	const signature =
		providerMetadata?.['google']?.['thoughtSignature'] ?? providerMetadata?.['vertex']?.['thoughtSignature'];
	return typeof signature === 'string' ? 'tool-call.thoughtSignature' : null;
}

/** What is lost when a part cannot be carried; `null` where its content stands elsewhere too (sources of citations). */
export function nameOfLost(part: LanguageModelV4Content): string | null {
	if (part.type === 'source') return part.providerMetadata?.['anthropic'] === undefined ? 'source' : null;
	return part.type;
}

/** The content of a message, and what could not be carried. */
export function encodeContent(content: readonly LanguageModelV4Content[]): { blocks: JsonObject[]; dropped: string[] } {
	const blocks: JsonObject[] = [];
	const dropped = new Set<string>();
	for (const part of content) {
		const block = encodePart(part);
		const lost = block === null ? nameOfLost(part) : null;
		if (block !== null) blocks.push(block);
		if (lost !== null) dropped.add(lost);
		const lostProof = part.type === 'tool-call' ? nameOfLostProof(part) : null;
		if (lostProof !== null) dropped.add(lostProof);
	}
	return { blocks, dropped: [...dropped] };
}
