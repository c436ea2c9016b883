import type { Usage } from './usage.ts';

/** Why a model stopped. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other';

/** One call in neutral form. */
export interface GenerateRequest {
	/** The provider's model id. */
	modelId: string;
	system?: string;
	messages: ReadonlyArray<{ role: 'user' | 'assistant'; content: string }>;
	maxOutputTokens: number;
	signal?: AbortSignal;
}

/** One answer in neutral form. */
export interface GenerateResult {
	text: string;
	finishReason: FinishReason;
	usage: Usage;
	requestId?: string;
}

/** Something that answers calls to one provider's API. */
export interface Provider {
	/** e.g. `anthropic`. */
	readonly name: string;
	/** @throws ProviderCallError for every failure but an abort. */
	generate(request: GenerateRequest): Promise<GenerateResult>;
}
