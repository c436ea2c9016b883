import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedAnswer } from './simulated-answer.ts';
import type { SimulatedFault, SimulatedModel } from './simulator-options.ts';
import type { SimulatedEvent, WireFormat } from './wire-format.ts';

function frame({ event, data }: SimulatedEvent): string {
	return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Streams an answer as the provider frames it; the faults of streams strike half way. */
export async function sendStream(
	response: ServerResponse,
	answer: SimulatedAnswer,
	options: { format: WireFormat; model: SimulatedModel; fault: SimulatedFault | 'ok' },
): Promise<void> {
	const { format, model, fault } = options;
	const { start, piece, end } = format.stream(answer);
	response.writeHead(200, {
		'content-type': 'text/event-stream; charset=utf-8',
		'cache-control': 'no-cache',
		[format.requestIdHeader]: 'req_simulated',
	});
	response.write(start.map(frame).join(''));
	const delay = model.tokensPerSecond === undefined ? 0 : 1000 / model.tokensPerSecond;
	for (const [index, text] of answer.pieces.entries()) {
		const isHalf = index === Math.floor(answer.pieces.length / 2);
		if (isHalf && fault === 'cut') {
			response.socket?.resetAndDestroy();
			return;
		}
		if (isHalf && fault === 'stall') return;
		if (delay > 0) await sleep(delay);
		if (response.destroyed) return;
		response.write(frame(piece(text)));
	}
	if (fault !== 'no-done') {
		response.write(end.map(frame).join(''));
		if (format.done !== null) response.write(`data: ${format.done}\n\n`);
	}
	response.end();
}
