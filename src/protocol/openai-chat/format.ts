import type { CallerFormat } from '../shared/caller-format.ts';
import { encodeOpenAiError } from '../shared/openai.ts';
import { OpenAiChatStreamWatcher, readOpenAiChatAnswer } from './answer.ts';
import { encodeOpenAiChatAnswer, encodeOpenAiChatStreamError, OpenAiChatStreamEncoder } from './encode.ts';
import {
	decodeOpenAiChatRequest,
	listOpenAiChatArguments,
	readOpenAiChatRequest,
	spliceOpenAiChatRequest,
} from './request.ts';
import { joinChatChunks, splitChatCompletion } from './reshape.ts';

/** OpenAI Chat Completions, as callers speak it. Source: https://platform.openai.com/docs/api-reference/chat */
export const openAiChatFormat: CallerFormat = {
	name: 'openai-chat',
	allowsComments: true,
	readsStreamErrors: true,
	keepAlive: ': keep-alive\n\n',
	readRequest: readOpenAiChatRequest,
	spliceRequest: spliceOpenAiChatRequest,
	decodeRequest: decodeOpenAiChatRequest,
	listArguments: listOpenAiChatArguments,
	encodeAnswer: encodeOpenAiChatAnswer,
	createStreamEncoder: (metadata) => new OpenAiChatStreamEncoder(metadata),
	createStreamWatcher: (options) => new OpenAiChatStreamWatcher(options),
	readAnswer: readOpenAiChatAnswer,
	splitAnswer: splitChatCompletion,
	joinEvents: joinChatChunks,
	encodeError: encodeOpenAiError,
	encodeStreamError: encodeOpenAiChatStreamError,
};
