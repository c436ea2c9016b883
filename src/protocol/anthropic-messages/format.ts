import type { CallerFormat } from '../shared/caller-format.ts';
import { formatSse } from '../shared/sse.ts';
import { createAnthropicStreamWatcher, readAnthropicAnswer } from './answer.ts';
import { decodeAnthropicRequest } from './decode.ts';
import {
	AnthropicStreamEncoder,
	encodeAnthropicAnswer,
	encodeAnthropicError,
	encodeAnthropicStreamError,
} from './encode.ts';
import { readAnthropicRequest, spliceAnthropicRequest } from './request.ts';
import { joinMessageEvents, splitMessage } from './reshape.ts';

/** Anthropic Messages, as callers speak it. Source: https://docs.claude.com/en/api/messages */
export const anthropicMessagesFormat: CallerFormat = {
	name: 'anthropic-messages',
	allowsComments: true,
	readsStreamErrors: true,
	keepAlive: formatSse({ type: 'ping' }, 'ping'),
	readRequest: readAnthropicRequest,
	spliceRequest: spliceAnthropicRequest,
	decodeRequest: decodeAnthropicRequest,
	encodeAnswer: encodeAnthropicAnswer,
	createStreamEncoder: (metadata) => new AnthropicStreamEncoder(metadata),
	createStreamWatcher: createAnthropicStreamWatcher,
	readAnswer: readAnthropicAnswer,
	splitAnswer: splitMessage,
	joinEvents: joinMessageEvents,
	encodeError: encodeAnthropicError,
	encodeStreamError: encodeAnthropicStreamError,
};
