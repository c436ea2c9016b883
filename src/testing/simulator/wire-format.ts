import type { Fields } from './json-fields.ts';
import type { ScriptedCitation } from './simulator-options.ts';
import type { RateLimitState } from './simulator-state.ts';

/** One server-sent event. */
export interface SimulatedEvent {
	/** The `event:` line, where the format has one. */
	event?: string;
	/** Text is sent as it is, everything else as JSON. */
	data: unknown;
	/** What it is in its stream: a `token` of output, the format's last word (`done`), or what stands around them. */
	place: 'start' | 'token' | 'frame' | 'end' | 'done';
}

/** One provider's way of reading requests and writing answers, streams and errors. */
export interface SimulatedFormat {
	parseRequest(body: Fields): ParsedRequest;
	/** Reasoning that comes back is this model's and unchanged. */
	isGenuineReasoning(model: string, reasoning: ReturnedReasoning): boolean;
	/** What is said to reasoning that is not. */
	forgedReasoningMessage: string;
	/** The whole answer. */
	encode(answer: SimulatedAnswer): unknown;
	/** The answer as a stream. */
	stream(answer: SimulatedAnswer): SimulatedEvent[];
	/** An error's body. */
	error(status: number, kind: string, message: string): unknown;
	/** An error in the middle of a stream. */
	streamError(message: string): SimulatedEvent;
	/** What keeps a silent stream open, as it is sent. */
	ping: string;
	/** What an answer tells of a limit. */
	rateLimitHeaders(state: RateLimitState, now: number): Record<string, string>;
	/** Header that carries the request's id. */
	requestIdHeader: string;
}

/** 2026-01-01 in seconds, so that answers do not depend on the day. */
export const CREATED_SECONDS = 1_767_225_600;

/** A tool that a request offers. */
export interface OfferedTool {
	name: string;
	/** JSON schema of its arguments. */
	schema: unknown;
}

/** Something that came with the words. */
export interface Attachment {
	/** e.g. `image/png`; `null` for an address. */
	mediaType: string | null;
	/** Bytes that came, or the address they are at. */
	content: number | string;
}

/** A document that may be cited. */
export interface CitableDocument {
	title: string;
	text: string;
}

/** Reasoning that a request brings back. */
export interface ReturnedReasoning {
	/** `null`: it came without. */
	signature: string | null;
	/** What was signed. */
	text: string;
}

/** What a request asks, in no wire format any more. */
export interface ParsedRequest {
	/** The person's latest words. */
	prompt: string;
	tools: readonly OfferedTool[];
	toolChoice: 'auto' | 'none' | 'required' | { name: string };
	/** More than one call at once is allowed. */
	parallel: boolean;
	/** What the tools answered to the latest calls; empty when something else came last. */
	toolResults: readonly string[];
	/** JSON schema of the answer; `true` for any JSON, `null` for words. */
	schema: unknown;
	attachments: readonly Attachment[];
	documents: readonly CitableDocument[];
	wantsReasoning: boolean;
	/** What is scripted to be thought is said, asked for or not: servers that speak Chat Completions. */
	alwaysShowsReasoning: boolean;
	/** Thinking is asked for, its words are not (Responses without a summary). */
	hidesReasoning: boolean;
	reasoning: readonly ReturnedReasoning[];
	/** The assistant's words at the end, which the answer goes on from; `null` when a person or a tool spoke last. */
	prefill: string | null;
	maxTokens: number | null;
	stopSequences: readonly string[];
	answerCount: number;
	includeUsage: boolean;
	includeEncrypted: boolean;
}

/** An ask of nothing, for formats to fill in. */
export const EMPTY_REQUEST: ParsedRequest = {
	prompt: '',
	tools: [],
	toolChoice: 'auto',
	parallel: true,
	toolResults: [],
	schema: null,
	attachments: [],
	documents: [],
	wantsReasoning: false,
	alwaysShowsReasoning: false,
	hidesReasoning: false,
	reasoning: [],
	prefill: null,
	maxTokens: null,
	stopSequences: [],
	answerCount: 1,
	includeUsage: true,
	includeEncrypted: true,
};

/** Thinking that is shown, with what proves where it comes from. */
export interface AnswerReasoning {
	type: 'reasoning';
	pieces: readonly string[];
	text: string;
	signature: string;
}

/** Words of the answer. */
export interface AnswerText {
	type: 'text';
	pieces: readonly string[];
	text: string;
	citations: ReadonlyArray<ScriptedCitation & { documentIndex?: number }>;
}

/** A call of a tool; `text` is its arguments as JSON. */
export interface AnswerToolCall {
	type: 'tool-call';
	pieces: readonly string[];
	text: string;
	id: string;
	name: string;
	/** Proves where it comes from, where the model thinks and the format (Gemini) says so. */
	signature: string | null;
}

/** One part of an answer. */
export type AnswerBlock = AnswerReasoning | AnswerText | AnswerToolCall;

/** What the simulator says to a request, in no wire format yet. */
export interface SimulatedAnswer {
	model: string;
	blocks: readonly AnswerBlock[];
	/** Why it ends. */
	finish: 'stop' | 'length' | 'tool-calls' | 'stop-sequence' | 'content-filter';
	/** The sequence that ended it. */
	stopSequence: string | null;
	/** How often the same answer is given (`n`). */
	answerCount: number;
	/** The stream tells its usage though the format leaves it to the caller. */
	includeUsage: boolean;
	/** Proves that a model that thinks made this (Gemini signs calls and last words); `null` where it does not think. */
	signature: string | null;
	/** The words of its reasoning stay unsaid. */
	hidesReasoning: boolean;
	/** Signed reasoning is given out whole (`reasoning.encrypted_content`). */
	includeEncrypted: boolean;
	/** All input, cached or not. */
	inputTokens: number;
	cachedTokens: number;
	/** Part of the input that was written to the cache, by life. */
	writtenTokens: { fiveMinutes: number; hour: number };
	outputTokens: number;
	reasoningTokens: number;
	/** Deterministic for the model and prompt. */
	id: string;
}

/** Characters per token, as a rule of thumb. */
export const CHARACTERS_PER_TOKEN = 4;

/** Tokens of a text, at least one. */
export function countTokens(text: string): number {
	return Math.max(1, Math.ceil(text.length / CHARACTERS_PER_TOKEN));
}

/** The words of a text with the space before them; together they are the text. */
export function splitWords(text: string): string[] {
	return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** The words of the answer without its reasoning and tool calls. */
export function joinText(answer: SimulatedAnswer): string {
	return answer.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** A call's arguments for formats that hold them as an object; an empty one where the script says something else. */
export function parseArguments(block: AnswerToolCall): unknown {
	try {
		return JSON.parse(block.text);
	} catch {
		// Scripted to be no JSON, which these formats cannot even say.
		return {};
	}
}
