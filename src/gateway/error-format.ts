import type { IncomingMessage } from 'node:http';
import type { WireFormatName } from '../contracts/index.ts';
import { RequestRefusedError } from '../errors/index.ts';

/** In which format an error is told before more is known of the request. */
export function errorFormatOf({ headers, url = '' }: IncomingMessage): WireFormatName {
	if (url.startsWith('/v1/messages') || headers['anthropic-version'] !== undefined) return 'anthropic-messages';
	if (url.startsWith('/v1beta/') || /:(?:stream)?[gG]enerateContent|:countTokens/.test(url.slice(0, 300)))
		return 'gemini';
	return url.startsWith('/v1/responses') ? 'openai-responses' : 'openai-chat';
}

/** What a request for something that is not here is told. */
export function noRoute({ method = 'GET' }: IncomingMessage, path: string): RequestRefusedError {
	const called = `${method} ${path.slice(0, 100)}`;
	return new RequestRefusedError(
		'ROUTER_NOT_FOUND',
		`There is no route ${called}. OpenAI clients use the base URL http://…/v1, Anthropic and Gemini clients the address without a path.`,
	);
}
