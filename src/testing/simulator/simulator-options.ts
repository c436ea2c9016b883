/** A scripted fault: an HTTP status with the provider's own error body, or something that breaks on the way. */
export type SimulatedFault =
	| '400'
	| '401'
	| '402'
	| '404'
	| '408'
	| '413'
	| '429'
	| '500'
	| '502'
	| '503'
	| '529'
	| 'context-too-long'
	| 'quota'
	| 'content-filter'
	| 'reset'
	| 'hang'
	| 'garbage'
	| 'html'
	| 'empty'
	| 'cut'
	| 'stall'
	| 'no-done';

/** How one model behaves. */
export interface SimulatedModel {
	/** What each request meets, in order; after the last entry all is well. */
	schedule?: ReadonlyArray<SimulatedFault | 'ok'>;
	/** Milliseconds before the first byte. @default 0 */
	ttftMs?: number;
	/** @default as fast as it goes */
	tokensPerSecond?: number;
	/** The answer's text. @default made from the prompt */
	text?: string;
	/** Part of the input that counts as read from the cache, tokens. @default 0 */
	cachedTokens?: number;
	/** Reasoning beside the answer, tokens. @default 0 */
	reasoningTokens?: number;
}

/** How the simulator behaves. */
export interface SimulatorOptions {
	/** @default any free port */
	port?: number;
	/** By model id; `*` is every other model. */
	models?: Readonly<Record<string, SimulatedModel>>;
	/** Seconds a 429 asks to wait; `null` says nothing. @default 1 */
	retryAfterSeconds?: number | null;
	/** Requests kept for inspection, the latest. @default 1000 */
	keptRequests?: number;
	/** Shortest prefix that Anthropic's side caches where a request is marked for it, tokens. @default 1024 */
	cacheMinimumTokens?: number;
}

/** A request that the simulator got. */
export interface SimulatedRequest {
	path: string;
	model: string;
	/** The parsed body. */
	body: unknown;
	/** What it met. */
	met: SimulatedFault | 'ok';
}
