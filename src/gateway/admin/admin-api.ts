import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../caller.ts';

/** Answers those who look after the gateway. */
export interface AdminApi {
	/** Answers one request; refuses a caller whose key may not. */
	handle(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void>;
}
