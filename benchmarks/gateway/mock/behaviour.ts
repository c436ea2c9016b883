/** How the mock provider answers, changed between two windows of a measurement. Times in milliseconds. */
export interface Behaviour {
	/** Size of a JSON answer, bytes. */
	answerBytes: number;
	/** Input tokens that the usage tells. */
	inputTokens: number;
	/** Output tokens that the usage tells; of a stream also its content events. */
	outputTokens: number;
	/** Wait before the first content event of a stream. */
	firstEventMs: number;
	/** Wait between two content events; 0: as fast as the reader takes them. */
	gapMs: number;
	/** Content events in one write where there is no wait between them. */
	eventsPerWrite: number;
}

/** A short JSON answer. */
export const JSON_ANSWER: Behaviour = {
	answerBytes: 650,
	inputTokens: 250,
	outputTokens: 16,
	firstEventMs: 0,
	gapMs: 0,
	eventsPerWrite: 1,
};

/** A stream of 200 events at a model's pace: for latencies and cost per event. */
export const PACED_STREAM: Behaviour = { ...JSON_ANSWER, outputTokens: 200, firstEventMs: 20, gapMs: 5 };

/** A stream of 200 events at 40 a second: what hundreds of streams at once look like. */
export const CROWD_STREAM: Behaviour = { ...PACED_STREAM, gapMs: 25 };

/** A stream of 200 events as fast as it is taken: for saturation. */
export const FAST_STREAM: Behaviour = { ...JSON_ANSWER, outputTokens: 200, eventsPerWrite: 4 };

/** Formats that the mock speaks. */
export type Api = 'openai' | 'anthropic';

/** What of a request decides its answer. */
export interface MockRequest {
	api: Api;
	model: string;
	isStream: boolean;
	/** A usage frame is wanted at the end of an OpenAI stream. */
	wantsUsage: boolean;
}

/** The text of one content event: numbered, so that a reader can tell a lost frame from one in the wrong place. */
export function contentText(index: number): string {
	return ` tok${index}`;
}
