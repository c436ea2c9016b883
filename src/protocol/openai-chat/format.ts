import type { CallerFormat } from '../shared/caller-format.ts';
import { encodeOpenAiError } from '../shared/openai.ts';
import { createOpenAiChatStreamWatcher, readOpenAiChatAnswer } from './answer.ts';
import { createOpenAiChatStreamEncoder, encodeOpenAiChatAnswer, encodeOpenAiChatStreamError } from './encode.ts';
import { decodeOpenAiChatRequest, readOpenAiChatRequest, spliceOpenAiChatRequest } from './request.ts';

/** OpenAI Chat Completions, as callers speak it. Source: https://platform.openai.com/docs/api-reference/chat */
export const openAiChatFormat: CallerFormat = {
	name: 'openai-chat',
	readRequest: readOpenAiChatRequest,
	spliceRequest: spliceOpenAiChatRequest,
	decodeRequest: decodeOpenAiChatRequest,
	encodeAnswer: encodeOpenAiChatAnswer,
	createStreamEncoder: createOpenAiChatStreamEncoder,
	createStreamWatcher: createOpenAiChatStreamWatcher,
	readAnswer: readOpenAiChatAnswer,
	encodeError: encodeOpenAiError,
	encodeStreamError: encodeOpenAiChatStreamError,
};
