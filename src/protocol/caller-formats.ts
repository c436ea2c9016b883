import type { WireFormatName } from '../contracts/index.ts';
import { anthropicMessagesFormat } from './anthropic-messages/index.ts';
import { geminiFormat } from './gemini/index.ts';
import { openAiChatFormat } from './openai-chat/index.ts';
import { openAiResponsesFormat } from './openai-responses/index.ts';
import type { CallerFormat } from './shared/caller-format.ts';

/** The formats in which callers speak, by name. */
export const CALLER_FORMATS: Readonly<Record<WireFormatName, CallerFormat>> = {
	'openai-chat': openAiChatFormat,
	'openai-responses': openAiResponsesFormat,
	'anthropic-messages': anthropicMessagesFormat,
	gemini: geminiFormat,
};
