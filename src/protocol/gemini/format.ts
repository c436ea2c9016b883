import type { CallerFormat } from '../shared/caller-format.ts';
import { createStreamEncoder } from './create-stream-encoder.ts';
import { createStreamWatcher } from './create-stream-watcher.ts';
import { decodeGeminiRequest } from './decode-request.ts';
import { encodeError, encodeStreamError } from './encode-error.ts';
import { encodeResponse } from './encode-response.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { geminiFields } from './spellings.ts';
import { spliceRequest } from './splice-request.ts';

/** Gemini `generateContent` and `streamGenerateContent`, as callers speak it. Source: https://ai.google.dev/api/generate-content */
export const geminiFormat: CallerFormat = {
	name: 'gemini',
	readRequest,
	spliceRequest,
	decodeRequest: (body) => decodeGeminiRequest(geminiFields(body)),
	encodeResponse,
	createStreamEncoder,
	createStreamWatcher,
	readAnswer,
	encodeError,
	encodeStreamError,
};
