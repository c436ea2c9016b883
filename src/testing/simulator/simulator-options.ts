import type { ServiceTier, Usage } from '../../contracts/index.ts';

/** A tool call that a model makes. */
export interface ScriptedToolCall {
	name: string;
	/** An object, or text that is sent as it is. */
	arguments: Readonly<Record<string, unknown>> | string;
	/** Its id, behind the beginning that the format gives it (`call_`). @default made of the request */
	id?: string;
}

/** A source that an answer cites. */
export interface ScriptedCitation {
	url: string;
	title: string;
	/** The cited text. */
	text: string;
}

/** A rate limit, reported in headers: what exceeds it is answered with 429 until the window ends. */
export interface SimulatedRateLimit {
	requests: number;
	/** Input and output together. @default none */
	tokens?: number;
	/** @default 60000 */
	windowMs?: number;
}

/** How one model behaves. */
export interface SimulatedModel {
	/** The fault of each request, in order. */
	schedule?: ReadonlyArray<SimulatedFault | ScriptedFault | 'ok'>;
	/** The fault of every request after the schedule. @default none */
	afterwards?: SimulatedFault | ScriptedFault;
	/** Milliseconds from the simulator's start in which it answers 503. @default 0 */
	downForMs?: number;
	/** Milliseconds before the first byte. @default 0 */
	ttftMs?: number;
	/** Milliseconds between a stream's head and its first token. @default 0 */
	firstTokenMs?: number;
	/** @default as fast as possible */
	tokensPerSecond?: number;
	/** The answer's text. @default made from the prompt */
	text?: string;
	/** Called when the request offers them and brings no tool result yet. @default the offered tools that the prompt names */
	toolCalls?: readonly ScriptedToolCall[];
	/** The scripted calls are made also where the request brings tool results: `answerWith` says when there are enough. @default false */
	callsAfterResults?: boolean;
	/** Its reasoning. @default a sentence, when the request asks for reasoning */
	reasoning?: string;
	/** @default the documents of the request that are to be cited (Anthropic) */
	citations?: readonly ScriptedCitation[];
	/** Part of the input that counts as read from the cache, tokens. @default 0 */
	cachedTokens?: number;
	/** Reasoning beside the answer, tokens. @default those of the reasoning text */
	reasoningTokens?: number;
	/** Searches that it runs where the request offers a tool for it (all formats but Chat); each reads the input again. @default 0 */
	searches?: number;
	/** The service it bills where the request leaves that to it. @default 'standard' */
	serviceTier?: ServiceTier;
	/** It writes on beyond the limit of the request. @default false */
	ignoresLimit?: boolean;
	/** It bills the whole answer also to a client that left its stream. @default false: what was written to the socket */
	billsAfterDisconnect?: boolean;
	/** Longest input in tokens; more is answered with 400. @default none */
	contextWindow?: number;
	/** A conversation that ends with assistant text is answered with 400. @default false */
	rejectsPrefill?: boolean;
	/** @default none */
	rateLimit?: SimulatedRateLimit;
}

/** How models count tokens; of each request all its text and everything else it is billed for. */
export interface SimulatedTokenizer {
	countText(text: string, model: string): number;
	countInput(body: unknown, model: string): number;
}

/** How the simulator behaves. */
export interface SimulatorOptions {
	/** @default any free port */
	port?: number;
	/** By model id; `*` is every other model. */
	models?: Readonly<Record<string, SimulatedModel>>;
	/** How one request is answered, in place of its model's script; `null`: by that. @default by their scripts */
	answerWith?: (request: SimulatedRequest) => SimulatedModel | null;
	/** Seconds of `retry-after` in a 429 or overload; `null` sends none. @default 1 */
	retryAfterSeconds?: number | null;
	/** What the provider refuses for a model is answered with 400, by the rules of the model's generation. @default true */
	isStrict?: boolean;
	/** Requests kept for inspection, the latest. @default 1000 */
	keptRequests?: number;
	/** @default a token for four characters, of the text of a request */
	tokenizer?: SimulatedTokenizer;
	/** Tokens of the shortest prefix that Anthropic's prompt cache stores. @default 1024 */
	cacheMinimumTokens?: number;
}

/** A request that the simulator received; its outcome is filled in as it happens. */
export interface SimulatedRequest {
	path: string;
	model: string;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
	/** The bytes of the body as text. */
	bodyText: string;
	/** The parsed body. */
	body: unknown;
	/** Its fault. */
	met: SimulatedFault | 'ok';
	/** Epoch milliseconds at which the whole request was there. */
	receivedAt: number;
	/** Tokens that were sent. */
	tokensSent: number;
	/** What it bills: the input, and the output that was written to the socket; `null`: nothing. */
	billed: Usage | null;
	/** Epoch milliseconds at which the answer was sent or broken off; `null` while under way. */
	endedAt: number | null;
	/** Epoch milliseconds at which the client went away before the answer was whole; `null` if it did not. */
	abortedAt: number | null;
}

/** A status with the provider's own error body. */
export type StatusFault =
	| `${400 | 401 | 402 | 403 | 404 | 408 | 413 | 422 | 429 | 500 | 502 | 503 | 504 | 529}`
	| 'context-too-long'
	| 'content-policy'
	| 'quota';

/** Something else in place of an answer. */
export type WholeFault =
	/** The connection is reset; of a stream `afterTokens`, when given. */
	| 'reset'
	/** Nothing is sent. */
	| 'hang'
	/** JSON that ends in the middle. */
	| 'garbage'
	/** An HTML page. */
	| 'html'
	/** 200 with an empty body. */
	| 'empty'
	/** An answer that the content policy stopped. */
	| 'content-filter';

/** Something that goes wrong within an answer, mostly within a stream. */
export type AnswerFault =
	/** The connection ends after `afterTokens` without the last chunk. */
	| 'cut'
	/** Silence after `afterTokens`, the connection stays open `forMs`. */
	| 'stall'
	/** Nothing but pings, or comments, in place of tokens. */
	| 'pings'
	/** One more event, which is not JSON, after `afterTokens`. */
	| 'malformed'
	/** Everything but the format's end mark: `[DONE]`, `message_stop`. */
	| 'no-done'
	/** The response ends properly, but without a finish reason. */
	| 'no-finish'
	/** An error event after `afterTokens`, then the end of the response. */
	| 'stream-error'
	/** Usage is reported nowhere. */
	| 'no-usage'
	/** Far more output is reported than can have been written. */
	| 'impossible-usage'
	/** The last events come twice. */
	| 'duplicate-finish'
	/** The right bytes under `text/plain`. */
	| 'wrong-type'
	/** A whole answer in place of the requested stream. */
	| 'not-streamed'
	/** One byte at a time. */
	| 'slowloris';

/** A scripted fault: what the provider, or the way to it, does in place of a good answer. */
export type SimulatedFault = StatusFault | WholeFault | AnswerFault;

/** A fault with its figures. */
export interface ScriptedFault {
	fault: SimulatedFault;
	/** Tokens that come first. @default half of the answer; of `reset` none */
	afterTokens?: number;
	/** Milliseconds that a silence (`hang`, `stall`) takes before the connection is closed. @default for good */
	forMs?: number;
	/** Milliseconds between two bytes (`slowloris`) or two pings (`pings`). @default 100 */
	everyMs?: number;
	/** Seconds of `retry-after`; `null` sends none. @default that of the simulator's options */
	retryAfterSeconds?: number | null;
}
