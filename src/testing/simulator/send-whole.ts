import type { Exchange } from './exchange.ts';
import { DEFAULT_EVERY_MS, trickle } from './send-stream.ts';
import type { ScriptedFault } from './simulated-fault.ts';

/** Sends a whole answer, or what a fault leaves of it. */
export async function sendWhole(exchange: Exchange, body: unknown, met: ScriptedFault | null): Promise<void> {
	const text = JSON.stringify(body);
	const declared = String(Buffer.byteLength(text));
	const type = met?.fault === 'wrong-type' ? 'text/plain' : 'application/json';
	switch (met?.fault) {
		case 'cut':
		case 'reset':
		case 'stream-error':
			exchange.head(200, { 'content-type': type, 'content-length': declared });
			await exchange.write(text.slice(0, Math.floor(text.length * 0.6)));
			return exchange.hangUp();
		case 'stall':
		case 'pings':
			exchange.head(200, { 'content-type': type, 'content-length': declared });
			if (met.forMs === undefined) return;
			await exchange.wait(met.forMs);
			return exchange.hangUp();
		case 'slowloris':
			exchange.head(200, { 'content-type': type });
			await trickle(exchange, text, met.everyMs ?? DEFAULT_EVERY_MS);
			return exchange.end();
		case 'malformed':
			exchange.head(200, { 'content-type': type });
			return exchange.end(`${text.slice(0, text.length / 2)}"oops`);
		default:
			exchange.head(200, { 'content-type': type, 'content-length': declared });
			exchange.end(text);
	}
}
