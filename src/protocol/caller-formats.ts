import type { FinishReason, WireFormatName } from '../contracts/index.ts';
import { anthropicMessagesFormat } from './anthropic-messages/index.ts';
import { geminiFinishReasons, geminiFormat } from './gemini/index.ts';
import { openAiChatFinishReasons, openAiChatFormat } from './openai-chat/index.ts';
import { incompleteReasons, openAiResponsesFormat } from './openai-responses/index.ts';
import type { CallerFormat } from './shared/caller-format.ts';

/** The formats in which callers speak, by name. */
export const CALLER_FORMATS: Readonly<Record<WireFormatName, CallerFormat>> = {
	'openai-chat': openAiChatFormat,
	'openai-responses': openAiResponsesFormat,
	'anthropic-messages': anthropicMessagesFormat,
	gemini: geminiFormat,
};

/** What a word for the end of an answer means that servers of a format use and its client libraries do not know. */
export function parseForeignFinishReason(format: WireFormatName, word: string): FinishReason | undefined {
	// of Google's errors its library knows one
	if (format === 'gemini') return geminiFinishReasons.parse(word) === 'error' ? 'error' : undefined;
	if (format === 'openai-chat') return openAiChatFinishReasons.parseForeign(word);
	return format === 'openai-responses' ? incompleteReasons.parseForeign(word) : undefined;
}
