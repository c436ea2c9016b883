/** A tool that a request offers. */
export interface OfferedTool {
	name: string;
	/** JSON schema of its arguments. */
	schema: unknown;
}

/** Something that came with the words. */
export interface Attachment {
	/** e.g. `image/png`; `null` for an address. */
	mediaType: string | null;
	/** Bytes that came, or the address they are at. */
	content: number | string;
}

/** A document that may be cited. */
export interface CitableDocument {
	title: string;
	text: string;
}

/** Reasoning that a request brings back. */
export interface ReturnedReasoning {
	/** `null`: it came without. */
	signature: string | null;
	/** What was signed. */
	text: string;
}

/** What a request asks, in no wire format any more. */
export interface SimulatedAsk {
	/** The person's latest words. */
	prompt: string;
	tools: readonly OfferedTool[];
	toolChoice: 'auto' | 'none' | 'required' | { name: string };
	/** More than one call at once is allowed. */
	parallel: boolean;
	/** What the tools answered to the latest calls; empty when something else came last. */
	toolResults: readonly string[];
	/** JSON schema of the answer; `true` for any JSON, `null` for words. */
	schema: unknown;
	attachments: readonly Attachment[];
	documents: readonly CitableDocument[];
	wantsReasoning: boolean;
	/** What is scripted to be thought is said, asked for or not: servers that speak Chat Completions. */
	alwaysShowsReasoning: boolean;
	/** Thinking is asked for, its words are not (Responses without a summary). */
	hidesReasoning: boolean;
	reasoning: readonly ReturnedReasoning[];
	/** The assistant's words at the end, which the answer goes on from; `null` when a person or a tool spoke last. */
	prefill: string | null;
	maxTokens: number | null;
	stopSequences: readonly string[];
	answers: number;
	includeUsage: boolean;
	includeEncrypted: boolean;
}

/** An ask of nothing, for formats to fill in. */
export const EMPTY_ASK: SimulatedAsk = {
	prompt: '',
	tools: [],
	toolChoice: 'auto',
	parallel: true,
	toolResults: [],
	schema: null,
	attachments: [],
	documents: [],
	wantsReasoning: false,
	alwaysShowsReasoning: false,
	hidesReasoning: false,
	reasoning: [],
	prefill: null,
	maxTokens: null,
	stopSequences: [],
	answers: 1,
	includeUsage: true,
	includeEncrypted: true,
};
