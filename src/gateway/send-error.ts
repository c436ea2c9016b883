import type { ServerResponse } from 'node:http';
import type { RoutingDecision } from '../contracts/index.ts';
import type { CallerFormat } from '../protocol/index.ts';
import { decisionHeaders } from './answer-head.ts';
import { tellError } from './error-status.ts';
import type { StreamSink } from './stream-sink.ts';

/** Answers with an error in the caller's format and by its status conventions. */
export function sendError(
	response: ServerResponse,
	format: Pick<CallerFormat, 'encodeError'>,
	{ decision = null, error, now }: { error: unknown; now: number; decision?: RoutingDecision | null },
): void {
	if (response.destroyed || response.headersSent) return;
	const told = tellError(error, now);
	const { retryAfterSeconds, ...wire } = told;
	const body = JSON.stringify(format.encodeError(wire));
	response.writeHead(told.status, {
		'content-type': 'application/json',
		'content-length': Buffer.byteLength(body),
		...decisionHeaders(decision),
		...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
		...(told.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
		// A body that was not read to its end cannot be followed by another request.
		...(response.req.complete ? {} : { connection: 'close' }),
	});
	response.end(body);
}

/** Ends a stream that has begun with an error event; never with a clean end. */
export function sendStreamError(
	sink: StreamSink,
	format: Pick<CallerFormat, 'encodeStreamError'>,
	{ error, now }: { error: unknown; now: number },
): void {
	const { retryAfterSeconds: _, ...wire } = tellError(error, now);
	sink.end(format.encodeStreamError(wire));
}
