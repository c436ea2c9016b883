import type { Exchange } from './exchange.ts';
import type { ScriptedFault } from './simulated-fault.ts';
import type { WireFormat } from './wire-format.ts';

const STATUS_OF: Readonly<Record<string, number>> = { 'context-too-long': 400, 'content-policy': 400, quota: 429 };

const MESSAGES: Readonly<Record<string, string>> = {
	'context-too-long': 'prompt is too long: this model’s maximum context length is smaller than the request',
	'content-policy': 'Your request was rejected by the content policy.',
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

function sendStatus(exchange: Exchange, met: ScriptedFault & { status: number }, context: FaultContext): void {
	const { fault, status, retryAfterSeconds: seconds = context.retryAfterSeconds } = met;
	const asks = [429, 503, 529].includes(status) && fault !== 'quota' && seconds !== null;
	const message = MESSAGES[fault] ?? `Simulated ${fault}`;
	const headers: Record<string, string> = asks ? { 'retry-after': String(seconds) } : {};
	exchange.json(status, context.format.error(status, fault, message), headers);
}

function sendPage(exchange: Exchange, type: string, text: string): void {
	exchange.head(200, { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) });
	exchange.end(text);
}

/** Answers with a fault that needs no answer text. False when the fault belongs into an answer. */
export async function sendFault(exchange: Exchange, met: ScriptedFault, context: FaultContext): Promise<boolean> {
	const { fault } = met;
	const status = STATUS_OF[fault] ?? Number(fault);
	if (Number.isInteger(status)) {
		sendStatus(exchange, { ...met, status }, context);
		return true;
	}
	switch (fault) {
		case 'reset':
			if (met.afterTokens !== undefined) return false;
			exchange.reset();
			return true;
		case 'hang':
			if (met.forMs === undefined) return true;
			await exchange.wait(met.forMs);
			exchange.hangUp();
			return true;
		case 'garbage':
			sendPage(exchange, 'application/json', '{"id": "msg_1", "cont');
			return true;
		case 'html':
			sendPage(exchange, 'text/html', '<html><body>Bad gateway</body></html>');
			return true;
		case 'empty':
			sendPage(exchange, 'application/json', '');
			return true;
		default:
			return false;
	}
}
