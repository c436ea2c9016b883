import type { SimulatedAnswer } from './simulated-answer.ts';

/** One server-sent event. */
export interface SimulatedEvent {
	/** The `event:` line, where the format has one. */
	event?: string;
	data: unknown;
}

/** One provider's way of writing answers, streams and errors. */
export interface WireFormat {
	/** The whole answer. */
	encode(answer: SimulatedAnswer): unknown;
	/** The answer as a stream: what comes before the text, each piece, and what ends it. */
	stream(answer: SimulatedAnswer): {
		start: SimulatedEvent[];
		piece(text: string): SimulatedEvent;
		end: SimulatedEvent[];
	};
	/** The last line of a stream, where the format has one. */
	done: string | null;
	/** An error's body. */
	error(status: number, kind: string, message: string): unknown;
	/** An answer that the content policy stopped. */
	refusal(answer: SimulatedAnswer): unknown;
	/** Header that carries the request's id. */
	requestIdHeader: string;
}
