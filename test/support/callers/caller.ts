/** A tool as a scenario offers it. */
export interface CallerTool {
	name: string;
	description: string;
	/** JSON schema of its arguments. */
	schema: Record<string, unknown>;
}

/** A tool call that came back. */
export interface CallerToolCall {
	id: string;
	name: string;
	arguments: unknown;
}

/** What a scenario asks for, whatever the SDK. */
export interface CallerAsk {
	model: string;
	prompt: string;
	system?: string;
	tools?: CallerTool[];
	schema?: Record<string, unknown>;
	/** Base64 of a PNG. */
	image?: string;
	/** Base64 of a PDF. */
	file?: string;
	isThinking?: boolean;
	maxTokens?: number;
	stop?: string[];
	signal?: AbortSignal;
	/** SDK's own retries. @default 0 */
	retries?: number;
}

/** An answer, whatever the SDK. */
export interface CallerAnswer {
	text: string;
	reasoning: string;
	/** Something came that proves the reasoning. */
	hasSignature: boolean;
	toolCalls: CallerToolCall[];
	finish: 'stop' | 'length' | 'tool-calls' | 'other';
	usage: { input: number; output: number };
	citations: string[];
	model: string;
	/** Pieces of text that came one by one; 1 of a whole answer. */
	pieces: number;
	/** Asks on, with what the tools said to each call. */
	next(results: ReadonlyArray<{ id: string; name: string; output: string }>): Promise<CallerAnswer>;
}

/** One official SDK, driven unchanged. */
export interface Caller {
	name: string;
	/** Asks; as a stream or as a whole. */
	ask(ask: CallerAsk, how: { stream: boolean }): Promise<CallerAnswer>;
	/** Starts a stream and calls back at each piece of text; ends with the stream. */
	listen(ask: CallerAsk, onText: (text: string) => void): Promise<void>;
	/** HTTP status that the SDK's error carries; `null` when it carries none. */
	statusOf(error: unknown): number | null;
}

/** How an SDK is pointed at a server. */
export interface CallerOptions {
	url: string;
	apiKey?: string;
	headers?: Record<string, string>;
	/** Hears the headers of every answer. */
	onHeaders?: (headers: Headers) => void;
}

/** `fetch` that tells the headers of every answer. */
export function hearingFetch(onHeaders: CallerOptions['onHeaders']): typeof fetch {
	return async (input, init) => {
		const response = await fetch(input, init);
		onHeaders?.(response.headers);
		return response;
	};
}

/** The `status` or `statusCode` of an SDK's error. */
export function statusIn(error: unknown): number | null {
	for (let inner = error; typeof inner === 'object' && inner !== null; inner = Reflect.get(inner, 'lastError')) {
		const status: unknown = Reflect.get(inner, 'status') ?? Reflect.get(inner, 'statusCode');
		if (typeof status === 'number') return status;
	}
	return null;
}
