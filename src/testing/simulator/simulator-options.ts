import type { ScriptedFault, SimulatedFault } from './simulated-fault.ts';

/** A tool call that a model is told to make. */
export interface ScriptedToolCall {
	name: string;
	/** An object, or text that is sent as it is. */
	arguments: Readonly<Record<string, unknown>> | string;
}

/** What an answer rests on. */
export interface ScriptedCitation {
	url: string;
	title: string;
	/** The words that are cited. */
	text: string;
}

/** A limit that is told in headers and held: more than it is answered 429 until the window ends. */
export interface SimulatedRateLimit {
	requests: number;
	/** Input and output together. @default none */
	tokens?: number;
	/** @default 60000 */
	windowMs?: number;
}

/** How one model behaves. */
export interface SimulatedModel {
	/** What each request meets, in order. */
	schedule?: ReadonlyArray<SimulatedFault | ScriptedFault | 'ok'>;
	/** What every request after the schedule meets. @default all is well */
	afterwards?: SimulatedFault | ScriptedFault;
	/** Answers 503 for so long from the simulator's start, milliseconds. @default 0 */
	downForMs?: number;
	/** Milliseconds before the first byte. @default 0 */
	ttftMs?: number;
	/** Milliseconds between a stream's head and its first token. @default 0 */
	firstTokenMs?: number;
	/** @default as fast as it goes */
	tokensPerSecond?: number;
	/** The answer's text. @default made from the prompt */
	text?: string;
	/** Called when the request offers them and brings no tool result yet. @default the offered tools that the prompt names */
	toolCalls?: readonly ScriptedToolCall[];
	/** What it thinks aloud. @default a sentence, when the request asks for reasoning */
	reasoning?: string;
	/** @default the documents of the request that are to be cited (Anthropic) */
	citations?: readonly ScriptedCitation[];
	/** Part of the input that counts as read from the cache, tokens. @default 0 */
	cachedTokens?: number;
	/** Reasoning beside the answer, tokens. @default those of the reasoning text */
	reasoningTokens?: number;
	/** Longest input, tokens; more is answered 400. @default none */
	contextWindow?: number;
	/** A conversation that ends with the assistant's words is answered 400. @default false */
	rejectsPrefill?: boolean;
	/** @default none */
	rateLimit?: SimulatedRateLimit;
}

/** How the simulator behaves. */
export interface SimulatorOptions {
	/** @default any free port */
	port?: number;
	/** By model id; `*` is every other model. */
	models?: Readonly<Record<string, SimulatedModel>>;
	/** Seconds a 429 or overload asks to wait; `null` says nothing. @default 1 */
	retryAfterSeconds?: number | null;
	/** Requests kept for inspection, the latest. @default 1000 */
	keptRequests?: number;
	/** Shortest prefix that Anthropic's side caches where a request is marked for it, tokens. @default 1024 */
	cacheMinimumTokens?: number;
}

/** A request that the simulator got; what happened to it is filled in as it happens. */
export interface SimulatedRequest {
	path: string;
	model: string;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
	/** The bytes of the body as text. */
	bodyText: string;
	/** The parsed body. */
	body: unknown;
	/** What it met. */
	met: SimulatedFault | 'ok';
	/** Epoch milliseconds at which the whole request was there. */
	receivedAt: number;
	/** Tokens that were sent. */
	tokensSent: number;
	/** Epoch milliseconds at which the answer was sent or broken off; `null` while under way. */
	endedAt: number | null;
	/** Epoch milliseconds at which the client went away before the answer was whole; `null` if it did not. */
	abortedAt: number | null;
}
