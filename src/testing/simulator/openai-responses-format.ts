import { openAiError, openAiLimitHeaders } from './openai-errors.ts';
import { wholeResponse } from './openai-responses-body.ts';
import { openAiResponsesStream } from './openai-responses-stream.ts';
import { readOpenAiResponsesAsk } from './read-openai-responses-ask.ts';
import { isSignedBy } from './sign-reasoning.ts';
import type { WireFormat } from './wire-format.ts';

/** OpenAI Responses. */
export const OPENAI_RESPONSES_FORMAT: WireFormat = {
	readAsk: readOpenAiResponsesAsk,
	isGenuine: (model, { signature }) => isSignedBy(model, signature ?? ''),
	forgery: 'The encrypted content could not be verified.',
	encode: (answer) => wholeResponse(answer, true),
	stream: openAiResponsesStream,
	error: openAiError,
	streamError: (message) => ({
		event: 'error',
		data: { type: 'error', sequence_number: 1000, code: 'server_error', message, param: null },
		place: 'frame',
	}),
	ping: ': ping\n\n',
	rateLimitHeaders: openAiLimitHeaders,
	requestIdHeader: 'x-request-id',
};
