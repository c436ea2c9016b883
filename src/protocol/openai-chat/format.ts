import type { CallerFormat } from '../shared/caller-format.ts';
import { createOpenAiChatStreamEncoder } from './create-stream-encoder.ts';
import { createOpenAiChatStreamWatcher } from './create-stream-watcher.ts';
import { decodeOpenAiChatRequest } from './decode-request.ts';
import { encodeChatError, encodeChatStreamError } from './encode-error.ts';
import { encodeOpenAiChatResponse } from './encode-response.ts';
import { readOpenAiChatAnswer } from './read-answer.ts';
import { readOpenAiChatRequest } from './read-request.ts';
import { spliceOpenAiChatRequest } from './splice-request.ts';

/** OpenAI Chat Completions, as callers speak it. Source: https://platform.openai.com/docs/api-reference/chat */
export const openAiChatFormat: CallerFormat = {
	name: 'openai-chat',
	readRequest: readOpenAiChatRequest,
	spliceRequest: spliceOpenAiChatRequest,
	decodeRequest: decodeOpenAiChatRequest,
	encodeResponse: encodeOpenAiChatResponse,
	createStreamEncoder: createOpenAiChatStreamEncoder,
	createStreamWatcher: createOpenAiChatStreamWatcher,
	readAnswer: readOpenAiChatAnswer,
	encodeError: encodeChatError,
	encodeStreamError: encodeChatStreamError,
};
