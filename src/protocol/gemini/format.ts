import type { CallerFormat } from '../shared/caller-format.ts';
import { GeminiStreamWatcher, readGeminiAnswer } from './answer.ts';
import { decodeGeminiRequest } from './decode.ts';
import { createGeminiStreamEncoder, encodeGeminiAnswer, encodeGeminiError, encodeGeminiStreamError } from './encode.ts';
import { listGeminiSingles, readGeminiRequest, spliceGeminiRequest } from './request.ts';
import { joinContentChunks, splitGeneratedContent } from './reshape.ts';

/** Gemini `generateContent` and `streamGenerateContent`, as callers speak it. Source: https://ai.google.dev/api/generate-content */
export const geminiFormat: CallerFormat = {
	name: 'gemini',
	allowsComments: false,
	// @google/generative-ai takes an error for a chunk without text
	readsStreamErrors: false,
	// some of its clients look for `data:` at the very start of what is left, and give up on anything else
	keepAlive: '',
	listSingles: listGeminiSingles,
	readRequest: readGeminiRequest,
	spliceRequest: spliceGeminiRequest,
	decodeRequest: decodeGeminiRequest,
	encodeAnswer: encodeGeminiAnswer,
	createStreamEncoder: createGeminiStreamEncoder,
	createStreamWatcher: () => new GeminiStreamWatcher(),
	readAnswer: readGeminiAnswer,
	splitAnswer: splitGeneratedContent,
	joinEvents: joinContentChunks,
	encodeError: encodeGeminiError,
	encodeStreamError: encodeGeminiStreamError,
};
