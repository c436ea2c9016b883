import { objectsIn } from '../shared/body-fields.ts';
import type { CallerFormat } from '../shared/caller-format.ts';
import { encodeOpenAiError } from '../shared/openai.ts';
import { OpenAiResponsesStreamWatcher, readOpenAiResponsesAnswer } from './answer.ts';
import {
	encodeOpenAiResponsesAnswer,
	encodeOpenAiResponsesStreamError,
	OpenAiResponsesStreamEncoder,
} from './encode.ts';
import { decodeOpenAiResponsesRequest, readOpenAiResponsesRequest, spliceOpenAiResponsesRequest } from './request.ts';
import { joinResponseEvents, splitResponse } from './reshape.ts';

/** OpenAI Responses, as callers speak it. Source: https://platform.openai.com/docs/api-reference/responses */
export const openAiResponsesFormat: CallerFormat = {
	name: 'openai-responses',
	allowsComments: true,
	readsStreamErrors: true,
	keepAlive: ': keep-alive\n\n',
	readRequest: readOpenAiResponsesRequest,
	spliceRequest: spliceOpenAiResponsesRequest,
	decodeRequest: decodeOpenAiResponsesRequest,
	listArguments: ({ input }) =>
		objectsIn(input)
			.map((item) => item['arguments'])
			.filter((text) => typeof text === 'string'),
	encodeAnswer: encodeOpenAiResponsesAnswer,
	createStreamEncoder: (metadata) => new OpenAiResponsesStreamEncoder(metadata),
	createStreamWatcher: () => new OpenAiResponsesStreamWatcher(),
	readAnswer: readOpenAiResponsesAnswer,
	splitAnswer: splitResponse,
	joinEvents: joinResponseEvents,
	encodeError: encodeOpenAiError,
	encodeStreamError: encodeOpenAiResponsesStreamError,
};
