import type { ScriptedCitation } from './simulator-options.ts';

/** Thinking that is shown, with what proves where it comes from. */
export interface ReasoningBlock {
	type: 'reasoning';
	pieces: readonly string[];
	text: string;
	signature: string;
}

/** Words of the answer. */
export interface TextBlock {
	type: 'text';
	pieces: readonly string[];
	text: string;
	citations: ReadonlyArray<ScriptedCitation & { documentIndex?: number }>;
}

/** A call of a tool; `text` is its arguments as JSON. */
export interface ToolCallBlock {
	type: 'tool-call';
	pieces: readonly string[];
	text: string;
	id: string;
	name: string;
	/** Proves where it comes from, where the model thinks and the format (Gemini) says so. */
	signature: string | null;
}

/** One part of an answer. */
export type AnswerBlock = ReasoningBlock | TextBlock | ToolCallBlock;

/** What the simulator says to a request, in no wire format yet. */
export interface SimulatedAnswer {
	model: string;
	blocks: readonly AnswerBlock[];
	/** Why it ends. */
	finish: 'stop' | 'length' | 'tool-calls' | 'stop-sequence' | 'content-filter';
	/** The sequence that ended it. */
	stopSequence: string | null;
	/** How often the same answer is given (`n`). */
	answers: number;
	/** The stream tells its usage though the format leaves it to the caller. */
	includeUsage: boolean;
	/** Proves that a model that thinks made this (Gemini signs calls and last words); `null` where it does not think. */
	signature: string | null;
	/** The words of its reasoning stay unsaid. */
	hidesReasoning: boolean;
	/** Signed reasoning is given out whole (`reasoning.encrypted_content`). */
	includeEncrypted: boolean;
	/** All input, cached or not. */
	inputTokens: number;
	cachedTokens: number;
	/** Part of the input that was written to the cache, by life. */
	writtenTokens: { fiveMinutes: number; hour: number };
	outputTokens: number;
	reasoningTokens: number;
	/** Deterministic for the model and prompt. */
	id: string;
}

/** Characters per token, as a rule of thumb. */
export const CHARACTERS_PER_TOKEN = 4;

/** Tokens of a text, at least one. */
export function tokensOf(text: string): number {
	return Math.max(1, Math.ceil(text.length / CHARACTERS_PER_TOKEN));
}

/** The words of a text with the space before them; together they are the text. */
export function piecesOf(text: string): string[] {
	return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** The words of the answer without its reasoning and tool calls. */
export function spokenText(answer: SimulatedAnswer): string {
	return answer.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** A call's arguments for formats that hold them as an object; an empty one where the script says something else. */
export function argumentsOf(block: ToolCallBlock): unknown {
	try {
		return JSON.parse(block.text);
	} catch {
		// Scripted to be no JSON, which these formats cannot even say.
		return {};
	}
}
