// biome-ignore-all lint/complexity/noExcessiveCognitiveComplexity: each reader follows one format from its first event to its last
import { SseParser } from '../../../src/protocol/index.ts';
import type { JsonObject } from '../../../src/util/index.ts';
import { bedrockEvents } from './event-stream.ts';

/** The formats in which recordings are, and in which callers are answered; `bedrock-converse` is no caller's. */
export type AnswerFormat = 'anthropic-messages' | 'openai-chat' | 'openai-responses' | 'gemini' | 'bedrock-converse';

/** What an answer says, whatever its format. Of several answers in one, the first. */
export interface AnswerMeaning {
	text: string;
	reasoning: string;
	refusal: string;
	calls: { name: string; input: unknown }[];
	/** `null`: none was told. */
	end: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other' | null;
	/** Tokens: all input, what of it was cached, all output, what of it was reasoning. `null`: none was told. */
	usage: { input: number; cached: number; output: number; reasoning: number } | null;
	/** The error told in the answer's place or in the middle of it, as JSON. */
	error: string | null;
}

/** Read by hand from the providers' documentation, without the code under test (but for splitting lines into events). */
export function readMeaning(format: AnswerFormat, isStream: boolean, bytes: Buffer): AnswerMeaning {
	const meaning = { text: '', reasoning: '', refusal: '', calls: [], end: null, usage: null, error: null };
	const events = isStream ? readEvents(format, bytes) : [parse(bytes.toString('utf8'))];
	READERS[format](events.flatMap(objects), isStream, meaning);
	return meaning;
}

function readEvents(format: AnswerFormat, bytes: Buffer): unknown[] {
	if (format === 'bedrock-converse') return bedrockEvents(bytes);
	const parser = new SseParser();
	const frames = [...parser.push(bytes), parser.flush()];
	return frames.map((frame) => (frame?.data == null ? undefined : parse(frame.data)));
}

// biome-ignore lint/suspicious/noExplicitAny: answers of providers, looked into at any depth
type Json = any;

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// a comment, [DONE], or no JSON at all
		return undefined;
	}
}

function objects(value: unknown): JsonObject[] {
	if (Array.isArray(value)) return value.flatMap(objects);
	return typeof value === 'object' && value !== null ? [value as JsonObject] : [];
}

const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);

/** The input of a call as JSON; a text that is none as it is, nothing as `{}`. */
function inputOf(value: Json): unknown {
	if (value === undefined || value === null || value === '' || value === 'null') return {};
	if (typeof value !== 'string') return value;
	return parse(value) ?? value;
}

type Reader = (events: readonly Json[], isStream: boolean, meaning: AnswerMeaning) => void;

function withoutNulls(value: Json): Json {
	return Object.fromEntries(Object.entries(value ?? {}).filter(([, member]) => member != null));
}

const ANTHROPIC_ENDS: Record<string, AnswerMeaning['end']> = {
	end_turn: 'stop',
	stop_sequence: 'stop',
	pause_turn: 'stop',
	max_tokens: 'length',
	model_context_window_exceeded: 'length',
	tool_use: 'tool-calls',
	refusal: 'content-filter',
};

const readAnthropic: Reader = (events, isStream, meaning) => {
	let usage: Json = null;
	const blocks: Json[] = isStream ? [] : list(events[0]?.content);
	for (const event of events) {
		if (event.error) meaning.error = JSON.stringify(event.error);
		const told = event.usage ?? event.message?.usage;
		if (told) usage = { ...usage, ...withoutNulls(told) };
		const end = event.stop_reason ?? event.delta?.stop_reason;
		if (end) meaning.end = ANTHROPIC_ENDS[end] ?? 'other';
		if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block, json: '' };
		if (event.type !== 'content_block_delta') continue;
		blocks[event.index] ??= { type: 'lost' };
		const block = blocks[event.index];
		const { text = '', thinking = '', partial_json = '' } = event.delta;
		if (text !== '') block.text = (block.text ?? '') + text;
		if (thinking !== '') block.thinking = (block.thinking ?? '') + thinking;
		block.json += partial_json;
	}
	for (const block of blocks.filter(Boolean)) {
		if (block.type === 'text') meaning.text += block.text ?? '';
		if (block.type === 'thinking') meaning.reasoning += block.thinking ?? '';
		if (block.type === 'tool_use') meaning.calls.push({ name: block.name, input: inputOf(block.json || block.input) });
	}
	if (usage === null) return;
	const cached = usage.cache_read_input_tokens ?? 0;
	meaning.usage = {
		input: (usage.input_tokens ?? 0) + cached + (usage.cache_creation_input_tokens ?? 0),
		cached,
		output: usage.output_tokens ?? 0,
		reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
	};
	// what compaction read and wrote is beside the message's own counts
	for (const step of list(usage.iterations).filter(({ type }) => type === 'compaction')) {
		meaning.usage.input +=
			(step.input_tokens ?? 0) + (step.cache_read_input_tokens ?? 0) + (step.cache_creation_input_tokens ?? 0);
		meaning.usage.cached += step.cache_read_input_tokens ?? 0;
		meaning.usage.output += step.output_tokens ?? 0;
	}
};

