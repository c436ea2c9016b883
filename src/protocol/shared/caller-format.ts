import type {
	LanguageModelV4CallOptions,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { Conversation, FinishReason, RequiredCapability, Usage, WireFormatName } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { parseJson } from './json.ts';
import type { SseFrame } from './sse.ts';
import type { StreamUsageReader } from './usage.ts';

/** What a caller's request says, as far as routing and money need it. */
export interface WireRequest {
	/** The model as the caller names it. */
	model: string;
	isStream: boolean;
	/** The conversation, for the classifier; shares the body's objects. */
	conversation: Conversation;
	/** Most output tokens the caller allows; `null` where it does not say. */
	maxOutputTokens: number | null;
	/** What a model must be able to do to answer this: seen in tools, images, response format, thinking. */
	requiredCapabilities: RequiredCapability[];
	/** Answers asked for (`n`, `candidateCount`); each may be as long as the limit. */
	answerCount: number;
	/** The caller asked for usage in its stream; formats that always send it say true. */
	wantsUsage: boolean;
	/** The conversation's id, where the body names one. */
	session: string | null;
	/** The conversation holds signed or encrypted reasoning that only the model that made it can read. */
	boundToModel: boolean;
}

/** What must change in a body that is passed through. */
export interface RequestChange {
	model: string;
	/** Most output tokens the money allows; set where it is lower than what the caller allows or the caller does not say. */
	maxOutputTokens?: number | undefined;
	/** Ask the provider for usage in the stream. */
	includeUsage?: boolean;
	/** Chooses where the request is marked for the provider's cache, in formats that have marks (Anthropic). */
	planBreakpoints?: ((body: JsonObject) => readonly CacheBreakpoint[]) | undefined;
}

/** A caller's request in the neutral form. */
export interface DecodedRequest {
	options: LanguageModelV4CallOptions;
	/** Paths of what the neutral form cannot carry, e.g. `logit_bias`. */
	dropped: string[];
}

/** What an answer in the caller's format needs to say besides its content. */
export interface AnswerMetadata {
	/** Unique; the encoder adds its format's prefix (`chatcmpl-`, `msg_`, `resp_`). */
	id: string;
	/** The model that answers: provider's model id. */
	model: string;
	/** Epoch milliseconds. */
	createdAt: number;
	wantsUsage: boolean;
	/** The caller's body, for what the format echoes (Responses repeats the request's settings). */
	request: JsonObject;
}

/** Writes a neutral stream as the caller's frames. */
export interface StreamEncoder {
	/** The frames of a part, as text; empty where the format has none for it. `finish` includes everything that ends the stream. */
	push(part: LanguageModelV4StreamPart): string;
	/** Ends cleanly now, with a reason, though the provider has not: closes open blocks. */
	endEarly(reason: FinishReason, usage: Usage): string;
	/** What could not be carried, e.g. `source`. */
	readonly dropped: readonly string[];
}

/** What one frame of a provider's stream is. */
export interface FrameSummary {
	/**
	 * `start-up`: before any output (role, message_start, ping). `output`: text, reasoning, tool input. `end`: the answer is
	 * complete (finish reason, message_stop, response.completed). `usage`: figures only. `done`: the format's last word
	 * (`[DONE]`). `error`: the provider says it failed. `malformed`: not what the format allows.
	 */
	kind: 'start-up' | 'output' | 'end' | 'usage' | 'done' | 'error' | 'malformed' | 'other';
	/** False for a frame that only we asked for: usage of a caller who did not ask. */
	isForwarded: boolean;
	/** The parsed data; `undefined` when it is not JSON. */
	data: unknown;
}

/** A frame by a format's own reading of its data; a comment, or an event without data, says nothing. */
export function summarizeFrame(frame: SseFrame, classify: (data: unknown) => FrameSummary['kind']): FrameSummary {
	const data = frame.data === null ? undefined : parseJson(frame.data);
	return { kind: frame.data === null ? 'other' : classify(data), isForwarded: true, data };
}

/** Watches a provider's stream that is passed through in its own format. */
export interface StreamWatcher {
	read(frame: SseFrame): FrameSummary;
	readonly usage: StreamUsageReader;
	/** The provider has said why it stopped: the answer is whole, whatever happens to the connection now. */
	readonly isComplete: boolean;
	/** `null` until the provider says. */
	readonly finishReason: FinishReason | null;
	/** Frames that end the stream cleanly now, with a reason: closes what is open. */
	endEarly(reason: FinishReason, usage: Usage): string;
}

/** A failure to be told to a caller. */
export interface WireError {
	status: number;
	/** What happened, in this package's words or the provider's; no secrets. */
	message: string;
	/** This package's code (`ROUTER_…`) or the provider's error type. */
	code: string | null;
	/** Field of the request that is wrong. */
	param?: string;
}

/** What a whole answer, passed through, says of itself. */
export interface AnswerSummary {
	finishReason: FinishReason | null;
	/** False when there is nothing in it: no text, no tool call, no refusal. */
	hasOutput: boolean;
	/** The provider refused for its content policy. */
	isRefusal: boolean;
	/** `null` when the provider did not say. @throws InvalidInputError for figures that cannot be */
	usage: Usage | null;
}

/** One of the callers' formats: everything that knows how it looks. No I/O; every function is pure but for the objects it makes. */
export interface CallerFormat {
	readonly name: WireFormatName;
	/** Reads what routing and money need. `path` carries what the address says instead of the body (Gemini). @throws InvalidInputError naming the field's path and what it must be */
	readRequest(body: JsonObject, path?: { model?: string; isStream?: boolean }): WireRequest;
	/** The same bytes but for what must change. `body` is `text` parsed. */
	spliceRequest(text: string, body: JsonObject, change: RequestChange): string;
	/** The request in the neutral form. @throws InvalidInputError naming the field's path */
	decodeRequest(body: JsonObject): DecodedRequest;
	encodeAnswer(result: LanguageModelV4GenerateResult, facts: AnswerMetadata): { body: JsonObject; dropped: string[] };
	createStreamEncoder(facts: AnswerMetadata): StreamEncoder;
	/** `wantsUsage`: the caller asked for usage itself; `answers`: as many as it asked for, 1 where it does not say. */
	createStreamWatcher(options: { wantsUsage: boolean; answers?: number }): StreamWatcher;
	/** Reads a whole answer that is passed through. */
	readAnswer(body: JsonObject): AnswerSummary;
	/** The body of an error answer. */
	encodeError(error: WireError): JsonObject;
	/** Frames that end a stream with an error; never a clean end. */
	encodeStreamError(error: WireError): string;
}

/** How long a cached prefix lives after its last use. */
export type CacheTtl = '5m' | '1h';

/** A place in a request where a prefix ends that may come again. */
export interface PromptPrefix {
	section: 'tools' | 'system' | 'messages';
	/** Index of the message, for `messages`. */
	messageIndex: number;
	/** Tokens from the beginning to here, roughly. */
	tokens: number;
	/** Stands for everything from the beginning to here. */
	hash: string;
}

/** A mark at which a provider caches the prompt up to there. */
export interface CacheBreakpoint {
	prefix: PromptPrefix;
	ttl: CacheTtl;
}
