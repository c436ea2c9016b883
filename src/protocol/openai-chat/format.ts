import type { CallerFormat } from '../shared/caller-format.ts';
import { encodeOpenAiError } from '../shared/openai.ts';
import { createOpenAiChatStreamWatcher, readOpenAiChatAnswer } from './answer.ts';
import { decodeOpenAiChatRequest } from './decode.ts';
import { encodeOpenAiChatAnswer } from './encode.ts';
import { readOpenAiChatRequest, spliceOpenAiChatRequest } from './request.ts';
import { createOpenAiChatStreamEncoder, encodeOpenAiChatStreamError } from './stream.ts';

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
