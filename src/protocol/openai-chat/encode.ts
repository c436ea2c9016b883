import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4Reasoning,
	LanguageModelV4ToolCall,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { withoutUndefined } from '../shared/body-fields.ts';
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
import { openAiChatFinishReasons } from './answer.ts';
import { encodeOpenAiChatUsage } from './usage.ts';

/** The id of an answer in this format. */
export function toCompletionId({ id }: AnswerMetadata): string {
	return id.startsWith('chatcmpl-') ? id : `chatcmpl-${id}`;
}

/** A neutral answer as a chat completion. */
export function encodeOpenAiChatAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const dropped = new Set<string>();
	const message = encodeMessage(result.content, {
		customTools: getCustomToolNames(metadata.request['tools']),
		dropped,
	});
	const finishReason = openAiChatFinishReasons.format(toFinishReason(result.finishReason));
	return {
		body: {
			id: toCompletionId(metadata),
			object: 'chat.completion',
			created: Math.floor(metadata.createdAt / 1000),
			model: metadata.model,
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

function encodeAnnotations(content: readonly LanguageModelV4Content[], dropped: Set<string>): JsonObject[] {
	let length = 0;
	const cited = ofType(content, 'text').flatMap(({ text, citations }) => {
		const offset = length;
		length += text.length;
		return toUrlCitations(citations, { length: text.length, offset }, dropped);
	});
	const urls = new Set(cited.map(({ url }) => url));
	const sources = ofType(content, 'source').flatMap((source) => {
		if (source.sourceType === 'url') return urls.has(source.url) ? [] : [toUrlCitation(source, length)];
		dropped.add('source');
		return [];
	});
	return [...cited, ...sources].map(encodeAnnotation);
}

const ENCODED: ReadonlySet<string> = new Set(['text', 'reasoning', 'source']);

/** The message of an answer; names of what it cannot say are added to `dropped`. */
function encodeMessage(
	content: readonly LanguageModelV4Content[],
	{ customTools, dropped }: { customTools: ReadonlySet<string>; dropped: Set<string> },
): JsonObject {
	const calls = ofType(content, 'tool-call').filter(({ providerExecuted }) => providerExecuted !== true);
	for (const part of content)
		if (!ENCODED.has(part.type) && !calls.some((call) => call === part)) dropped.add(part.type);
	const texts = ofType(content, 'text').map(({ text }) => text);
	const reasoning = ofType(content, 'reasoning');
	const thoughts = reasoning.map(({ text }) => text).join('');
	const annotations = encodeAnnotations(content, dropped);
	return {
		role: 'assistant',
		content: texts.length === 0 ? null : texts.join(''),
		refusal: null,
		...withoutUndefined({
			reasoning_content: thoughts === '' ? undefined : thoughts,
			reasoning_details: reasoning.length === 0 ? undefined : encodeReasoningDetails(reasoning),
			annotations: annotations.length === 0 ? undefined : annotations,
			tool_calls: calls.length === 0 ? undefined : calls.map((call) => encodeOpenAiToolCall(call, customTools)),
		}),
	};
}
