import type { ServerResponse } from 'node:http';
import type { SimulatedFault } from './simulator-options.ts';
import type { WireFormat } from './wire-format.ts';

const STATUS_OF: Readonly<Record<string, number>> = { 'context-too-long': 400, quota: 429 };

const MESSAGES: Readonly<Record<string, string>> = {
	'context-too-long': 'prompt is too long: this model’s maximum context length is smaller than the request',
	quota: 'You exceeded your current quota, please check your plan and billing details.',
	'401': 'invalid x-api-key',
	'404': 'model not found',
	'429': 'Rate limit reached for requests',
	'503': 'The model is overloaded. Please try again later.',
	'529': 'Overloaded',
};

/** What a fault needs to be sent. */
export interface FaultContext {
	format: WireFormat;
	retryAfterSeconds: number | null;
}

/** Writes JSON with a status. */
export function sendJson(
	response: ServerResponse,
	status: number,
	body: unknown,
	headers: Record<string, string> = {},
): void {
	response.writeHead(status, { 'content-type': 'application/json', ...headers });
	response.end(JSON.stringify(body));
}

/** Answers with a fault that needs no answer text. False when the fault belongs into a stream or an answer. */
export function sendFault(response: ServerResponse, fault: SimulatedFault, context: FaultContext): boolean {
	const { format, retryAfterSeconds } = context;
	const status = STATUS_OF[fault] ?? Number(fault);
	if (Number.isInteger(status)) {
		const asks =
			(status === 429 || status === 503 || status === 529) && fault !== 'quota' && retryAfterSeconds !== null;
		const headers = {
			[format.requestIdHeader]: 'req_simulated',
			...(asks ? { 'retry-after': String(retryAfterSeconds) } : {}),
		};
		sendJson(response, status, format.error(status, fault, MESSAGES[fault] ?? `Simulated ${fault}`), headers);
		return true;
	}
	switch (fault) {
		case 'reset':
			response.socket?.resetAndDestroy();
			return true;
		case 'hang':
			return true;
		case 'garbage':
			response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": "msg_1", "cont');
			return true;
		case 'html':
			response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
			return true;
		case 'empty':
			response.writeHead(200, { 'content-type': 'application/json' }).end();
			return true;
		default:
			return false;
	}
}
