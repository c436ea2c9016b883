import type { CallerFormat } from '../shared/caller-format.ts';
import { createStreamEncoder } from './create-stream-encoder.ts';
import { createStreamWatcher } from './create-stream-watcher.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeError, encodeStreamError } from './encode-error.ts';
import { encodeResponse } from './encode-response.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { spliceRequest } from './splice-request.ts';

/** Anthropic Messages, as callers speak it. Source: https://docs.claude.com/en/api/messages */
export const anthropicMessagesFormat: CallerFormat = {
	name: 'anthropic-messages',
	readRequest,
	spliceRequest,
	decodeRequest,
	encodeResponse,
	createStreamEncoder,
	createStreamWatcher,
	readAnswer,
	encodeError,
	encodeStreamError,
};
