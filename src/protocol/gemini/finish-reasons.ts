import type { FinishReason } from '../../contracts/index.ts';

/** What each of Gemini's finish reasons means. Source: https://ai.google.dev/api/generate-content#FinishReason */
const MEANINGS: Readonly<Record<string, FinishReason>> = {
	STOP: 'stop',
	MAX_TOKENS: 'length',
	SAFETY: 'content-filter',
	RECITATION: 'content-filter',
	BLOCKLIST: 'content-filter',
	PROHIBITED_CONTENT: 'content-filter',
	SPII: 'content-filter',
	IMAGE_SAFETY: 'content-filter',
	IMAGE_PROHIBITED_CONTENT: 'content-filter',
	IMAGE_RECITATION: 'content-filter',
	MALFORMED_FUNCTION_CALL: 'error',
	UNEXPECTED_TOOL_CALL: 'error',
	TOO_MANY_TOOL_CALLS: 'error',
	MALFORMED_RESPONSE: 'error',
};

const WORDS: Readonly<Record<FinishReason, string>> = {
	stop: 'STOP',
	length: 'MAX_TOKENS',
	// a call is a part like any other
	'tool-calls': 'STOP',
	'content-filter': 'SAFETY',
	error: 'MALFORMED_RESPONSE',
	other: 'OTHER',
};

/** The meaning of a finish reason; `null` while the provider has not said one. */
export function readFinishWord(word: unknown): FinishReason | null {
	if (typeof word !== 'string' || word === '' || word === 'FINISH_REASON_UNSPECIFIED') return null;
	return MEANINGS[word] ?? 'other';
}

/** The finish reason; the provider's own word where it is one of Gemini's and means the same. */
export function writeFinishWord(reason: FinishReason, raw?: string): string {
	return raw !== undefined && MEANINGS[raw] === reason ? raw : WORDS[reason];
}