/** `prompt_tokens` or `input_tokens`, each with its details. */
function readOpenAiUsage(usage: Json, input: string, output: string): AnswerMeaning['usage'] {
	if (!usage) return null;
	const { reasoning_tokens: reasoning = 0 } = usage[`${output}_details`] ?? {};
	const details = usage[`${input}_details`] ?? {};
	const [whole, written] = [usage[input] ?? 0, usage[output] ?? 0];
	// some servers count reasoning, or cached tokens, beside the whole that should include them
	const isBeside = reasoning > 0 && usage.total_tokens === whole + written + reasoning;
	const cached = details.cached_tokens ?? 0;
	const isCacheBeside = cached > whole && details.text_tokens === whole;
	return {
		input: whole + (isCacheBeside ? cached : 0),
		cached,
		output: written + (isBeside ? reasoning : 0),
		reasoning: reasoning ?? 0,
	};
}

const CHAT_ENDS: Record<string, AnswerMeaning['end']> = {
	stop: 'stop',
	length: 'length',
	tool_calls: 'tool-calls',
	function_call: 'tool-calls',
	content_filter: 'content-filter',
};

/** A content of text, or of parts; Mistral's thinking is one of them. */
function readContent(content: Json, meaning: AnswerMeaning): void {
	if (typeof content === 'string') meaning.text += content;
	else if (content !== null && typeof content === 'object' && !Array.isArray(content))
		meaning.text += JSON.stringify(content);
	for (const part of list(content)) {
		if (part.type === 'text') meaning.text += part.text;
		if (part.type === 'thinking')
			meaning.reasoning += list(part.thinking)
				.map(({ text }) => text)
				.join('');
	}
}

const readChat: Reader = (events, isStream, meaning) => {
	const calls: Json[] = [];
	for (const event of events) {
		if (event.error) meaning.error = JSON.stringify(event.error);
		meaning.usage = readOpenAiUsage(event.usage, 'prompt_tokens', 'completion_tokens') ?? meaning.usage;
		const choice = list(event.choices).find(({ index }) => (index ?? 0) === 0);
		if (choice === undefined) continue;
		if (choice.finish_reason) meaning.end = CHAT_ENDS[choice.finish_reason] ?? 'other';
		const message = (isStream ? choice.delta : choice.message) ?? {};
		readContent(message.content, meaning);
		const reasoning = message.reasoning_content ?? message.reasoning;
		if (typeof reasoning === 'string') meaning.reasoning += reasoning;
		if (typeof message.refusal === 'string') meaning.refusal += message.refusal;
		const begun = [
			...list(message.tool_calls),
			...(message.function_call ? [{ function: message.function_call }] : []),
		];
		for (const call of begun.filter((each) => each.function?.name !== '' || isStream)) {
			const at = !isStream ? calls.length : (call.index ?? (call.id ? calls.length : calls.length - 1));
			const told = call.function ?? { name: call.custom?.name, input: { input: call.custom?.input } };
			calls[at] ??= { name: '', input: '' };
			if (told.name && calls[at].name !== told.name) calls[at].name += told.name;
			const input = told.arguments ?? told.input;
			if (typeof input === 'string') calls[at].input += input;
			else if (input) calls[at].input = input;
		}
	}
	meaning.calls.push(...calls.filter(Boolean).map(({ name, input }) => ({ name, input: inputOf(input) })));
	if (meaning.end === 'stop' && meaning.calls.length > 0) meaning.end = 'tool-calls';
};

const readResponses: Reader = (events, isStream, meaning) => {
	const finals = ['response.completed', 'response.incomplete', 'response.failed'];
	const failed = events.find(({ type, error }) => type === 'error' || (type === undefined && error));
	const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
	const response = isStream ? events.findLast(({ type }) => finals.includes(type))?.response : events[0];
	const error = failed?.error ?? failed ?? response?.error;
	if (error) meaning.error = JSON.stringify(error);
	if (!response) return;
	const output = list(response.output);
	for (const item of output.length === 0 ? done : output) {
		for (const part of item.type === 'message' ? list(item.content) : []) {
			meaning.text += part.type === 'output_text' ? part.text : '';
			meaning.refusal += part.type === 'refusal' ? part.refusal : '';
		}
		if (item.type === 'reasoning') {
			const texts = [item.summary, item.content].map((parts) =>
				list(parts)
					.map(({ text }) => text ?? '')
					.join(''),
			);
			meaning.reasoning += texts[0] || texts[1];
		}
		if (item.type === 'function_call' || item.type === 'custom_tool_call')
			meaning.calls.push({ name: item.name, input: inputOf(item.arguments ?? item.input) });
	}
	if (meaning.reasoning === '') {
		const deltas = events.filter(({ type }) => /reasoning(?:_summary)?_text\.delta$/.test(type ?? ''));
		meaning.reasoning = deltas.map(({ delta }) => delta).join('');
	}
	const reason = response.incomplete_details?.reason;
	if (response.status === 'completed') meaning.end = meaning.calls.length > 0 ? 'tool-calls' : 'stop';
	if (response.status === 'incomplete')
		meaning.end = reason === 'max_output_tokens' ? 'length' : reason === 'content_filter' ? 'content-filter' : 'other';
	meaning.usage = readOpenAiUsage(response.usage, 'input_tokens', 'output_tokens');
};

