/** A status with the provider's own error body. */
export type StatusFault =
	| '400'
	| '401'
	| '402'
	| '403'
	| '404'
	| '408'
	| '413'
	| '422'
	| '429'
	| '500'
	| '502'
	| '503'
	| '504'
	| '529'
	| 'context-too-long'
	| 'content-policy'
	| 'quota';

/** Something else that stands in place of an answer. */
export type WholeFault =
	/** The connection is reset; of a stream `afterTokens`, when given. */
	| 'reset'
	/** Nothing is ever said. */
	| 'hang'
	/** JSON that ends in the middle. */
	| 'garbage'
	/** A page. */
	| 'html'
	/** 200 and no byte. */
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
	/** Everything but the format's last word: `[DONE]`, `message_stop`. */
	| 'no-done'
	/** A proper end of the response, but the answer never says that it is whole. */
	| 'no-finish'
	/** An error event after `afterTokens`, then the end of the response. */
	| 'stream-error'
	/** The last events come twice. */
	| 'duplicate-finish'
	/** The right bytes under `text/plain`. */
	| 'wrong-type'
	/** A stream was asked for, a whole answer comes. */
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
	/** Seconds a refusal asks to wait; `null` says nothing. @default as the simulator's options say */
	retryAfterSeconds?: number | null;
}
