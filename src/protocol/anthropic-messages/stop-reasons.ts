import type { FinishReason } from '../../contracts/index.ts';

/** What each of Anthropic's stop reasons means. Source: https://docs.claude.com/en/api/handling-stop-reasons */
const MEANINGS: Readonly<Record<string, FinishReason>> = {
	end_turn: 'stop',
	stop_sequence: 'stop',
	pause_turn: 'stop',
	max_tokens: 'length',
	model_context_window_exceeded: 'length',
	tool_use: 'tool-calls',
	refusal: 'content-filter',
	compaction: 'other',
};

const WORDS: Readonly<Record<FinishReason, string | null>> = {
	stop: 'end_turn',
	length: 'max_tokens',
	'tool-calls': 'tool_use',
	'content-filter': 'refusal',
	other: 'end_turn',
	// no word for it: a broken answer never looks finished
	error: null,
};

/** The meaning of a stop reason; `null` while the provider has not said one. */
export function readStopReason(word: unknown): FinishReason | null {
	if (word === null || word === undefined) return null;
	return (typeof word === 'string' ? MEANINGS[word] : undefined) ?? 'other';
}

/** The stop reason for a finish; the provider's own word where it is one of Anthropic's and means the same. */
export function writeStopReason(reason: FinishReason, raw?: string): string | null {
	return raw !== undefined && MEANINGS[raw] === reason ? raw : WORDS[reason];
}