/** A call, or a piece of the latest one, whose members come one after the other. */
function readGeminiCall({ args, name, partialArgs }: Json, meaning: AnswerMeaning): void {
	if (name !== undefined) meaning.calls.push({ name, input: inputOf(args) });
	const input: Json = meaning.calls.at(-1)?.input;
	for (const { jsonPath, stringValue, ...value } of list(partialArgs)) {
		const steps: string[] = jsonPath.match(/[^$.[\]]+/g) ?? [];
		const last = steps.pop() ?? '';
		let at: Json = input;
		// a number is a place in a list
		for (const [index, step] of steps.entries()) at = at[step] ??= /^\d+$/.test(steps[index + 1] ?? last) ? [] : {};
		at[last] =
			stringValue === undefined ? (value.numberValue ?? value.boolValue ?? null) : (at[last] ?? '') + stringValue;
	}
}

const readGemini: Reader = (events, _isStream, meaning) => {
	let usage: Json = null;
	for (const event of events) {
		if (event.error) meaning.error = JSON.stringify(event.error);
		if (event.usageMetadata) usage = { ...usage, ...withoutNulls(event.usageMetadata) };
		if (event.promptFeedback?.blockReason) meaning.end = 'content-filter';
		const candidate = list(event.candidates).find(({ index }) => (index ?? 0) === 0);
		for (const part of list(candidate?.content?.parts)) {
			if (typeof part.text === 'string') meaning[part.thought ? 'reasoning' : 'text'] += part.text;
			if (part.functionCall) readGeminiCall(part.functionCall, meaning);
		}
		const reason = candidate?.finishReason;
		if (reason) meaning.end = reason === 'STOP' ? 'stop' : reason === 'MAX_TOKENS' ? 'length' : 'other';
		if (/SAFETY|PROHIBITED|BLOCKLIST|SPII|RECITATION|MODEL_ARMOR/.test(reason ?? '')) meaning.end = 'content-filter';
	}
	if (meaning.end === 'stop' && meaning.calls.length > 0) meaning.end = 'tool-calls';
	if (usage === null) return;
	const reasoning = usage.thoughtsTokenCount ?? 0;
	meaning.usage = {
		input: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
		cached: usage.cachedContentTokenCount ?? 0,
		output: (usage.candidatesTokenCount ?? 0) + reasoning,
		reasoning,
	};
};

const readBedrock: Reader = (events, isStream, meaning) => {
	let usage: Json = null;
	let end: string | undefined;
	const blocks: Json[] = isStream ? [] : list(events[0]?.output?.message?.content);
	for (const event of events) {
		usage = event.usage ?? event.metadata?.usage ?? usage;
		end = event.stopReason ?? event.messageStop?.stopReason ?? end;
		const { contentBlockStart: start, contentBlockDelta: piece } = event;
		if (start) blocks[start.contentBlockIndex] = { toolUse: { ...start.start?.toolUse, input: '' } };
		if (!piece) continue;
		blocks[piece.contentBlockIndex] ??= {};
		const block = blocks[piece.contentBlockIndex];
		const { text, toolUse, reasoningContent } = piece.delta;
		if (text) block.text = (block.text ?? '') + text;
		if (toolUse) block.toolUse.input += toolUse.input ?? '';
		if (reasoningContent?.text) block.reasoning = (block.reasoning ?? '') + reasoningContent.text;
	}
	for (const { text, toolUse, reasoning, reasoningContent, citationsContent } of blocks.filter(Boolean)) {
		meaning.text +=
			(text ?? '') +
			list(citationsContent?.content)
				.map((part) => part.text ?? '')
				.join('');
		meaning.reasoning += reasoning ?? reasoningContent?.reasoningText?.text ?? '';
		if (toolUse?.name) meaning.calls.push({ name: toolUse.name, input: inputOf(toolUse.input) });
	}
	const isFiltered = end === 'guardrail_intervened' || end === 'content_filtered';
	if (end !== undefined) meaning.end = isFiltered ? 'content-filter' : (ANTHROPIC_ENDS[end] ?? 'other');
	if (usage === null) return;
	const cached = usage.cacheReadInputTokens ?? 0;
	const input = usage.inputTokens + cached + (usage.cacheWriteInputTokens ?? 0);
	meaning.usage = { input, cached, output: usage.outputTokens, reasoning: 0 };
};

const READERS: Readonly<Record<AnswerFormat, Reader>> = {
	'anthropic-messages': readAnthropic,
	'openai-chat': readChat,
	'openai-responses': readResponses,
	gemini: readGemini,
	'bedrock-converse': readBedrock,
};
