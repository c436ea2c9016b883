import type {
	LanguageModelV4CallOptions,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { Conversation, FinishReason, RequiredCapability, Usage, WireFormatName } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { JsonText } from './json-splice.ts';
import type { FrameSummary, SseFrame } from './sse.ts';
import type { ToolIdRule } from './tool-ids.ts';
import type { StreamUsageReader } from './usage.ts';

/** What routing and budgets need of a caller's request. */
export interface WireRequest {
	/** The model as the caller names it. */
	model: string;
	isStream: boolean;
	/** The conversation, for the classifier; shares the body's objects. */
	conversation: Conversation;
	/** Most output tokens the caller allows; `null` without a limit of its own. */
	maxOutputTokens: number | null;
	/** Output tokens that are granted for thinking; the provider refuses a limit that is not above. @default 0 */
	thinkingTokens?: number;
	/** What the model must be able to do, read from tools, images, response format and thinking. */
	requiredCapabilities: RequiredCapability[];
	/** Answers asked for (`n`, `candidateCount`); each may be as long as the limit. */
	answerCount: number;
	/** The caller asked for usage in its stream; true in formats that always send it. */
	wantsUsage: boolean;
	/** The conversation's id, where the body names one. */
	session: string | null;
	/** The conversation holds signed or encrypted reasoning that only the model that made it can read. */
	boundToModel: boolean;
	/** A tool of the request searches the web, at a provider that has one. @default false */
	searchesWeb?: true;
	/** The request is about what one provider holds: an earlier response, a conversation, a prompt. @default false */
	isHeld?: true;
	/** The id of the earlier response that the request goes on from. @default none */
	previousResponse?: string;
}

/** What must change in a body that is passed through. */
export interface RequestChange {
	model: string;
	/** Most output tokens the budget allows; set where that is below the caller's limit, or the caller has none. */
	maxOutputTokens?: number | undefined;
	/** Ask the provider for usage in the stream. */
	includeUsage?: boolean;
	/** Chooses the breakpoints of the provider's prompt cache, in formats that have them (Anthropic). */
	planBreakpoints?: ((body: JsonObject) => readonly CacheBreakpoint[]) | undefined;
	/** The ids of tool calls that the deployment takes. @default any */
	toolIds?: ToolIdRule | null;
	/** Called with what of the conversation is left out, or told in words, because another provider made it; as often as it is. */
	onDropped?: ((name: string) => void) | undefined;
}

/** A caller's request in the neutral form. */
export interface DecodedRequest {
	options: LanguageModelV4CallOptions;
	/** Paths of what the neutral form cannot carry, e.g. `logit_bias`. */
	dropped: string[];
}

/** What an answer in the caller's format needs besides its content. */
export interface AnswerMetadata {
	/** Unique; the encoder adds its format's prefix (`chatcmpl-`, `msg_`, `resp_`). */
	id: string;
	/** The model that answers: provider's model id. */
	model: string;
	/** Epoch milliseconds. */
	createdAt: number;
	wantsUsage: boolean;
	/** Input tokens as estimated, for formats that tell them before the provider has. @default not known */
	expectedInputTokens?: number;
	/** The caller's body, for what the format echoes (Responses repeats the request's settings). */
	request: JsonObject;
}

/** Writes a neutral stream as the caller's frames. */
export interface StreamEncoder {
	/** The frames of a part; empty where the format has none for it. Those of `finish` end the stream. */
	push(part: LanguageModelV4StreamPart): string;
	/** Ends cleanly now, with a reason, though the provider has not: closes open blocks. */
	endEarly(reason: FinishReason, usage: Usage): string;
	/** Types of parts that the format cannot carry, e.g. `source`. */
	readonly dropped: readonly string[];
}

/** Watches a provider's stream that is passed through in its own format. */
export interface StreamWatcher {
	read(frame: SseFrame): FrameSummary;
	/** The event that was read last came again, with this text in place of its own; once or several times. */
	repeat(text: string): void;
	readonly usage: StreamUsageReader;
	/** The provider has sent a finish reason: the answer is whole, whatever happens to the connection now. */
	readonly isComplete: boolean;
	/** `null` until the provider sends it. */
	readonly finishReason: FinishReason | null;
	/** The provider's own words for an end that is an error, in formats that have some. @default none */
	readonly failure?: string | null;
	/** The id by which later requests may refer to the answer, in formats whose provider can hold it; `null` until it is sent. */
	readonly responseId?: string | null;
	/** The model that answers, as the provider names it; `null` until it does. */
	readonly model: string | null;
	/** Frames that end the stream cleanly now, with a reason: closes what is open. */
	endEarly(reason: FinishReason, usage: Usage): string;
}

/** A failure that is reported to a caller. */
export interface WireError {
	status: number;
	/** What happened, in this package's words or the provider's; no secrets. */
	message: string;
	/** This package's code (`ROUTER_…`) or the provider's error code. */
	code: string | null;
	/** The provider's class of the error, told where the caller's format has it too. */
	type?: string | null;
	/** Field of the request that is wrong. */
	param?: string;
	/** The request is too long for every model: told as the format tells it, for clients shorten the conversation by that. */
	excess?: {
		/** Tokens of the request and how many the model takes; `null` where that is not known. */
		tokens: number | null;
		limit: number | null;
	};
	/** Further members of the error, which some clients look for. */
	members?: JsonObject;
	/** Id under which the request is known. */
	requestId?: string | null;
	/** The provider's error in the caller's own format, passed on as it came. */
	body?: JsonObject;
}

/** What is read of a whole answer that is passed through. */
export interface AnswerSummary {
	finishReason: FinishReason | null;
	/** False when there is nothing in it: no text, no tool call, no refusal. */
	hasOutput: boolean;
	/** The provider refused for its content policy. */
	isRefusal: boolean;
	/** `null` when the provider did not report any. */
	usage: Usage | null;
	/** All output in one: text, reasoning and tool input. An answer without usage is metered by it. */
	outputText: string;
	/** As of `StreamWatcher`. */
	failure?: string | null;
	/** As of `StreamWatcher`. */
	responseId?: string | null;
	/** As of `StreamWatcher`. */
	model: string | null;
}

/** One of the wire formats that callers use. No I/O: its functions are pure, and state is in the objects they create. */
export interface CallerFormat {
	readonly name: WireFormatName;
	/** Whether its clients skip comments in a stream, as the standard says; Google's SDK for Node reads them as data, and fails. */
	readonly allowsComments: boolean;
	/** Whether its clients fail on an error in a stream; where some read past it, only a connection that breaks tells them. */
	readonly readsStreamErrors: boolean;
	/** What is sent in a silence, and means nothing to the format's clients; empty where they have no such thing. */
	readonly keepAlive: string;
	/** Text and body with a list where its only member stands for it, in formats whose servers take that. Read nothing before. */
	listSingles?(text: JsonText, body: JsonObject): [text: JsonText, body: JsonObject];
	/**
	 * Reads what routing and budgets need. `path` holds what is part of the address instead of the body (Gemini).
	 * @throws InvalidInputError naming the field's path and what it must be
	 */
	readRequest(body: JsonObject, path?: { model?: string; isStream?: boolean }): WireRequest;
	/** The same bytes but for what must change. `body` is `text` parsed. */
	spliceRequest(text: JsonText, body: JsonObject, change: RequestChange): JsonText;
	/** The request in the neutral form. @throws InvalidInputError naming the field's path */
	decodeRequest(body: JsonObject): DecodedRequest;
	/** The arguments of all calls in a request, in formats that have them as JSON within a string. */
	listArguments?(body: JsonObject): string[];
	encodeAnswer(
		result: LanguageModelV4GenerateResult,
		metadata: AnswerMetadata,
	): { body: JsonObject; dropped: string[] };
	createStreamEncoder(metadata: AnswerMetadata): StreamEncoder;
	/** `wantsUsage`: the caller asked for usage itself; `answers`: as many as it asked for, 1 where it does not say. */
	createStreamWatcher(options: { wantsUsage: boolean; answers?: number }): StreamWatcher;
	/** Reads a whole answer that is passed through. */
	readAnswer(body: JsonObject): AnswerSummary;
	/** The frames of a stream that says what a whole answer does: some servers answer whole where a stream was asked for. */
	splitAnswer(body: JsonObject): string;
	/** The whole answer that the events of a stream say: some servers stream where a whole answer was asked for. */
	joinEvents(events: readonly JsonObject[]): JsonObject;
	/** The body of an error answer. */
	encodeError(error: WireError): JsonObject;
	/** Frames that end a stream with an error; never a clean end. */
	encodeStreamError(error: WireError): string;
}

/** How long a provider keeps a cached prefix after its last use. */
export type CacheTtl = '5m' | '1h';

/** The beginning of a prompt, up to the end of a section or message, that may come again. */
export interface PromptPrefix {
	section: 'tools' | 'system' | 'messages';
	/** Index of the last message, for `messages`; -1 else. */
	messageIndex: number;
	/** Estimated from its characters. */
	tokens: number;
	/** Of all of the prefix. */
	hash: string;
}

/** Where the provider caches the prompt up to. */
export interface CacheBreakpoint {
	prefix: PromptPrefix;
	ttl: CacheTtl;
}

/** Kinds of content that are named as left out of one answer, at most; and the characters of a name. */
const MAX_LEFT_OUT = 32;
const MAX_KIND_CHARACTERS = 64;

/** Names a kind of content that no client library reads as left out of an answer. */
export function addLeftOut(leftOut: Set<string>, kind: unknown): void {
	if (leftOut.size < MAX_LEFT_OUT) leftOut.add(String(kind).slice(0, MAX_KIND_CHARACTERS));
}

/** Puts the events of one stream in the form that client libraries read. */
export interface EventReader {
	/** The events to read in place of one. Itself alone where nothing has to be changed, none where no library knows it. */
	read(event: JsonObject): readonly JsonObject[];
	/** Events that are missing at the end of the stream. `isDone`: its last word, `[DONE]`, has come. */
	end(isDone: boolean): readonly JsonObject[];
}
