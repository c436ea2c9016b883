import type { FinishReason } from '../../contracts/index.ts';

const NEUTRAL: Readonly<Record<string, FinishReason>> = {
	stop: 'stop',
	length: 'length',
	tool_calls: 'tool-calls',
	function_call: 'tool-calls',
	content_filter: 'content-filter',
	error: 'error',
};

const OPENAI: Readonly<Record<FinishReason, string>> = {
	stop: 'stop',
	length: 'length',
	'tool-calls': 'tool_calls',
	'content-filter': 'content_filter',
	error: 'error',
	other: 'stop',
};

/** A completion's finish reason in this package's words; `null` while there is none. */
export function readFinishWord(word: unknown): FinishReason | null {
	if (typeof word !== 'string' || word === '') return null;
	return NEUTRAL[word] ?? 'other';
}

/** A finish reason in the format's words. */
export function writeFinishWord(reason: FinishReason): string {
	return OPENAI[reason];
}
