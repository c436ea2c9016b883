import { CHARACTERS_PER_TOKEN, type ServiceTier, type WireFormatName } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { ScriptedCitation } from './simulator-options.ts';

/** One server-sent event. */
export interface SimulatedEvent {
	/** The `event:` line, where the format has one. */
	event?: string;
	/** Text is sent as it is, everything else as JSON. */
	data: unknown;
	/** Its part in the stream: a `token` of output, the format's end mark (`done`), or what surrounds them. */
	place: 'start' | 'token' | 'frame' | 'end' | 'done';
}

/** What is left of a rate limit; `resetAt` in epoch milliseconds. */
interface RateLimitState {
	limit: number;
	remaining: number;
	resetAt: number;
}

/** One provider's way of reading requests and writing answers, streams and errors. */
export interface SimulatedFormat {
	name: WireFormatName;
	parseRequest(body: JsonObject): ParsedRequest;
	/** True when returned reasoning is this model's and unchanged. */
	isGenuineReasoning(model: string, reasoning: ReturnedReasoning): boolean;
	/** The error's message when it is not. */
	forgedReasoningMessage: string;
	/** The whole answer. */
	encode(answer: SimulatedAnswer): unknown;
	/** The answer as a stream. */
	stream(answer: SimulatedAnswer): SimulatedEvent[];
	/** An error's body. */
	error(status: number, kind: string, message: string): unknown;
	/** An error in the middle of a stream. */
	streamError(message: string): SimulatedEvent;
	/** Keeps a silent stream open; sent as it is. */
	ping: string;
	/** Headers that report a rate limit of `requests` or `tokens`. */
	rateLimitHeaders(what: string, state: RateLimitState, now: number): Record<string, string>;
	/** Header that carries the request's id. */
	requestIdHeader: string;
}

/** 2026-01-01 in epoch seconds, so that answers do not depend on the day. */
export const CREATED_SECONDS = 1_767_225_600;

/** A tool that a request offers. */
export interface OfferedTool {
	name: string;
	/** JSON schema of its arguments. */
	schema: unknown;
	/** It takes plain text in place of arguments (Responses). @default false */
	isCustom?: boolean;
	/** The group of tools that it belongs to (Responses). @default none */
	namespace?: string;
}

/** An image, document or other file of a request. */
export interface Attachment {
	/** e.g. `image/png`; `null` for an address. */
	mediaType: string | null;
	/** Size in bytes, or the URL. */
	content: number | string;
}

/** A document that may be cited. */
export interface CitableDocument {
	title: string;
	text: string;
}

/** Reasoning that a request brings back. */
interface ReturnedReasoning {
	/** `null`: it came without one. */
	signature: string | null;
	/** What was signed. */
	text: string;
}

/** What not every format can ask for. */
interface OptionalRequest {
	/** More than one call at once is allowed. */
	parallel: boolean;
	documents: readonly CitableDocument[];
	/** Scripted reasoning is shown, requested or not, as Chat Completions servers do. */
	alwaysShowsReasoning: boolean;
	/** Reasoning is requested, its text is not (Responses without a summary). */
	hidesReasoning: boolean;
	reasoning: readonly ReturnedReasoning[];
	stopSequences: readonly string[];
	/** How often the same answer is sent (`n`). */
	answerCount: number;
	/** Whether a stream reports usage, where the format leaves it to the caller. */
	includeUsage: boolean;
	/** Signed reasoning is sent (`reasoning.encrypted_content`). */
	includeEncrypted: boolean;
}

/** A request, independent of its wire format. */
export interface ParsedRequest extends OptionalRequest {
	/** The user's latest text. */
	prompt: string;
	tools: readonly OfferedTool[];
	toolChoice: 'auto' | 'none' | 'required' | { name: string };
	/** Results of the latest tool calls; empty when something else came last. */
	toolResults: readonly string[];
	/** JSON schema of the answer; `true` for any JSON, `null` for text. */
	schema: unknown;
	attachments: readonly Attachment[];
	wantsReasoning: boolean;
	/** Assistant text at the end, which the answer continues; `null` when the last message is another's. */
	prefill: string | null;
	maxTokens: number | null;
}

/** What not every format has. */
export const REQUEST_DEFAULTS: OptionalRequest = {
	parallel: true,
	documents: [],
	alwaysShowsReasoning: false,
	hidesReasoning: false,
	reasoning: [],
	stopSequences: [],
	answerCount: 1,
	includeUsage: true,
	includeEncrypted: true,
};

/** Reasoning that is shown, with its signature. */
interface AnswerReasoning {
	type: 'reasoning';
	text: string;
	signature: string;
}

/** Text of the answer. */
export interface AnswerText {
	type: 'text';
	text: string;
	citations: ReadonlyArray<ScriptedCitation & { documentIndex?: number }>;
}

/** A call of a tool; `text` is its arguments as JSON. */
export interface AnswerToolCall {
	type: 'tool-call';
	text: string;
	id: string;
	name: string;
	/** Of the first call of a model that reasons (Gemini sends it). */
	signature: string | null;
}

/** One part of an answer. */
export type AnswerBlock = AnswerReasoning | AnswerText | AnswerToolCall;

/** The answer to a request, independent of its wire format. */
export interface SimulatedAnswer {
	request: ParsedRequest;
	model: string;
	blocks: readonly AnswerBlock[];
	/** Why it ends. */
	finish: 'stop' | 'length' | 'tool-calls' | 'stop-sequence' | 'content-filter';
	/** The sequence that ended it. */
	stopSequence: string | null;
	/** Signature of a model that reasons (Gemini signs calls and the last text); `null` where it does not. */
	signature: string | null;
	/** All input, cached or not. */
	inputTokens: number;
	cachedTokens: number;
	/** Part of the input that was written to the cache, by TTL. */
	writtenTokens: { fiveMinutes: number; hour: number };
	outputTokens: number;
	reasoningTokens: number;
	/** Searches that it ran, and the service that is billed. */
	searches: number;
	serviceTier: ServiceTier;
	/** Deterministic for the model and prompt. */
	id: string;
}

/** Tokens of a text, at least one. */
export function countTokens(text: string): number {
	return Math.max(1, Math.ceil(text.length / CHARACTERS_PER_TOKEN));
}

/** What a stream sends of a block one by one: words, each with the space before it, or 12 characters of arguments. */
export function splitPieces({ type, text }: AnswerBlock): string[] {
	return text.match(type === 'tool-call' ? /.{1,12}/gs : /\s*\S+|\s+$/g) ?? [];
}

/** The text of the answer, without reasoning and tool calls. */
export function joinText(answer: SimulatedAnswer): string {
	return answer.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** A call's arguments for formats that send an object; an empty one where the script has no JSON. */
export function parseArguments(block: Pick<AnswerToolCall, 'text'>): unknown {
	try {
		return JSON.parse(block.text);
	} catch {
		// scripted as invalid JSON, which these formats cannot express
		return {};
	}
}
