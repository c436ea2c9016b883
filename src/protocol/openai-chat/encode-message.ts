import type { LanguageModelV4Content, LanguageModelV4Reasoning, LanguageModelV4ToolCall } from '@ai-sdk/provider';
import { textOfCustomInput } from '../shared/custom-tools.ts';
import { citationOfSource, citationsOf, type UrlCitation } from '../shared/openai-citations.ts';
import { isSignature, sealMetadata } from '../shared/seal-metadata.ts';
import { encodeThoughtSignature } from '../shared/thought-signature.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** A citation where a message has its annotations. */
export function encodeAnnotation(citation: UrlCitation): JsonObject {
	return { type: 'url_citation', url_citation: citation };
}

/** A call as a message says it. `customTools`: names of the caller's tools that take free text. */
export function encodeToolCall(call: LanguageModelV4ToolCall, customTools: ReadonlySet<string>): JsonObject {
	const { toolCallId: id, toolName: name, input } = call;
	if (customTools.has(name)) return { id, type: 'custom', custom: { name, input: textOfCustomInput(input) } };
	return {
		id,
		type: 'function',
		function: { name, arguments: input },
		...encodeThoughtSignature(call.providerMetadata),
	};
}

/** A block of reasoning, as far as it matters here. */
export type ReasoningBlock = Pick<LanguageModelV4Reasoning, 'text' | 'providerMetadata'>;

/** What each block of reasoning was signed with, and its text where it was: its maker must see both unchanged. */
export function encodeReasoningDetails(blocks: readonly ReasoningBlock[]): JsonObject[] {
	return blocks.map(({ text, providerMetadata }) => {
		const signature = sealMetadata(providerMetadata);
		return { type: 'reasoning.text', text: isSignature(signature) ? text : '', signature };
	});
}

function ofType<Type extends LanguageModelV4Content['type']>(content: readonly LanguageModelV4Content[], type: Type) {
	return content.filter((part): part is Extract<LanguageModelV4Content, { type: Type }> => part.type === type);
}

function annotationsOf(content: readonly LanguageModelV4Content[], dropped: Set<string>): JsonObject[] {
	let length = 0;
	const cited = ofType(content, 'text').flatMap(({ text, citations }) => {
		const before = length;
		length += text.length;
		return citationsOf(citations, text.length, dropped).map((citation) => ({
			...citation,
			start_index: citation.start_index + before,
			end_index: citation.end_index + before,
		}));
	});
	const urls = new Set(cited.map(({ url }) => url));
	const sources = ofType(content, 'source').flatMap((source) => {
		if (source.sourceType === 'url') return urls.has(source.url) ? [] : [citationOfSource(source, length)];
		dropped.add('source');
		return [];
	});
	return [...cited, ...sources].map(encodeAnnotation);
}

const CARRIED: ReadonlySet<string> = new Set(['text', 'reasoning', 'source']);

/** The message of an answer; names of what it cannot say are added to `dropped`. */
export function encodeMessage(
	content: readonly LanguageModelV4Content[],
	{ customTools, dropped }: { customTools: ReadonlySet<string>; dropped: Set<string> },
): JsonObject {
	const calls = ofType(content, 'tool-call').filter(({ providerExecuted }) => providerExecuted !== true);
	for (const part of content) {
		const isCall = part.type === 'tool-call' && part.providerExecuted !== true;
		if (!isCall && !CARRIED.has(part.type)) dropped.add(part.type);
	}
	const texts = ofType(content, 'text').map(({ text }) => text);
	const reasoning = ofType(content, 'reasoning');
	const thoughts = reasoning.map(({ text }) => text).join('');
	const details = encodeReasoningDetails(reasoning);
	const annotations = annotationsOf(content, dropped);
	return {
		role: 'assistant',
		content: texts.length === 0 ? null : texts.join(''),
		refusal: null,
		...(thoughts === '' ? {} : { reasoning_content: thoughts }),
		...(details.length === 0 ? {} : { reasoning_details: details }),
		...(annotations.length === 0 ? {} : { annotations }),
		...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => encodeToolCall(call, customTools)) }),
	};
}
