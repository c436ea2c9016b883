import type { CallerFormat } from '../shared/caller-format.ts';
import { createOpenAiResponsesStreamEncoder } from './create-stream-encoder.ts';
import { createOpenAiResponsesStreamWatcher } from './create-stream-watcher.ts';
import { decodeOpenAiResponsesRequest } from './decode-request.ts';
import { encodeResponsesError, encodeResponsesStreamError } from './encode-error.ts';
import { encodeOpenAiResponse } from './encode-response.ts';
import { readOpenAiResponsesAnswer } from './read-answer.ts';
import { readOpenAiResponsesRequest } from './read-request.ts';
import { spliceOpenAiResponsesRequest } from './splice-request.ts';

/** OpenAI Responses, as callers speak it. Source: https://platform.openai.com/docs/api-reference/responses */
export const openAiResponsesFormat: CallerFormat = {
	name: 'openai-responses',
	readRequest: readOpenAiResponsesRequest,
	spliceRequest: spliceOpenAiResponsesRequest,
	decodeRequest: decodeOpenAiResponsesRequest,
	encodeResponse: encodeOpenAiResponse,
	createStreamEncoder: createOpenAiResponsesStreamEncoder,
	createStreamWatcher: createOpenAiResponsesStreamWatcher,
	readAnswer: readOpenAiResponsesAnswer,
	encodeError: encodeResponsesError,
	encodeStreamError: encodeResponsesStreamError,
};
