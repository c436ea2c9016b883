import type { Fields } from './json-fields.ts';
import type { RateLimitState } from './rate-limiter.ts';
import type { SimulatedAnswer } from './simulated-answer.ts';
import type { ReturnedReasoning, SimulatedAsk } from './simulated-ask.ts';

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
export interface WireFormat {
	readAsk(body: Fields): SimulatedAsk;
	/** Reasoning that comes back is this model's and unchanged. */
	isGenuine(model: string, reasoning: ReturnedReasoning): boolean;
	/** What is said to reasoning that is not. */
	forgery: string;
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
export const CREATED = 1_767_225_600;
