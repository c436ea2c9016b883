import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayConfig } from '../config/index.ts';

/** Seconds a browser may remember that it asked. */
const REMEMBERED_SECONDS = '600';

/** Lets pages of the configured origins read answers; of any other origin nothing is said, so browsers keep them out. True: it was a browser's question beforehand, and is answered. */
export function answerCrossOrigin(
	{ headers, method }: IncomingMessage,
	response: ServerResponse,
	{ allowedOrigins }: Pick<GatewayConfig, 'allowedOrigins'>,
): boolean {
	const { origin } = headers;
	if (origin === undefined || !allowedOrigins.includes(origin)) return false;
	response.setHeader('access-control-allow-origin', origin);
	response.setHeader('vary', 'origin');
	response.setHeader('access-control-expose-headers', '*');
	if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
	response.writeHead(204, {
		'access-control-allow-methods': 'GET, POST',
		// A star would leave out `authorization`: what the page asks for is named.
		'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
		'access-control-max-age': REMEMBERED_SECONDS,
	});
	response.end();
	return true;
}
