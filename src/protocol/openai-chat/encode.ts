import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4Reasoning,
	LanguageModelV4ToolCall,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { toFinishReason } from '../shared/neutral-form.ts';
import {
	getCustomToolInput,
	getCustomToolNames,
	toUrlCitation,
	toUrlCitations,
	type UrlCitation,
} from '../shared/openai.ts';
import { encodeThoughtSignature, isSignature, sealMetadata } from '../shared/reasoning-seal.ts';
import { fromNeutralUsage } from '../shared/usage.ts';
import { writeOpenAiChatFinishReason } from './answer.ts';
import { encodeOpenAiChatUsage } from './usage.ts';

/** The id of an answer in this format. */
export function toCompletionId({ id }: AnswerMetadata): string {
	return id.startsWith('chatcmpl-') ? id : `chatcmpl-${id}`;
}

/** A neutral answer as a chat completion. */
export function encodeOpenAiChatAnswer(
	result: LanguageModelV4GenerateResult,
	facts: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const dropped = new Set<string>();
	const message = encodeMessage(result.content, { customTools: getCustomToolNames(facts.request['tools']), dropped });
	const finishReason = writeOpenAiChatFinishReason(toFinishReason(result.finishReason));
	return {
		body: {
			id: toCompletionId(facts),
			object: 'chat.completion',
			created: Math.floor(facts.createdAt / 1000),
			model: facts.model,
			choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
			usage: encodeOpenAiChatUsage(fromNeutralUsage(result.usage, null)),
		},
		dropped: [...dropped],
	};
}

/** A citation where a message has its annotations. */
export function encodeAnnotation(citation: UrlCitation): JsonObject {
	return { type: 'url_citation', url_citation: citation };
}

/** A call as a message says it. `customTools`: names of the caller's tools that take free text. */
export function encodeOpenAiToolCall(call: LanguageModelV4ToolCall, customTools: ReadonlySet<string>): JsonObject {
	const { toolCallId: id, toolName: name, input } = call;
	if (customTools.has(name)) return { id, type: 'custom', custom: { name, input: getCustomToolInput(input) } };
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
		return toUrlCitations(citations, text.length, dropped).map((citation) => ({
			...citation,
			start_index: citation.start_index + before,
			end_index: citation.end_index + before,
		}));
	});
	const urls = new Set(cited.map(({ url }) => url));
	const sources = ofType(content, 'source').flatMap((source) => {
		if (source.sourceType === 'url') return urls.has(source.url) ? [] : [toUrlCitation(source, length)];
		dropped.add('source');
		return [];
	});
	return [...cited, ...sources].map(encodeAnnotation);
}

const CARRIED: ReadonlySet<string> = new Set(['text', 'reasoning', 'source']);

/** The message of an answer; names of what it cannot say are added to `dropped`. */
function encodeMessage(
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
		...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => encodeOpenAiToolCall(call, customTools)) }),
	};
}
