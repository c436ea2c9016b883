import type { SseFrame } from './sse-frames.ts';

/** The data of an event as JSON; `undefined` when it is none. */
export interface ParsedFrame {
	data: unknown;
	/** A comment, or an event without data: nothing is said. */
	isSilent: boolean;
}

/** Parses an event's data. */
export function parseFrame(frame: SseFrame): ParsedFrame {
	if (frame.data === null) return { data: undefined, isSilent: true };
	try {
		return { data: JSON.parse(frame.data), isSilent: false };
	} catch (error) {
		if (error instanceof SyntaxError) return { data: undefined, isSilent: false };
		throw error;
	}
}
